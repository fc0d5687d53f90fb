"""The polynomial through data, and its roots."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.algebra import least_squares, orthonormal
from find_gym.core.kernels.compiling import borrowing_helper, helper

# Roots of polynomials in x / 64 are fitted: its powers stay near 1 over the query range.
UNIT = 64.0
# Two polynomials of degree 5 have a product of degree 10.
GREATEST_DEGREE = 10
# Coefficients of this share of the largest one are 0: beside them the others have roots out of sight, and overflow.
_NEGLIGIBLE = 1e-100
# The variance of what is left of exact data, as a share of its power.
_EXACT = 1e-24
# Roots are found in some six rounds, double ones in fifteen.
_ROUNDS = 60
# Polynomials of which no more than this share of their terms is left are 0 but for rounding errors, and steps of this
# share of a root make no difference.
_ROUNDING = 1e-15


@helper
def fit_polynomial(x: Any, y: Any, coefficients: Any) -> int:
    """Finds the polynomial in `x / UNIT` of least BIC.

    Args:
        x: inputs, shape `(n,)`.
        y: outputs, shape `(n,)`.
        coefficients: where to write its coefficients, lowest power first, shape `(GREATEST_DEGREE + 1,)`.

    Returns:
        Its degree; -1 where there are too few points, or they are too large.
    """
    greatest = min(coefficients.size - 1, x.size - 2)
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
    return int(degree)


@borrowing_helper
def _first_roots(coefficients: Any, first: int, degree: int, real: Any, imag: Any) -> None:
    """Writes where to look for roots: on circles, whose radii the edges of the Newton polygon give (Bini 1996)."""
    low = first
    while low < degree:
        high, least = low, math.inf
        for k in range(low + 1, degree + 1):
            if coefficients[k] != 0.0:
                slope = (math.log(abs(coefficients[low])) - math.log(abs(coefficients[k]))) / (k - low)
                if slope <= least:
                    high, least = k, slope
        radius = math.exp(least)
        for k in range(low, high):
            # Turned, so that no two circles have roots at the same angles, nor one at both an angle and its negative.
            angle = 2.0 * math.pi * (k - low) / (high - low) + 0.7 + 0.3 * low
            real[k], imag[k] = radius * math.cos(angle), radius * math.sin(angle)
        low = high


@borrowing_helper
def _logarithmic_derivative(
    coefficients: Any, first: int, degree: int, real: float, imag: float
) -> tuple[float, float, bool]:
    """Returns p'(z) / p(z) of a polynomial with terms from `first` to `degree`, and whether p(z) is about 0.

    Beyond the unit circle, it is that of the polynomial with the coefficients in reverse, at 1 / z: nothing overflows.
    """
    square, count = real * real + imag * imag, degree - first
    inside, size = square <= 1.0, math.sqrt(square)
    if not inside:
        real, imag, size = real / square, -imag / square, 1.0 / size
    value = value_imag = slope = slope_imag = terms = 0.0
    for k in range(count + 1):
        slope, slope_imag = slope * real - slope_imag * imag + value, slope * imag + slope_imag * real + value_imag
        coefficient = coefficients[degree - k] if inside else coefficients[first + k]
        value, value_imag = value * real - value_imag * imag + coefficient, value * imag + value_imag * real
        terms = terms * size + abs(coefficient)
    power = value * value + value_imag * value_imag
    if power <= (_ROUNDING * terms) ** 2:
        return 0.0, 0.0, True
    ratio, ratio_imag = (
        (slope * value + slope_imag * value_imag) / power,
        (slope_imag * value - slope * value_imag) / power,
    )
    if inside:
        return ratio, ratio_imag, False
    ratio, ratio_imag = count - (real * ratio - imag * ratio_imag), -(real * ratio_imag + imag * ratio)
    return real * ratio - imag * ratio_imag, real * ratio_imag + imag * ratio, False


@borrowing_helper
def _smallest_first(degree: int, real: Any, imag: Any) -> None:
    """Sorts roots by size."""
    for end in range(1, degree):
        root, root_imag, k = real[end], imag[end], end
        while k > 0 and real[k - 1] ** 2 + imag[k - 1] ** 2 > root**2 + root_imag**2:
            real[k], imag[k] = real[k - 1], imag[k - 1]
            k -= 1
        real[k], imag[k] = root, root_imag


@borrowing_helper
def find_roots(coefficients: Any, degree: int, real: Any, imag: Any) -> None:
    """Finds the roots of a polynomial, the smallest first, all at the same time (Aberth 1973).

    Args:
        coefficients: coefficients, lowest power first, the one of the power `degree` not negligible; they are scaled in
            place, such that the largest is 1.
        degree: how many roots there are.
        real: where to write real parts, shape `(degree,)` or longer.
        imag: where to write imaginary parts, likewise.
    """
    first, largest = 0, 0.0
    for k in range(degree + 1):
        largest = max(largest, abs(coefficients[k]))
    for k in range(degree + 1):
        coefficients[k] /= largest
    while first < degree and not abs(coefficients[first]) > _NEGLIGIBLE:
        real[first] = imag[first] = 0.0
        first += 1
    _first_roots(coefficients, first, degree, real, imag)
    # Which roots still move, as bits.
    moving = (1 << degree) - (1 << first)
    for _ in range(_ROUNDS):
        for k in range(first, degree):
            if not moving >> k & 1:
                continue
            ratio, ratio_imag, found = _logarithmic_derivative(coefficients, first, degree, real[k], imag[k])
            # The other roots are divided out.
            for j in range(first, degree):
                far, far_imag = real[k] - real[j], imag[k] - imag[j]
                square = far * far + far_imag * far_imag
                if square > 0.0:
                    ratio -= far / square
                    ratio_imag += far_imag / square
            square = ratio * ratio + ratio_imag * ratio_imag
            if not found and square > 0.0:
                real[k] -= ratio / square
                imag[k] += ratio_imag / square
                found = square * (real[k] * real[k] + imag[k] * imag[k]) * _ROUNDING**2 >= 1.0
            if found:
                moving -= 1 << k
        if moving == 0:
            break
    _smallest_first(degree, real, imag)
