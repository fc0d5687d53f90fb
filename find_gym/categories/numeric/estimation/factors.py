"""Factors of a polynomial, read off its roots: where the search for the factors of a product starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atom import FloatArray
from find_gym.categories.numeric.estimation.linear import solve_linear

# Two polynomials of degree 5 have a product of degree 10.
_GREATEST_DEGREE = 10
# Imaginary parts up to this share count as rounding errors of a double root.
_REAL = 1e-6
# How many real roots are tried as that of a linear factor, on each side.
_ROOTS = 6
# Coefficients of this share of the largest one are 0.
_NEGLIGIBLE = 1e-100
# Powers of x / 64 stay near 1 over the query range.
_UNIT = 64.0


def factors(x: FloatArray, y: FloatArray, whole: bool) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yields the values at x of factors that the polynomial through the data may have, and where each is one.

    Args:
        x: inputs, shape `(n,)`.
        y: outputs, shape `(n,)`.
        whole: whether to yield a polynomial with about half of the roots; else lines with one of them, fitted on either
            side of 0.
    """
    if whole:
        roots = _roots(x, y)
        if roots is not None and roots.size >= 2:
            yield _half(x, roots), np.ones_like(x)
        return
    for side in (x > 0, x < 0):
        roots = _roots(x[side], y[side])
        if roots is None:
            continue
        real = roots[np.abs(roots.imag) <= _REAL * np.maximum(np.abs(roots), 1e-3)].real
        for root in real[:_ROOTS]:
            yield x - root, side.astype(np.float64)


def level_ratio(x: FloatArray, y: FloatArray) -> float | None:
    """Returns the value just above 0 over that just below, of the polynomials through either side, if any."""
    levels = []
    for side in (x > 0, x < 0):
        fit = _best_polynomial(x[side], y[side])
        if fit is None:
            return None
        levels.append(float(fit[0]))
    return levels[0] / levels[1] if levels[1] != 0 and np.isfinite(levels[0] / levels[1]) else None


def _roots(x: FloatArray, y: FloatArray) -> NDArray[Any] | None:
    """Returns the roots of the polynomial through the data, or None where there are too few points."""
    coefficients = _best_polynomial(x, y)
    if coefficients is None:
        return None
    # Coefficients beside which the leading one is next to nothing have roots out of sight, and overflow.
    kept = np.abs(coefficients) > _NEGLIGIBLE * np.abs(coefficients).max(initial=0.0)
    return np.asarray(np.roots(np.where(kept, coefficients, 0.0)[::-1])) * _UNIT


def _best_polynomial(x: FloatArray, y: FloatArray) -> FloatArray | None:
    """Returns the coefficients of the polynomial in `x / 64` of least BIC, lowest power first."""
    best: tuple[float, FloatArray] | None = None
    power = float(y @ y)
    powers = (x / _UNIT) ** np.arange(_GREATEST_DEGREE + 1)[:, None]
    for degree in range(_GREATEST_DEGREE + 1):
        freedom = x.size - degree - 1
        if freedom < 1:
            break
        coefficients, cost = solve_linear(powers[: degree + 1], y)
        score = freedom * np.log(max(cost / freedom, 1e-24 * power, 1e-300)) + (degree + 1) * np.log(x.size)
        if best is None or score < best[0]:
            best = (score, coefficients)
    return None if best is None or not np.all(np.isfinite(best[1])) else best[1]


def _half(x: FloatArray, roots: NDArray[Any]) -> FloatArray:
    """Evaluates a real polynomial with about half of the roots; conjugate pairs stay together."""
    upper = roots[roots.imag > _REAL * np.abs(roots)]
    real = roots[np.abs(roots.imag) <= _REAL * np.abs(roots)].real
    goal = min(max(roots.size // 2, 2), 5)
    value = np.ones_like(x)
    count = 0
    for root in upper:
        if count + 2 <= goal:
            value = value * ((x - root.real) ** 2 + root.imag**2) / _UNIT**2
            count += 2
    for root in real:
        if count < goal:
            value = value * (x - root) / _UNIT
            count += 1
    return value
