"""Linear least squares, and the least of many costs."""

from __future__ import annotations

import numpy as np

from find_gym.categories.numeric.atom import FloatArray

# Columns of length 1 whose inverse normal matrix has a lesser trace may be solved by it.
_WELL_CONDITIONED = 1e9


def solve_linear(columns: FloatArray, target: FloatArray) -> tuple[FloatArray, float]:
    """Solves least squares for rows of basis functions `(k, n)`; returns coefficients `(k,)` and the misfit.

    The columns are scaled to the same length first; redundant ones share the coefficient of least norm. Where numbers
    are not finite, or overflow, the coefficients are NaN and the misfit is infinite.
    """
    scale = np.sqrt(np.einsum("kn,kn->k", columns, columns))
    scale[scale == 0] = 1.0
    scaled = columns / scale[:, None]
    if not (np.isfinite(scale).all() and np.isfinite(target).all()):
        return np.full(scale.shape, np.nan), np.inf
    normal = scaled @ scaled.T
    try:
        inverse = np.linalg.inv(normal)
        usable = 0 < inverse.trace() < _WELL_CONDITIONED
    except np.linalg.LinAlgError:
        usable = False
    if not usable:
        return _solve_redundant(scaled, scale, target)
    # The normal equations square the condition, and rounds of refinement make up for it.
    solution = inverse @ (scaled @ target)
    residual = target - solution @ scaled
    for _ in range(2):
        solution = solution + inverse @ (scaled @ residual)
        residual = target - solution @ scaled
    return solution / scale, float(residual @ residual)


def _solve_redundant(scaled: FloatArray, scale: FloatArray, target: FloatArray) -> tuple[FloatArray, float]:
    solution = np.linalg.lstsq(scaled.T, target, rcond=1e-13)[0]
    residual = target - solution @ scaled
    # One round of iterative refinement: exact data must give exact constants.
    solution = solution + np.linalg.lstsq(scaled.T, residual, rcond=1e-13)[0]
    residual = target - solution @ scaled
    return solution / scale, float(residual @ residual)


def lowest(cost: FloatArray, count: int) -> list[int]:
    """Returns the places of the least costs, the least first; those that are not finite come last."""
    cost = np.where(np.isfinite(cost), cost, np.inf)
    count = min(count, cost.size)
    chosen = np.argpartition(cost, count - 1)[:count]
    return chosen[np.argsort(cost[chosen], kind="stable")].tolist()
