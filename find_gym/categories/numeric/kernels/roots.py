"""The polynomial through data, and the matrix whose eigenvalues are its roots."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.estimation.factors import UNIT
from find_gym.categories.numeric.kernels.algebra import least_squares, orthonormal
from find_gym.core.kernels.compiling import kernel

# Two polynomials of degree 5 have a product of degree 10.
GREATEST_DEGREE = 10
# Coefficients of this share of the largest one are 0: beside them the others have roots out of sight, and overflow.
_NEGLIGIBLE = 1e-100
# The variance of what is left of exact data, as a share of its power.
_EXACT = 1e-24


@kernel("int64(float64[::1], float64[::1], float64[::1], float64[:, ::1])")
def fit_polynomial(x: Any, y: Any, coefficients: Any, companion: Any) -> int:
    """Finds the polynomial in `x / UNIT` of least BIC.

    Args:
        x: inputs, shape `(n,)`.
        y: outputs, shape `(n,)`.
        coefficients: where to write its coefficients, lowest power first, shape `(GREATEST_DEGREE + 1,)`.
        companion: where to write the matrix whose eigenvalues are its roots, beginning with the first row and column,
            shape `(GREATEST_DEGREE, GREATEST_DEGREE)`.

    Returns:
        The size of that matrix; -1 where there are too few points, or they are too large.
    """
    greatest = min(companion.shape[0], x.size - 2)
    if greatest < 0:
        return -1
    powers = np.ones((greatest + 1, x.size))
    for k in range(1, greatest + 1):
        for i in range(x.size):
            powers[k, i] = powers[k - 1, i] * (x[i] / UNIT)
    basis, degrees = np.empty(powers.shape), np.empty(greatest + 1, np.int64)
    rest, power = y.copy(), 0.0
    for i in range(y.size):
        power += y[i] * y[i]
    degree, least = -1, math.inf
    for k in range(orthonormal(powers, basis, degrees)):
        share, left = 0.0, 0.0
        for i in range(y.size):
            share += basis[k, i] * y[i]
        for i in range(y.size):
            rest[i] -= share * basis[k, i]
        for i in range(y.size):
            left += rest[i] * rest[i]
        freedom = x.size - degrees[k] - 1
        variance = max(left / freedom, max(_EXACT * power, 1e-300))
        score = x.size * math.log(variance) + (degrees[k] + 1) * math.log(x.size)
        if score < least:
            degree, least = degrees[k], score
    if degree < 0:
        return -1
    misfit, _ = least_squares(powers[: degree + 1], y, coefficients)
    if not misfit < math.inf:
        return -1
    largest = 0.0
    for k in range(degree + 1):
        largest = max(largest, abs(coefficients[k]))
    while degree > 0 and not abs(coefficients[degree]) > _NEGLIGIBLE * largest:
        degree -= 1
    for i in range(degree):
        for j in range(degree):
            companion[i, j] = 1.0 if i == j + 1 else 0.0
    for j in range(degree):
        companion[0, j] = -coefficients[degree - 1 - j] / coefficients[degree]
    return int(degree)
