"""First estimates of one atom's constants: minimise |target - multiplier * atom(x)|², the nonlinear ones over a grid.

Nearly all atoms are linear in most of their constants. What is left is searched over the values that are drawn (the
`grid` of the atom) by scanning them all at once. The fitting then polishes the estimates. An atom may have an estimator
of its own, made of these parts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atom import Atom, Constants, FloatArray
from find_gym.categories.numeric.estimation.columns import Columns
from find_gym.categories.numeric.estimation.linear import lowest, solve_linear

# Starts handed on from a scan: neighbours on the grid often look alike until they are refined.
STARTS = 4
# Points of a grid that are scanned at most.
_MOST_POINTS = 4096
# What keeps the normal equations of a scan solvable, as a share of the power.
_RIDGE = 1e-9


def estimate(
    atom: Atom, x: FloatArray, target: FloatArray, multiplier: FloatArray, *, degree: int = 5
) -> list[Constants]:
    """Estimates an atom's constants.

    Args:
        atom: the atom.
        x: inputs, shape `(n,)`.
        target: what the atom times the multiplier should be, shape `(n,)`.
        multiplier: factors of the atom's values, shape `(n,)`.
        degree: the degree, for a polynomial.

    Returns:
        Estimates to refine, the best first; several where the misfit has several minima. Empty where none is possible.
    """
    if x.size == 0:
        return []
    if atom.fitting.estimate is not None:
        return atom.fitting.estimate(atom, x, target, multiplier, degree)
    if not atom.parameters:
        return [()]
    if (basis := atom.basis(x, degree)) is not None:
        coefficients, _ = solve_linear(basis * multiplier, target)
        return [atom.fitting.from_basis(tuple(coefficients.tolist()), x, target, multiplier)]
    scan = scan_linear if atom.linear else scan_fixed
    return scan(atom, x, target, multiplier)


def scan_fixed(atom: Atom, x: FloatArray, target: FloatArray, multiplier: FloatArray) -> list[Constants]:
    """Estimates the constants of an atom without linear ones, by a scan of its grid."""
    values = grid_values(atom, x)
    cost = (values * values) @ (multiplier * multiplier) - 2 * values @ (multiplier * target)
    return best_of_grid(atom, cost, values)


def best_of_grid(atom: Atom, cost: FloatArray, values: NDArray[Any]) -> list[Constants]:
    """Returns the points of an atom's grid that cost least, none of which are the same on the evidence."""
    grid = grid_of(atom)
    return [tuple(grid[index].tolist()) for index in distinct_lowest(cost, values, STARTS)]


def scan_linear(atom: Atom, x: FloatArray, target: FloatArray, multiplier: FloatArray) -> list[Constants]:
    """Solves for the linear constants at each point of the grid, on the inputs where the atom is defined."""
    grid = grid_of(atom)
    columns = iter(grid.T[:, :, None])
    constants = tuple(0.0 if p.linear else next(columns) for p in atom.parameters)
    inputs = np.broadcast_to(x, (grid.shape[0], x.size))
    with np.errstate(all="ignore"):
        gradient = list(atom.gradient(inputs, constants))
        basis = np.stack([gradient[place] for place in atom.linear], axis=1) * multiplier
    defined: NDArray[np.bool_] = np.asarray(np.isfinite(basis).all(axis=1))
    basis = np.where(defined[:, None], basis, 0.0)
    power = max(float(np.max(np.add.reduce(basis * basis, axis=(1, 2)))), 1e-300)
    normal = basis @ basis.transpose(0, 2, 1) + _RIDGE * power * np.eye(len(atom.linear))
    solved = np.linalg.solve(normal, basis @ target[:, None])[:, :, 0]
    residual = np.where(defined, target - np.einsum("gk,gkn->gn", solved, basis), 0.0)
    # A shape that is undefined at most of the evidence is not what was seen.
    cost = np.where(2 * defined.sum(axis=1) >= x.size, np.add.reduce(residual * residual, axis=1), np.inf)
    starts = []
    for index in lowest(cost, STARTS):
        if np.isfinite(cost[index]):
            others, linear = iter(grid[index].tolist()), iter(solved[index].tolist())
            starts.append(tuple(next(linear) if p.linear else next(others) for p in atom.parameters))
    return starts


