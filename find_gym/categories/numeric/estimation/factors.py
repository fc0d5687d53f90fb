"""Factors of a polynomial, read off its roots: where the search for the factors of a product starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atom import FloatArray

# Imaginary parts up to this share count as rounding errors of a double root.
_REAL = 1e-6
# How many real roots are tried as that of a linear factor, on each side.
_ROOTS = 6
# Roots of polynomials in x / 64 are fitted: its powers stay near 1 over the query range.
UNIT = 64.0


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
        coefficients, _ = _polynomial(x[side], y[side])
        if coefficients is None:
            return None
        levels.append(float(coefficients[0]))
    return levels[0] / levels[1] if levels[1] != 0 and np.isfinite(levels[0] / levels[1]) else None


def _roots(x: FloatArray, y: FloatArray) -> NDArray[Any] | None:
    """Returns the roots of the polynomial through the data, or None where there are too few points."""
    coefficients, companion = _polynomial(x, y)
    return None if coefficients is None else np.asarray(np.linalg.eigvals(companion)) * UNIT


def _polynomial(x: FloatArray, y: FloatArray) -> tuple[FloatArray | None, FloatArray]:
    """Returns the coefficients of the polynomial in `x / UNIT` of least BIC, and the matrix that has its roots."""
    from find_gym.categories.numeric.kernels import roots

    coefficients, companion = np.empty(roots.GREATEST_DEGREE + 1), np.empty((roots.GREATEST_DEGREE,) * 2)
    size = roots.fit_polynomial(x, y, coefficients, companion)
    return (None if size < 0 else coefficients), companion[:size, :size]


def _half(x: FloatArray, roots: NDArray[Any]) -> FloatArray:
    """Evaluates a real polynomial with about half of the roots; conjugate pairs stay together."""
    upper = roots[roots.imag > _REAL * np.abs(roots)]
    real = roots[np.abs(roots.imag) <= _REAL * np.abs(roots)].real
    goal = min(max(roots.size // 2, 2), 5)
    value = np.ones_like(x)
    count = 0
    for root in upper:
        if count + 2 <= goal:
            value = value * ((x - root.real) ** 2 + root.imag**2) / UNIT**2
            count += 2
    for root in real:
        if count < goal:
            value = value * (x - root) / UNIT
            count += 1
    return value
