"""The polynomial through data, and its roots."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.algebra import copy_to, length
from find_gym.core.kernels.compiling import borrowing_helper, helper

# Roots of polynomials in x / 64 are fitted: its powers stay near 1 over the query range.
UNIT = 64.0
# Two polynomials of degree 5 have a product of degree 10.
GREATEST_DEGREE = 10
# Coefficients of this share of the others are 0: beside them the others have roots out of sight, and overflow.
_NEGLIGIBLE = 1e-100
# The variance of what is left of exact data, as a share of its power.
_EXACT = 1e-24
# Polynomials at the inputs of which no more than this share is left are combinations of those of lower degree.
_DEPENDENT = 1e-9
# Roots are found in some six rounds, double ones in fifteen.
_ROUNDS = 60
# Polynomials of which no more than this share of their terms is left are 0 but for rounding errors, and steps of this
# share of a root make no difference.
_ROUNDING = 1e-15


@borrowing_helper
def _next_polynomial(x: Any, degree: int, values: Any, terms: Any) -> bool:
    """Writes a polynomial of the next degree that is perpendicular to the others; returns whether there is one."""
    now, after = degree, degree + 1
    for i in range(x.size):
        values[after, i] = x[i] / UNIT * values[now, i]
    for j in range(degree + 1):
        terms[after, j + 1] = terms[now, j]
    size = length(values, after, 0, x.size)
    for other in range(now, -1, -1):
        share = 0.0
        for i in range(x.size):
            share += values[other, i] * values[after, i]
        for i in range(x.size):
            values[after, i] -= share * values[other, i]
        for j in range(degree + 1):
            terms[after, j] -= share * terms[other, j]
    left = length(values, after, 0, x.size)
    if not left > _DEPENDENT * size:
        return False
    for i in range(x.size):
        values[after, i] /= left
    for j in range(after + 1):
        terms[after, j] /= left
    return True


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
    greatest, count, power = min(coefficients.size - 1, x.size - 2), x.size, 0.0
    for i in range(count):
        power += y[i] * y[i]
    if greatest < 0 or not power < math.inf:
        return -1
    # Polynomials of rising degree, each perpendicular to the others at the inputs (Brubeck et al. 2021): their values,
    # their coefficients, and the sum of what they add.
    values, terms = np.empty((greatest + 1, count)), np.zeros((greatest + 1, greatest + 1))
    rest, total = y.copy(), np.zeros(greatest + 1)
    for i in range(count):
        values[0, i] = 1.0 / math.sqrt(count)
    terms[0, 0] = 1.0 / math.sqrt(count)
    degree, least, exact = 0, math.inf, max(_EXACT * power, 1e-300)
    for k in range(greatest + 1):
        share, left = 0.0, 0.0
        for i in range(count):
            share += values[k, i] * rest[i]
        for i in range(count):
            rest[i] -= share * values[k, i]
        for i in range(count):
            left += rest[i] * rest[i]
        for j in range(k + 1):
            total[j] += share * terms[k, j]
        variance = max(left / (count - k - 1), exact)
        score = count * math.log(variance) + (k + 1) * math.log(count)
        if score < least:
            degree, least = k, score
            copy_to(total, coefficients)
        # No other can be better than one that is exact.
        if variance <= exact or k == greatest or not _next_polynomial(x, k, values, terms):
            break
    size = 0.0
    for k in range(degree + 1):
        size += abs(coefficients[k])
    if not size < math.inf:
        return -1
    while degree > 0 and not abs(coefficients[degree]) > _NEGLIGIBLE * size:
        degree -= 1
    return degree


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
