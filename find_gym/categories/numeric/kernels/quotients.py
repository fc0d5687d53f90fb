"""Quotients of polynomials: linearised least squares, reweighted (Sanathanan and Koerner 1963).

`target = multiplier P(x) / Q(x)` is linear in the coefficients of P and Q once both sides are multiplied by Q. Dividing
each equation by the previous estimate of |Q| brings the misfit back to that of the data.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.algebra import back_substitute, length, triangularise
from find_gym.core.kernels.compiling import exact_kernel, helper, kernel

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


@kernel("void(int64[:, ::1], float64[:, ::1], float64[::1], float64[::1], float64, float64[::1], float64[:, ::1])")
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


@exact_kernel("int64(float64[::1], float64)")
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
