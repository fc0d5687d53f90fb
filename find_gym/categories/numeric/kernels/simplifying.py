"""Plain constants: FIND's have one decimal, so the nearest plain ones that explain the data as well are preferred."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels import asking
from find_gym.categories.numeric.kernels.algebra import copy_to, least_squares, length, triangularise
from find_gym.categories.numeric.kernels.asking import ask_about, constants_of, set_model
from find_gym.categories.numeric.kernels.refining import misfit, refine_from
from find_gym.categories.numeric.kernels.rounding import round_at_once, round_in_turn, rounded
from find_gym.core.kernels.compiling import borrowing_helper, helper

# A misfit below this share of the power is rounding error: the data are exact.
_EXACT = 1e-18
# Decimals that are tried for all constants at once, the plainest first.
_DECIMALS = (0, 1, 2, 3, 4, 6)
_SIGNIFICANT_DIGITS = 12
# Steps of a refinement, of one where a constant was moved, and of a quick fit; none asks for the misfit. Of NumPy's
# type, so that what takes them is not compiled for each of them.
_STEPS: Any = np.int64(3)
_STEPS_BESIDE: Any = np.int64(8)
_QUICK_STEPS: Any = np.int64(12)
_NO_STEP: Any = np.int64(0)
# Growth of the misfit, in variances of the noise, that moving a constant into FIND's range may cost.
_RANGE_DEVIATIONS = 6.0


@helper
def simplify(known: Any, evidence: Any, quick: bool, best: Any) -> None:
    """Replaces constants by plainer ones where the misfit does not grow significantly.

    Args:
        known: the rule; see `find_gym.categories.numeric.kernels.asking`.
        evidence: inputs, outputs and weights of 1, shape `(3, n)`, n > 0.
        quick: whether to round at once only, and to refine once, for longer.
        best: a row with the constants, which are replaced in place.
    """
    rule, _, model, _, _ = known
    power = 0.0
    for i in range(evidence.shape[1]):
        power += evidence[1, i] * evidence[1, i]
    answer = np.empty((asking.ROWS, best.size))
    answer[0] = best
    set_model(known, best)
    free = np.ones(best.size, np.bool_)
    cost = refine_from(model, constants_of(answer[0]), free, evidence, _NO_STEP)
    if rule[asking.LOWERED] == asking.AT_ONCE:
        cost = _lower_at_once(known, evidence, power, cost, answer[0])
    elif rule[asking.LOWERED] == asking.IN_TURN:
        cost = _lower_in_turn(known, evidence, power, cost, answer)
    if cost <= _EXACT * power:
        ask_about(known, asking.CANONICAL, answer)
        set_model(known, answer[0])
        _round_exactly(model, evidence, power, constants_of(answer[0]))
        copy_to(answer[0], best)
        return
    ask_about(known, asking.CANONICAL_NOISY, answer)
    set_model(known, answer[0])
    moved = _move_within_range(known, evidence, cost, constants_of(answer[0]))
    if moved or not rule[asking.SOLVED]:
        steps = _QUICK_STEPS if quick else _STEPS
        cost = refine_from(model, constants_of(answer[0]), free, evidence, steps)
    if cost < math.inf and answer[0, asking.SIZE] > 0.0:
        _round_noisily(known, evidence, cost, quick, answer)
    copy_to(answer[0], best)


@borrowing_helper
def _allowed(cost: float, count: int, power: float) -> float:
    """Returns how great the misfit may become where BIC prefers one constant less."""
    return max(math.exp(math.log(count + 1) / count) * cost, _EXACT * power)


@helper
def _lower_at_once(known: Any, evidence: Any, power: float, cost: float, row: Any) -> float:
    """Lowers the degree of a polynomial as long as BIC agrees; returns the misfit."""
    size, count = int(row[asking.SIZE]), evidence.shape[1]
    if size <= asking.FEWEST:
        return cost
    powers, scaled, heads = np.empty((size, count)), np.empty((size + 1, count)), np.empty(size)
    for i in range(count):
        scaled[size, i] = evidence[1, i]
        powers[size - 1, i] = 1.0
        for k in range(size - 2, -1, -1):
            powers[k, i] = powers[k + 1, i] * evidence[0, i]
    for k in range(size):
        norm = max(length(powers, size - 1 - k, 0, count), 1e-300)
        for i in range(count):
            scaled[k, i] = powers[size - 1 - k, i] / norm
    # Without its leading power, the polynomial misses the part of y that only this power reaches: one triangle has all.
    triangularise(scaled, heads, size, count)
    degree, bound = size - 1, cost
    while degree > asking.FEWEST - 1 and min(count, size + 1) > degree:
        trial = bound + scaled[size, degree] ** 2
        if not trial <= _allowed(bound, count, power):
            break
        bound, degree = trial, degree - 1
    if degree == size - 1:
        return cost
    row[asking.LAYOUT] = row[asking.SIZE] = degree + 1
    least_squares(powers[size - 1 - degree :], evidence[1], constants_of(row))
    set_model(known, row)
    return refine_from(known[2], constants_of(row), np.ones(degree + 1, np.bool_), evidence, _NO_STEP)


@helper
def _lower_in_turn(known: Any, evidence: Any, power: float, cost: float, answer: Any) -> float:
    """Lowers the degree of each polynomial of a rule as long as BIC agrees; returns the misfit."""
    _, _, model, words, _ = known
    free, before = np.ones(answer.shape[1], np.bool_), np.empty(answer.shape[1])
    for atom in range(model[0]):
        while True:
            copy_to(answer[0], before)
            words[asking.ATOM] = atom
            if ask_about(known, asking.SHORTER, answer) == 0:
                break
            set_model(known, answer[0])
            trial = refine_from(model, constants_of(answer[0]), free, evidence, _STEPS_BESIDE)
            if not trial <= _allowed(cost, evidence.shape[1], power):
                copy_to(before, answer[0])
                set_model(known, answer[0])
                break
            cost = trial
    return cost


@helper
def _move_within_range(known: Any, evidence: Any, cost: float, vector: Any) -> bool:
    """Moves constants into the range that FIND draws from, where the misfit does not grow significantly."""
    _, limits, model, _, _ = known
    variance = cost / max(evidence.shape[1] - vector.size, 1)
    original, trial, free = vector.copy(), vector.copy(), np.ones(vector.size, np.bool_)
    any_moved = False
    for index in range(vector.size):
        low, high = limits[1, index], limits[2, index]
        if low <= original[index] <= high:
            continue
        copy_to(vector, trial)
        trial[index] = min(max(original[index], low), high)
        free[index] = False
        trial_cost = refine_from(model, trial, free, evidence, _STEPS_BESIDE)
        free[index] = True
        if trial_cost - cost <= _RANGE_DEVIATIONS * variance:
            copy_to(trial, vector)
            any_moved = True
    return any_moved


@borrowing_helper
def _shorten(vector: Any) -> None:
    """Rounds to a number of significant digits, in place."""
    for k in range(vector.size):
        if vector[k] != 0.0 and math.isfinite(vector[k]):
            digits = _SIGNIFICANT_DIGITS - 1 - int(math.floor(math.log10(abs(vector[k]))))
            # Powers of ten up to 22 are exact, and so is their quotient as far as doubles go. Beyond 308 they overflow.
            if digits > 308:
                continue
            if digits >= 0:
                vector[k] = np.rint(vector[k] * 10.0**digits) / 10.0**digits
            else:
                vector[k] = np.rint(vector[k] / 10.0**-digits) * 10.0**-digits


@borrowing_helper
def _relative_misfit(model: Any, vector: Any, evidence: Any, sizes: Any, room: Any) -> float:
    """Returns the sum of squared residuals over the sizes of the outputs, which would hide what happens near 0."""
    nodes, factors, slope, residual = room
    cost = 0.0
    misfit(model, vector, evidence, nodes, factors, slope, residual)
    for i in range(residual.size):
        rest = residual[i] / sizes[i]
        cost += rest * rest
    return cost if cost < math.inf else math.inf


@helper
def _round_exactly(model: Any, evidence: Any, power: float, vector: Any) -> None:
    """Rounds all constants to as few decimals as still give the data exactly, in place."""
    size, count = vector.size, evidence.shape[1]
    if size == 0:
        return
    nodes, factors = np.empty((model[2], count)), np.empty((model[2], count))
    room = nodes, factors, np.empty((size, count)), np.empty(count)
    sizes, largest, trial = np.empty(count), 0.0, np.empty(size)
    for i in range(count):
        largest = max(largest, abs(evidence[1, i]))
    for i in range(count):
        sizes[i] = abs(evidence[1, i]) + (1e-6 * largest + 1e-300)
    least = max(4 * _relative_misfit(model, vector, evidence, sizes, room), _EXACT * count)
    for decimals in _DECIMALS:
        for k in range(size):
            trial[k] = rounded(vector[k], decimals)
        if _relative_misfit(model, trial, evidence, sizes, room) <= least:
            copy_to(trial, vector)
            return
    copy_to(vector, trial)
    _shorten(trial)
    cost = misfit(model, vector, evidence, nodes, factors, room[2], room[3])
    if misfit(model, trial, evidence, nodes, factors, room[2], room[3]) <= max(4 * cost, _EXACT * power):
        copy_to(trial, vector)


@helper
def _round_noisily(known: Any, evidence: Any, cost: float, quick: bool, answer: Any) -> None:
    """Rounds one constant after the other, the best known first, and solves for the others again each time.

    First as if the rule were linear in its constants. Where what comes out is not good enough, by refining in turn.
    """
    rule, limits, model, _, _ = known
    size = int(answer[0, asking.SIZE])
    variance = cost / max(evidence.shape[1] - size, 1)
    count = max(ask_about(known, asking.EQUIVALENTS, answer), 1)
    vectors = np.empty((count, size))
    for row in range(count):
        copy_to(constants_of(answer[row]), vectors[row])
    trials, drawn = vectors.copy(), limits[0]
    best = round_at_once(model, trials, evidence, cost, variance, drawn)
    if best >= 0:
        copy_to(trials[best], vectors[0])
    elif rule[asking.HOMOGENEOUS] and not quick:
        # Any common factor of the constants is as good: there are no plain ones to be found in turn.
        _shorten(vectors[0])
    elif not quick:
        least = math.inf
        for row in range(count):
            copy_to(vectors[row], trials[row])
            rounded_cost = round_in_turn(model, trials[row], evidence, cost, variance, drawn)
            if row == 0 or rounded_cost < least:
                least, best = rounded_cost, row
        copy_to(trials[best], vectors[0])
    copy_to(vectors[0], constants_of(answer[0]))
