"""Plain constants: rounded where the misfit does not grow significantly."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.models import linearise
from find_gym.categories.numeric.kernels.refining import misfit, refine_from
from find_gym.core.kernels.compiling import borrowing_helper, helper

# The misfit grows like chi-squared, one degree for each rounded constant: so many deviations beyond are still chance.
_DEVIATIONS = 2.5
# From here on, floats have no fractions.
_WHOLE = 2.0**52
# Decimals that are tried where the data do not tell how well a constant is known.
_UNKNOWN_AT_ONCE, _UNKNOWN_IN_TURN = 12, 6
_STEPS_IN_TURN: Any = np.int64(3)


@borrowing_helper
def chance(degrees: float) -> float:
    """Returns how far, in variances, the misfit may grow by chance where so many constants are rounded."""
    return degrees + _DEVIATIONS * math.sqrt(2 * degrees)


@borrowing_helper
def rounded(value: float, decimals: int) -> float:
    """Rounds to so many decimals; numbers without decimals, however large, stay as they are."""
    unit = 10.0**decimals
    scaled = value * unit
    return np.rint(scaled) / unit + 0.0 if abs(scaled) < _WHOLE else value


@borrowing_helper
def _decimals_to_try(place: int, drawn: int, deviation: float, unknown: int) -> int:
    """Returns the decimals to round a constant to at the attempt `place`, the plainest first; -1 after the last.

    Those with which it is drawn come first, then as many as the data tell: two digits of the deviation.
    """
    place += min(drawn, 2)
    if place < 2:
        return place
    if place > 2:
        return -1
    if not 0.0 < deviation < math.inf:
        return unknown
    return int(min(max(2 - math.floor(math.log10(deviation)), 2), 12))


@borrowing_helper
def _invert(matrix: Any) -> None:
    """Inverts a positive definite matrix in place."""
    size = matrix.shape[0]
    for k in range(size):
        pivot = matrix[k, k]
        matrix[k, k] = 1.0
        for j in range(size):
            matrix[k, j] /= pivot
        for i in range(size):
            if i != k:
                factor = matrix[i, k]
                matrix[i, k] = 0.0
                for j in range(size):
                    matrix[i, j] -= factor * matrix[k, j]


@borrowing_helper
def covariance(slope: Any, free: Any, scale: Any, spread: Any) -> None:
    """Writes the covariances of the constants for noise of variance 1, `(k, k)`; huge where nothing is known.

    Args:
        slope: the derivatives by each constant, shape `(k, n)`; those of constants that are held become 0.
        free: which constants are free, shape `(k,)`.
        scale: where to write the lengths of the derivatives, shape `(k,)`.
        spread: where to write the covariances.
    """
    size, count = slope.shape
    for k in range(size):
        total = 0.0
        for i in range(count):
            if not (free[k] and math.isfinite(slope[k, i])):
                slope[k, i] = 0.0
        for i in range(count):
            total += slope[k, i] * slope[k, i]
        scale[k] = math.sqrt(total)
    for k in range(size):
        for j in range(k + 1):
            total = 0.0
            if scale[k] > 0.0 and scale[j] > 0.0:
                for i in range(count):
                    total += (slope[k, i] / scale[k]) * (slope[j, i] / scale[j])
            spread[k, j] = total
            spread[j, k] = total
        spread[k, k] += 1e-10
    _invert(spread)
    for k in range(size):
        for j in range(size):
            one = scale[k] if scale[k] > 0.0 else 1e-50
            other = scale[j] if scale[j] > 0.0 else 1e-50
            spread[k, j] = spread[k, j] / one / other


@helper
def _round_linearly(vector: Any, slope: Any, variance: float, drawn: Any) -> bool:
    """Rounds constants, the best known first, and moves the others as least squares asks, to first order."""
    size, count = slope.shape
    least, spread, waiting = np.empty(size), np.empty((size, size)), np.ones(size, np.bool_)
    column = np.empty(size)
    covariance(slope, waiting, column, spread)
    for k in range(size):
        total = 0.0
        for i in range(count):
            total += slope[k, i] * slope[k, i]
        least[k] = 1 / max(total, 1e-100)
        if not least[k] > 0.0:
            return False
        for j in range(size):
            if not math.isfinite(spread[k, j]):
                return False
    growth, done = 0.0, 0
    for _ in range(size):
        chosen = -1
        for k in range(size):
            if waiting[k] and (chosen < 0 or spread[k, k] < spread[chosen, chosen]):
                chosen = k
        waiting[chosen] = False
        # Rounding errors aside, no constant is known better than if all others were.
        own = max(spread[chosen, chosen], least[chosen])
        place = 0
        while True:
            decimals = _decimals_to_try(place, int(drawn[chosen]), math.sqrt(own * variance), _UNKNOWN_AT_ONCE)
            place += 1
            if decimals < 0:
                break
            goal = rounded(vector[chosen], decimals)
            cost = (goal - vector[chosen]) ** 2 / own
            if growth + cost <= variance * chance(done + 1.0):
                move = (goal - vector[chosen]) / own
                for k in range(size):
                    column[k] = spread[k, chosen]
                    vector[k] += move * column[k]
                vector[chosen] = goal
                for k in range(size):
                    for j in range(size):
                        spread[k, j] -= column[k] / own * column[j]
                growth += cost
                done += 1
                break
    return True


@helper
def round_at_once(model: Any, vectors: Any, evidence: Any, cost: float, variance: float, drawn: Any) -> int:
    """Rounds each of several vectors of constants, in place, as if the rule were linear in them.

    Args:
        model: the rule.
        vectors: constants that make the same function, at the least misfit, shape `(r, k)`.
        evidence: inputs, outputs and weights, shape `(3, n)`.
        cost: the misfit.
        variance: the variance of the noise.
        drawn: with how many decimals each constant is drawn, shape `(k,)`.

    Returns:
        The row whose misfit is least now; -1 where it has grown by more than chance.
    """
    size, count = vectors.shape[1], evidence.shape[1]
    nodes, factors = np.empty((model[2], count)), np.empty((model[2], count))
    slope, residual = np.empty((size, count)), np.empty(count)
    best, least = -1, cost + variance * chance(size)
    for row in range(vectors.shape[0]):
        vector = vectors[row]
        linearise(model, vector, evidence[0], nodes, factors, slope)
        if _round_linearly(vector, slope, variance, drawn):
            rounded_cost = misfit(model, vector, evidence, nodes, factors, slope, residual)
            if rounded_cost <= least:
                best, least = row, rounded_cost
    return best


@helper
def round_in_turn(model: Any, vector: Any, evidence: Any, cost: float, variance: float, drawn: Any) -> float:
    """Rounds the constants of a rule that is far from linear in them, in place: refines the others after each.

    Args:
        model: the rule.
        vector: constants at the least misfit, shape `(k,)`.
        evidence: inputs, outputs and weights, shape `(3, n)`.
        cost: the misfit.
        variance: the variance of the noise.
        drawn: with how many decimals each constant is drawn, shape `(k,)`.

    Returns:
        The misfit of the rounded constants.
    """
    size, count = vector.size, evidence.shape[1]
    nodes, factors = np.empty((model[2], count)), np.empty((model[2], count))
    slope, spread, trial, scale = np.empty((size, count)), np.empty((size, size)), np.empty(size), np.empty(size)
    free, waiting = np.ones(size, np.bool_), np.ones(size, np.bool_)
    original, done = cost, 0
    for _ in range(size):
        linearise(model, vector, evidence[0], nodes, factors, slope)
        covariance(slope, free, scale, spread)
        chosen, deviation = -1, math.inf
        for k in range(size):
            own = math.sqrt(max(spread[k, k], 0.0) * variance)
            if waiting[k] and (chosen < 0 or own < deviation):
                chosen, deviation = k, own
        waiting[chosen] = False
        free[chosen] = False
        place = 0
        while True:
            decimals = _decimals_to_try(place, int(drawn[chosen]), deviation, _UNKNOWN_IN_TURN)
            place += 1
            if decimals < 0:
                free[chosen] = True
                break
            for k in range(size):
                trial[k] = vector[k]
            trial[chosen] = rounded(vector[chosen], decimals)
            trial_cost = refine_from(model, trial, free, evidence, _STEPS_IN_TURN)
            if trial_cost - original <= variance * chance(done + 1.0):
                for k in range(size):
                    vector[k] = trial[k]
                cost = trial_cost
                done += 1
                break
    return cost
