"""Linear least squares, and the least of many costs."""

from __future__ import annotations

import numpy as np

from find_gym.categories.numeric.atom import FloatArray


def solve_linear(columns: FloatArray, target: FloatArray) -> tuple[FloatArray, float]:
    """Solves least squares for rows of basis functions `(k, n)`; returns coefficients `(k,)` and the misfit.

    Basis functions that are combinations of others have the coefficient 0. Where numbers are not finite, or overflow,
    the coefficients are NaN and the misfit is infinite.
    """
    from find_gym.categories.numeric.kernels.algebra import solve

    solution = np.empty(columns.shape[0])
    cost = solve(np.ascontiguousarray(columns), np.ascontiguousarray(target), solution)
    return solution, cost


def lowest(cost: FloatArray, count: int) -> list[int]:
    """Returns the places of the least costs, the least first; those that are not finite come last."""
    cost = np.where(np.isfinite(cost), cost, np.inf)
    count = min(count, cost.size)
    chosen = np.argpartition(cost, count - 1)[:count]
    return chosen[np.argsort(cost[chosen], kind="stable")].tolist()
