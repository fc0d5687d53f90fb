"""Linear least squares, and the least of many costs."""

from __future__ import annotations

import numpy as np

from find_gym.categories.numeric.atom import FloatArray


def solve_linear(columns: FloatArray, target: FloatArray) -> tuple[FloatArray, float]:
    """Solves least squares for rows of basis functions `(k, n)`; returns coefficients `(k,)` and the misfit.

    The columns are scaled to the same length first; redundant ones share the coefficient of least norm. Where numbers
    are not finite, or overflow, the coefficients are NaN and the misfit is infinite.
    """
    from find_gym.categories.numeric.kernels.algebra import solve

    solution = np.empty(columns.shape[0] + 1)
    rank = solve(np.ascontiguousarray(columns), np.ascontiguousarray(target), solution)
    if rank < columns.shape[0]:
        return _solve_redundant(columns, target)
    return solution[:-1], float(solution[-1])


def _solve_redundant(columns: FloatArray, target: FloatArray) -> tuple[FloatArray, float]:
    scale = np.sqrt(np.einsum("kn,kn->k", columns, columns))
    scale[scale == 0] = 1.0
    scaled = columns / scale[:, None]
    solution = np.linalg.lstsq(scaled.T, target, rcond=1e-13)[0]
    # One round of iterative refinement: exact data must give exact constants.
    solution = solution + np.linalg.lstsq(scaled.T, target - solution @ scaled, rcond=1e-13)[0]
    residual = target - solution @ scaled
    return solution / scale, float(residual @ residual)


def lowest(cost: FloatArray, count: int) -> list[int]:
    """Returns the places of the least costs, the least first; those that are not finite come last."""
    cost = np.where(np.isfinite(cost), cost, np.inf)
    count = min(count, cost.size)
    chosen = np.argpartition(cost, count - 1)[:count]
    return chosen[np.argsort(cost[chosen], kind="stable")].tolist()
