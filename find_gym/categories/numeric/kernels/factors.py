"""Factors of a polynomial, read off its roots: where the search for the factors of a product starts."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from find_gym.categories.numeric.kernels import asking
from find_gym.categories.numeric.kernels.roots import GREATEST_DEGREE, UNIT, find_roots, fit_polynomial
from find_gym.core.kernels.compiling import borrowing_helper, helper

# Which factors are looked for: lines with a real root, on either side of 0; a polynomial with about half of the roots;
# a step at 0. The first two of products of two.
LINE, HALF, LEVEL = range(3)
# How many real roots are tried as that of a linear factor, on each side.
_ROOTS = 6
MOST_FACTORS = 2 * _ROOTS
# Imaginary parts up to this share count as rounding errors of a double root.
_REAL = 1e-6
_NEAR_ZERO = 1e-3 / UNIT


@borrowing_helper
def _take_side(x: Any, y: Any, side: float, taken: Any) -> int:
    """Copies the points on one side of 0; returns how many they are."""
    count = 0
    for i in range(x.size):
        if x[i] * side > 0.0:
            taken[0, count], taken[1, count] = x[i], y[i]
            count += 1
    return count


@helper
def line_factors(x: Any, y: Any, values: Any, weights: Any) -> int:
    """Finds lines that may be factors of the polynomials through the points on either side of 0.

    Args:
        x: inputs, shape `(n,)`.
        y: outputs, shape `(n,)`.
        values: where to write the values of factors at x, one in each row, shape `(MOST_FACTORS, n)`.
        weights: where to write 1 where a row is a factor, else 0, likewise.

    Returns:
        How many there are.
    """
    taken, coefficients = np.empty((2, x.size)), np.empty(GREATEST_DEGREE + 1)
    roots = np.empty((2, GREATEST_DEGREE))
    found = 0
    for side in (1.0, -1.0):
        count = _take_side(x, y, side, taken)
        degree = fit_polynomial(taken[0, :count], taken[1, :count], coefficients)
        if degree < 1:
            continue
        find_roots(coefficients, degree, roots[0], roots[1])
        most = found + _ROOTS
        for k in range(degree):
            if abs(roots[1, k]) <= _REAL * max(math.hypot(roots[0, k], roots[1, k]), _NEAR_ZERO) and found < most:
                for i in range(x.size):
                    values[found, i] = x[i] - UNIT * roots[0, k]
                    weights[found, i] = 1.0 if x[i] * side > 0.0 else 0.0
                found += 1
    return found


@helper
def half_factor(x: Any, y: Any, values: Any, weights: Any) -> int:
    """Finds a polynomial with about half of the roots of that through the data; see `line_factors`."""
    coefficients, roots = np.empty(GREATEST_DEGREE + 1), np.empty((2, GREATEST_DEGREE))
    degree = fit_polynomial(x, y, coefficients)
    if degree < 2:
        return 0
    find_roots(coefficients, degree, roots[0], roots[1])
    goal, count = min(max(degree // 2, 2), 5), 0
    for i in range(x.size):
        values[0, i] = weights[0, i] = 1.0
    for pairs in (True, False):
        for k in range(degree):
            real, imag = roots[0, k], roots[1, k]
            # Of a conjugate pair, the upper one stands for both.
            taken = 2 if pairs else 1
            least = _REAL * math.hypot(real, imag)
            if (imag > least if pairs else abs(imag) <= least) and count + taken <= goal:
                for i in range(x.size):
                    away = x[i] / UNIT - real
                    values[0, i] *= away * away + imag * imag if pairs else away
                count += taken
    for i in range(x.size):
        if not math.isfinite(values[0, i]):
            return 0
    return 1


@helper
def level_factor(x: Any, y: Any, values: Any, weights: Any) -> int:
    """Finds a step with the ratio of the polynomials on both sides of 0, at 0; see `line_factors`."""
    taken, coefficients = np.empty((2, x.size)), np.empty(GREATEST_DEGREE + 1)
    ratio = 1.0
    for side in (1.0, -1.0):
        count = _take_side(x, y, side, taken)
        if fit_polynomial(taken[0, :count], taken[1, :count], coefficients) < 0:
            return 0
        ratio = coefficients[0] if side > 0.0 else ratio / coefficients[0]
    if not math.isfinite(ratio):
        return 0
    for i in range(x.size):
        values[0, i] = ratio if x[i] > 0.0 else 1.0
        weights[0, i] = 1.0
    return 1


def factors(words: Any, x: Any, target: Any, multiplier: Any, rows: Any, table: Any, answer: Any) -> int:
    """Answers what an atom may be as one of the factors of the target; see `asking.FACTORS`."""
    kind, count = words[asking.KIND], words[asking.COUNT]
    inputs, outputs = numba.carray(x, (count,)), numba.carray(target, (count,))
    block = numba.carray(answer, (2, MOST_FACTORS, count))
    if kind == LEVEL:
        return level_factor(inputs, outputs, block[0], block[1])
    if words[asking.ATOM] != 2:
        return 0
    if kind == LINE:
        return line_factors(inputs, outputs, block[0], block[1])
    return half_factor(inputs, outputs, block[0], block[1])