def shape(atom: Atom, x: FloatArray, parameters: Constants) -> FloatArray:
    """Evaluates an atom of the form "a shape + b" at a = 1 and b = 0, or one that has no linear constants as it is.

    The parameters may be columns `(g, 1)`; the result is then of shape `(g, n)`.
    """
    if not atom.linear:
        return np.asarray(atom.evaluate(x, parameters), dtype=np.float64)
    others = iter(parameters)
    constants = tuple(
        float(place == atom.linear[0]) if place in atom.linear else next(others) for place in range(len(atom.constants))
    )
    return np.asarray(atom.evaluate(x, constants), dtype=np.float64)


def scan_affine(
    values: FloatArray, target: FloatArray, multiplier: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Solves for amplitude and offset of each row of values; returns the costs less a constant, and both."""
    weight = multiplier * multiplier
    total = max(float(weight.sum()), 1e-300)
    mean_target = float(multiplier @ target) / total
    mean = values @ weight / total
    variance = (values * values) @ weight - mean * mean * total
    covariance = values @ (multiplier * target) - mean * mean_target * total
    usable = np.isfinite(variance) & (variance > 1e-9 * total)
    amplitude = np.where(usable, covariance / np.where(usable, variance, 1.0), 0.0)
    cost = np.where(np.isfinite(covariance), -amplitude * covariance, np.inf)
    return cost, amplitude, mean_target - amplitude * mean


@lru_cache
def grid_of(atom: Atom) -> FloatArray:
    """Returns the points of an atom's grid, `(g, k)`: all combinations of its values, or some thousands of them."""
    if atom.fitting.grid is not None:
        return atom.fitting.grid()
    axes = [np.array(values, dtype=np.float64) for values in atom.grid]
    while np.prod([axis.size for axis in axes]) > _MOST_POINTS:
        longest = max(range(len(axes)), key=lambda place: axes[place].size)
        axes[longest] = axes[longest][::2]
    return np.array(list(product(*axes)), dtype=np.float64)


def grid_values(atom: Atom, x: FloatArray) -> NDArray[Any]:
    """Evaluates an atom without linear constants on all of its grid, `(g, n)`; the last few inputs are remembered."""
    return _grid_values(atom, x.tobytes())


@lru_cache(maxsize=4)
def _grid_values(atom: Atom, data: bytes) -> NDArray[Any]:
    return on_grid(atom, np.frombuffer(data, dtype=np.float64), grid_of)


@lru_cache(maxsize=64)
def _columns_on(atom: Atom, points: Callable[[Atom], FloatArray]) -> Columns:
    grid = points(atom).T
    evaluate = atom.fitting.on_grid or (lambda x, grid: shape(atom, x, tuple(grid)))
    return Columns(lambda x: evaluate(x[:, None], grid))


def on_grid(atom: Atom, x: FloatArray, points: Callable[[Atom], FloatArray]) -> NDArray[Any]:
    """Evaluates the shape of an atom on all points of a grid, `(g, n)`.

    Args:
        atom: the atom.
        x: inputs, shape `(n,)`.
        points: the grid, such as `grid_of`.
    """
    return _columns_on(atom, points).at(x) if x.size else np.zeros((0, 0))


def distinct_lowest(cost: FloatArray, values: NDArray[Any], count: int) -> list[int]:
    """Returns the rows of least cost, one for all rows with the same values: the middle one of these.

    Args:
        cost: cost of each row, shape `(g,)`.
        values: rows, shape `(g, n)`.
        count: how many are wanted.
    """
    chosen: list[int] = []
    left = np.where(np.isfinite(cost), cost, np.inf)
    while len(chosen) < count and np.isfinite(left.min(initial=np.inf)):
        best = int(np.argmin(left))
        alike = np.flatnonzero(left <= left[best] + 1e-9 * abs(left[best]) + 1e-12)
        alike = alike[np.all(values[alike] == values[best], axis=1)]
        chosen.append(int(alike[alike.size // 2]))
        left[alike] = np.inf
    return chosen
