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
from find_gym.categories.numeric.kernels.algebra import back_substitute, length, triangularise
from find_gym.core.kernels.compiling import exact_helper, helper

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

# Rounds of reweighting: few, the misfit settles fast or not at all.
_ROUNDS = 3
# Iterations towards the least singular vector; one or two do where the data are nearly exact.
_ITERATIONS = 12
_SETTLED = 1e-13


@helper
def _null_vector(rows: Any, size: int, count: int, vector: Any) -> None:
    """Writes the unit vector that brings a combination of rows `(k, n)` nearest to 0; spoils the rows."""
    heads = np.empty(size)
    triangularise(rows[:size], heads, size, count)
    greatest = 0.0
    for j in range(size):
        greatest = max(greatest, abs(rows[j, j]))
    for j in range(size):
        if abs(rows[j, j]) <= 1e-17 * greatest:
            rows[j, j] = 1e-17 * greatest + 1e-300
        vector[j] = 1.0 / (1.0 + j)
    for _ in range(_ITERATIONS):
        # One step of inverse iteration: the transposed triangle, then the triangle.
        for j in range(size):
            value = vector[j]
            for k in range(j):
                value -= rows[j, k] * rows[size, k]
            rows[size, j] = value / rows[j, j]
        largest = 0.0
        for j in range(size):
            largest = max(largest, abs(rows[size, j]))
        for j in range(size):
            rows[size, j] /= largest
        before = vector[size - 1]
        back_substitute(rows, size, size, vector)
        norm = 0.0
        for j in range(size):
            norm += vector[j] * vector[j]
        norm = math.sqrt(norm)
        if vector[size - 1] < 0.0:
            norm = -norm
        for j in range(size):
            vector[j] /= norm
        if abs(vector[size - 1] - before) <= _SETTLED:
            return


@helper
def fit_quotients(
    degrees: Any, powers: Any, target: Any, multiplier: Any, exact: float, costs: Any, coefficients: Any
) -> None:
    """Fits quotients of several degrees, up to the first that explains the data exactly.

    Args:
        degrees: those of numerator and denominator, shape `(d, 2)`.
        powers: those of the scaled inputs, the lowest first, shape `(6, n)`.
        target: what the quotient times the multiplier should be, shape `(n,)`.
        multiplier: factors, shape `(n,)`.
        exact: the misfit up to which a quotient is exact.
        costs: where to write the misfits, infinite where there is none, shape `(d,)`.
        coefficients: where to write those of the numerators, then the denominators, lowest power first, `(d, 12)`.
    """
    count = target.size
    rows, scale, vector = np.empty((13, max(count, 13))), np.empty(12), np.empty(12)
    weights, above, below = np.empty(count), np.empty(count), np.empty(count)
    costs[:] = math.inf
    coefficients[:] = 0.0
    for one in range(degrees.shape[0]):
        low, high = degrees[one, 0], degrees[one, 1]
        size = low + high + 2
        for i in range(count):
            # The first weights are those of a denominator without structure.
            weights[i] = 1 / (1 + abs(powers[high, i]))
        for _ in range(_ROUNDS):
            for k in range(size):
                for i in range(count):
                    entry = multiplier[i] * powers[k, i] if k <= low else -target[i] * powers[k - low - 1, i]
                    entry *= weights[i]
                    rows[k, i] = entry if math.isfinite(entry) else 0.0
                scale[k] = length(rows, k, 0, count)
                if scale[k] == 0.0:
                    scale[k] = 1.0
                for i in range(count):
                    rows[k, i] /= scale[k]
            _null_vector(rows, size, count, vector)
            cost, greatest = 0.0, 0.0
            for i in range(count):
                above[i] = 0.0
                below[i] = 0.0
                for k in range(low + 1):
                    above[i] += vector[k] / scale[k] * powers[k, i]
                for k in range(high + 1):
                    below[i] += vector[low + 1 + k] / scale[low + 1 + k] * powers[k, i]
                rest = target[i] - multiplier[i] * above[i] / below[i]
                cost += rest * rest
                greatest = max(greatest, abs(below[i]))
            previous = costs[one]
            if cost < previous:
                costs[one] = cost
                for k in range(low + 1):
                    coefficients[one, k] = vector[k] / scale[k]
                for k in range(high + 1):
                    coefficients[one, 6 + k] = vector[low + 1 + k] / scale[low + 1 + k]
            if not cost < 0.9 * previous or cost <= exact:
                break
            for i in range(count):
                weights[i] = 1 / max(abs(below[i]), 1e-9 * greatest)
        if costs[one] <= exact and count > size:
            return


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
            plain = plain and abs(value - np.round(value)) < near
        if plain:
            return tenths
    return 100


@helper
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
    costs, coefficients, scores = np.empty(size), np.empty((size, 12)), np.empty(size)
    fit_quotients(degrees, powers, target, multiplier, _EXACT * power, costs, coefficients)
    for one in range(size):
        constants = degrees[one, 0] + degrees[one, 1] + 2
        # One coefficient is the common scale. A saturated fit says nothing.
        freedom = max(count - constants + 1, 0) + 1e-3
        least = max(costs[one], _EXACT * power, 1e-300)
        scores[one] = freedom * math.log(least / freedom) + constants * math.log(count + 1.0)
        if not costs[one] < math.inf:
            scores[one] = math.inf
        if costs[one] <= _EXACT * power and count > constants:
            scores[one + 1 :] = math.inf
            break
    for found in range(_STARTS):
        best = -1
        for one in range(size):
            if scores[one] < math.inf and (best < 0 or scores[one] < scores[best]):
                best = one
        if best < 0:
            return found
        scores[best] = math.inf
        low, high = degrees[best, 0], degrees[best, 1]
        row, c = answer[found], answer[found, asking.CONSTANTS :]
        row[asking.LAYOUT], row[asking.SIZE] = low + 1, low + high + 2
        # The highest power comes first.
        for k in range(low + 1):
            c[low - k] = coefficients[best, k] / _UNIT**k
        for k in range(high + 1):
            c[low + 1 + high - k] = coefficients[best, 6 + k] / _UNIT**k
        _rescale(c, low + high + 2)
    return _STARTS


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
