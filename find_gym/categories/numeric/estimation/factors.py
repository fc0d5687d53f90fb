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
    from find_gym.categories.numeric.kernels.algebra import orthonormalise

    greatest = min(_GREATEST_DEGREE, x.size - 2)
    if greatest < 0:
        return None
    powers = (x / _UNIT) ** np.arange(greatest + 1)[:, None]
    basis, degrees = np.empty(powers.shape), np.empty(greatest + 1, dtype=np.int64)
    rank = orthonormalise(powers, basis, degrees)
    basis, degrees = basis[:rank], degrees[:rank]
    # What is left of y beside each degree and those below.
    rest = y - np.cumsum((basis @ y)[:, None] * basis, axis=0)
    freedom = x.size - degrees - 1
    variance = np.maximum(np.einsum("kn,kn->k", rest, rest) / freedom, max(1e-24 * float(y @ y), 1e-300))
    scores = freedom * np.log(variance) + (degrees + 1) * np.log(x.size)
    coefficients, _ = solve_linear(powers[: degrees[np.argmin(scores)] + 1], y)
    return coefficients if np.all(np.isfinite(coefficients)) else None


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
