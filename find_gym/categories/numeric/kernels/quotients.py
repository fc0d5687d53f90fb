"""Estimates of quotients of polynomials: linearised least squares, reweighted (Sanathanan and Koerner 1963).

`target = multiplier P(x) / Q(x)` is linear in the coefficients of P and Q once both sides are multiplied by Q. Dividing
each equation by the previous estimate of |Q| brings the misfit back to that of the data.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from find_gym.categories.numeric.kernels import asking
from find_gym.categories.numeric.kernels.algebra import copy_to, length, triangularise
from find_gym.categories.numeric.kernels.scanning import take_least
from find_gym.core.kernels.compiling import borrowing_helper, exact_helper, helper

# FIND's degrees: denominator 1 to 5, numerator at least one less, 4 at most.
_MOST_BELOW, _MOST_ABOVE = 5, 4
_PAIRS = 15
# Powers of x / 8 stay between 1e-6 and 1e6 over most of the query range.
_UNIT = 8.0
# Share of the power that exact data may leave unexplained.
_EXACT = 1e-16
_STARTS = 3
# Tenths that differ by no more from integers are near a decimal.
_NEAR = 1e-4

# Rounds of reweighting: few, the misfit settles fast or not at all. Of all quotients: where only the six that look best
# without are reweighted, fits to functions of any family have 0.004 less mean skill.
_ROUNDS = 2
# Iterations towards the least singular vector; one or two do where the data are nearly exact. With twice as many, until
# it moves by a hundredth of that, fits to functions of any family have the same mean skill.
_ITERATIONS = 6
_SETTLED = 1e-3

# Room for what is worked out on the way: of the length of a quotient's coefficients, and of the points.
_SCALE, _HEADS, _INVERSE, _OTHER, _TRIAL = range(5)
_WEIGHTS, _ABOVE = range(2)


@borrowing_helper
def _null_vector(rows: Any, size: int, short: Any, vector: Any) -> None:
    """Writes the unit vector that brings a combination of the first columns of a triangle nearest to 0."""
    greatest, inverse, other = 0.0, short[_INVERSE], short[_OTHER]
    for j in range(size):
        greatest = max(greatest, abs(rows[j, j]))
    # A product takes a fraction of the time of a quotient, and each waits for the one before.
    for j in range(size):
        inverse[j] = 1.0 / (rows[j, j] if abs(rows[j, j]) > 1e-17 * greatest else 1e-17 * greatest + 1e-300)
        vector[j] = 1.0 / (1.0 + j)
    for _ in range(_ITERATIONS):
        # One step of inverse iteration: the transposed triangle, then the triangle.
        largest = 0.0
        for j in range(size):
            value = vector[j]
            for k in range(j):
                value -= rows[j, k] * other[k]
            other[j] = value * inverse[j]
            largest = max(largest, abs(other[j]))
        before, norm, share = vector[size - 1], 0.0, 1.0 / largest
        for j in range(size):
            other[j] *= share
        for j in range(size - 1, -1, -1):
            value = other[j] * inverse[j]
            for k in range(j):
                other[k] -= rows[j, k] * value
            vector[j] = value
            norm += value * value
        share = 1.0 / math.sqrt(norm) if vector[size - 1] >= 0.0 else -1.0 / math.sqrt(norm)
        for j in range(size):
            vector[j] *= share
        if abs(vector[size - 1] - before) <= _SETTLED:
            return


@borrowing_helper
def _weigh(degrees: Any, points: Any, weights: Any, rows: Any, short: Any) -> None:
    """Writes the triangle of the equations of a quotient, the denominator first, and the lengths of their columns."""
    powers, target, multiplier = points
    size, scale, heads = degrees[0] + degrees[1] + 2, short[_SCALE], short[_HEADS]
    for k in range(size):
        for i in range(target.size):
            below = k <= degrees[1]
            entry = -target[i] * powers[k, i] if below else multiplier[i] * powers[k - degrees[1] - 1, i]
            entry *= weights[i]
            rows[k, i] = entry if math.isfinite(entry) else 0.0
        scale[k] = length(rows, k, 0, target.size)
        if scale[k] == 0.0:
            scale[k] = 1.0
        share = 1.0 / scale[k]
        for i in range(target.size):
            rows[k, i] *= share
    triangularise(rows[:size], heads, size, target.size)


@borrowing_helper
def _solve(degrees: Any, points: Any, room: Any, coefficients: Any, below: Any) -> float:
    """Writes the coefficients that a triangle asks for, and the denominator; returns the misfit."""
    powers, target, multiplier = points
    rows, short, wide = room
    size, scale, above = degrees[0] + degrees[1] + 2, short[_SCALE], wide[_ABOVE]
    _null_vector(rows, size, short, coefficients)
    for i in range(target.size):
        above[i] = below[i] = 0.0
    for k in range(size):
        coefficients[k] /= scale[k]
        for i in range(target.size):
            if k <= degrees[1]:
                below[i] += coefficients[k] * powers[k, i]
            else:
                above[i] += coefficients[k] * powers[k - degrees[1] - 1, i]
    cost = 0.0
    for i in range(target.size):
        rest = target[i] - multiplier[i] * above[i] / below[i]
        cost += rest * rest
    return cost if cost < math.inf else math.inf


@borrowing_helper
def _reweight(degrees: Any, points: Any, exact: float, cost: float, room: Any, coefficients: Any, below: Any) -> float:
    """Divides the equations by the denominator of the previous solution as long as that helps; returns the misfit."""
    rows, short, wide = room
    count, trial, weights = below.size, short[_TRIAL], wide[_WEIGHTS]
    for _ in range(_ROUNDS):
        greatest, previous = 0.0, cost
        for i in range(count):
            greatest = max(greatest, abs(below[i]))
        for i in range(count):
            weights[i] = 1 / max(abs(below[i]), 1e-9 * greatest)
        _weigh(degrees, points, weights, rows, short)
        trial_cost = _solve(degrees, points, room, trial, below)
        if trial_cost < cost:
            cost = trial_cost
            copy_to(trial, coefficients)
        if not cost < 0.9 * previous or cost <= exact:
            break
    return cost


@borrowing_helper
def _score(degrees: Any, count: int, cost: float, exact: float) -> float:
    """Returns the BIC of a quotient, infinite where it is undefined."""
    constants = degrees[0] + degrees[1] + 2
    # One coefficient is the common scale. A saturated fit says nothing.
    freedom = max(count - constants + 1, 0) + 1e-3
    score = freedom * math.log(max(cost, exact, 1e-300) / freedom) + constants * math.log(count + 1.0)
    return score if cost < math.inf else math.inf


@helper
def _fit(degrees: Any, points: Any, exact: float, coefficients: Any, scores: Any) -> None:
    """Fits quotients of several degrees.

    Args:
        degrees: those of numerator and denominator, those of the same denominator one after the other, the least
            numerator first, shape `(d, 2)`.
        points: powers of the scaled inputs, the lowest first, `(6, n)`; what the quotient times factors should be,
            `(n,)`; and the factors, `(n,)`.
        exact: the misfit up to which a quotient is exact.
        coefficients: where to write those of the denominators, then the numerators, lowest power first, `(d, 12)`.
        scores: where to write the BIC, infinite behind the first quotient that explains the data exactly, `(d,)`.
    """
    powers, target, _ = points
    count, size = target.size, degrees.shape[0]
    below, costs = np.empty((size, count)), np.full(size, math.inf)
    rows, short, wide = np.empty((12, max(count, 12))), np.empty((5, 12)), np.empty((2, count))
    room, weights = (rows, short, wide), wide[_WEIGHTS]
    scores[:] = math.inf
    for one in range(size):
        if degrees[one, 0] == 0:
            # The first weights are those of a denominator without structure, whatever the numerator: the triangle of
            # the longest one has those of the others.
            longest = one
            while longest + 1 < size and degrees[longest + 1, 0] > 0:
                longest += 1
            for i in range(count):
                weights[i] = 1 / (1 + abs(powers[degrees[one, 1], i]))
            _weigh(degrees[longest], points, weights, rows, short)
        costs[one] = _solve(degrees[one], points, room, coefficients[one], below[one])
        scores[one] = _score(degrees[one], count, costs[one], exact)
        if costs[one] <= exact and count > degrees[one, 0] + degrees[one, 1] + 2:
            break
    for one in range(size):
        if costs[one] > exact and scores[one] < math.inf:
            costs[one] = _reweight(degrees[one], points, exact, costs[one], room, coefficients[one], below[one])
            scores[one] = _score(degrees[one], count, costs[one], exact)
    for one in range(size):
        if costs[one] <= exact and count > degrees[one, 0] + degrees[one, 1] + 2:
            scores[one + 1 :] = math.inf
            break


@exact_helper
def plain_tenths(values: Any, near: float) -> int:
    """Returns how many tenths, from 1 to 100, numbers are to be multiplied by for all to be near one with one decimal.

    Args:
        values: the numbers, shape `(n,)`.
        near: tenths that differ by less than this from integers are near.

    Returns:
        The least such factor, 100 where there is none.
    """
    for tenths in range(1, 101):
        plain = True
        for i in range(values.size):
            value = values[i] * (tenths / 10) * 10
            plain = abs(value - np.round(value)) < near
            if not plain:
                break
        if plain:
            return tenths
    return 100


@borrowing_helper
def _rescale(c: Any, size: int) -> None:
    """Scales numerator and denominator by a common factor: to one-decimal constants if one does, else of size 10."""
    largest = 0.0
    for k in range(size):
        if abs(c[k]) > abs(largest):
            largest = c[k]
    if largest == 0.0 or not math.isfinite(largest):
        return
    for k in range(size):
        c[k] /= largest
    # The largest constant is 0.1 to 10.0: the least for which all are near a decimal, else the greatest.
    scale = plain_tenths(c[:size], _NEAR) / 10
    for k in range(size):
        c[k] *= scale


@helper
def _degrees(count: int) -> Any:
    """Returns the degrees of numerator and denominator that so many points allow, shape `(d, 2)`."""
    degrees, size = np.empty((_PAIRS, 2), np.int64), 0
    for high in range(1, _MOST_BELOW + 1):
        for low in range(min(high, _MOST_ABOVE + 1)):
            if low + high + 2 <= count:
                degrees[size, 0], degrees[size, 1] = low, high
                size += 1
    return degrees[:size]


@helper
def _estimate(x: Any, target: Any, multiplier: Any, answer: Any) -> int:
    """Writes numerators and denominators, best degrees first, by BIC; among exact fits, the plainest."""
    count, degrees = x.size, _degrees(x.size)
    size = degrees.shape[0]
    powers, power = np.empty((6, count)), 0.0
    for i in range(count):
        powers[0, i] = 1.0
        for k in range(5):
            powers[k + 1, i] = powers[k, i] * (x[i] / _UNIT)
        power += target[i] * target[i]
    coefficients, scores = np.empty((size, 12)), np.empty(size)
    _fit(degrees, (powers, target, multiplier), _EXACT * power, coefficients, scores)
    chosen = np.empty(_STARTS, np.int64)
    found = take_least(scores, _STARTS, chosen)
    for place in range(found):
        best = coefficients[chosen[place]]
        low, high = degrees[chosen[place], 0], degrees[chosen[place], 1]
        row, c = answer[place], answer[place, asking.CONSTANTS :]
        row[asking.LAYOUT], row[asking.SIZE] = low + 1, low + high + 2
        # The highest power comes first.
        for k in range(low + 1):
            c[low - k] = best[high + 1 + k] / _UNIT**k
        for k in range(high + 1):
            c[low + 1 + high - k] = best[k] / _UNIT**k
        _rescale(c, low + high + 2)
    return int(found)


def quotients(words: Any, x: Any, target: Any, multiplier: Any, rows: Any, table: Any, answer: Any) -> int:
    """Answers questions about quotients of polynomials; see `find_gym.categories.numeric.kernels.asking`."""
    mode, count = words[asking.MODE], words[asking.COUNT]
    found = numba.carray(answer, (asking.ROWS, words[asking.ROW]))
    if mode == asking.CANONICAL or mode == asking.CANONICAL_NOISY:
        _rescale(found[0, asking.CONSTANTS :], int(found[0, asking.SIZE]))
        return 1
    if mode == asking.ESTIMATES:
        points = numba.carray(x, (count,)), numba.carray(target, (count,)), numba.carray(multiplier, (count,))
        return _estimate(points[0], points[1], points[2], found)
    return 0
