"""First estimates of one atom's constants: minimise |target - multiplier * atom(x)|², the nonlinear ones over a grid.

Nearly all atoms are linear in most of their constants. What is left is searched over the values that are drawn (the
`grid` of the atom) by scanning them all at once. The fitting then polishes the estimates. Atoms may bring their own
estimators, made of these parts.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product

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
    """Returns the points of the grid at which an atom without linear constants is best, no two of them the same."""
    from find_gym.categories.numeric.kernels.scanning import take_distinct

    table, rows = grid_rows(atom, x)
    values = table[rows]
    costs = multiplier**2 @ values**2 - 2 * (multiplier * target) @ values
    chosen = np.empty(STARTS, dtype=np.int64)
    return [tuple(one) for one in grid_of(atom)[chosen[: take_distinct(table, rows, costs, chosen)]].tolist()]


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


def grid_values(atom: Atom, x: FloatArray, places: NDArray[np.intp] | None = None) -> FloatArray:
    """Evaluates the shape of an atom at inputs `(n,)` on g points of its grid, `(g, n)`.

    Args:
        atom: the atom.
        x: the inputs.
        places: which points of the grid, shape `(g,)`; by default all, whose values are remembered.
    """
    if x.size == 0:
        return np.zeros((len(grid_of(atom)) if places is None else len(places), 0))
    return columns_of(atom).at(x) if places is None else _on_grid(atom, x, grid_of(atom)[places]).T


def grid_rows(atom: Atom, x: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
    """Returns a table of an atom's shape on all its grid, `(m, g)`, and which of its rows inputs `(n,)` have.

    In the first k rows of the table are the points of the grid, and behind `grid_of` those of the atom's coarse one.
    """
    return columns_of(atom).rows(x)


@lru_cache(maxsize=64)
def columns_of(atom: Atom) -> Columns:
    """Tabulates an atom's shape; see `grid_rows`."""
    coarse = atom.fitting.coarse_grid
    grid = grid_of(atom) if coarse is None else np.concatenate([grid_of(atom), coarse()])
    return Columns(np.ascontiguousarray(grid.T), lambda x: _on_grid(atom, x, grid))


def _on_grid(atom: Atom, x: FloatArray, grid: FloatArray) -> FloatArray:
    """Evaluates the shape of an atom at inputs `(n,)` on points `(g, k)`, shape `(n, g)`."""
    with np.errstate(all="ignore"):
        if atom.fitting.on_grid is not None:
            return atom.fitting.on_grid(x[:, None], grid.T)
        return shape(atom, x[:, None], tuple(grid.T))
