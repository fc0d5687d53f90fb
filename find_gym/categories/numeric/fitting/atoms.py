"""First estimates of one atom's constants: minimise |target - multiplier * atom(x)|², the nonlinear ones over a grid.

Nearly all atoms are linear in most of their constants. What is left, at most two constants, is searched over the values
that FIND draws (the `grid` of the table) by scanning them all at once. `refinement` then polishes the estimates.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from find_gym.categories.numeric.atoms import ATOMS, Constants, FloatArray
from find_gym.categories.numeric.fitting.columns import Columns
from find_gym.categories.numeric.fitting.linear import lowest, power_rows, solve_linear
from find_gym.categories.numeric.fitting.rationals import fit_rational
from find_gym.categories.numeric.fitting.waves import fit_sine

# How many polynomial degrees there are to choose from: FIND draws 2 to 5.
POLYNOMIAL_DEGREES = (2, 3, 4, 5)
# Starts handed on from a scan: neighbours on the grid often look alike until they are refined.
_STARTS = 4
# Shapes that are refined from afar, so that constants off the grid are found as well.
_SMOOTH = ("tanh", "erf", "sigmoid")
# Single precision misses sums of numbers whose sizes add up to 1 by far less.
_ROUGH = 1e-3
# The base of logarithms can't be told from the factor: the natural one is the plainest.
NATURAL_BASE = 10.0


def shape(name: str, x: FloatArray, parameters: Constants) -> FloatArray:
    """Evaluates an atom of the form "a shape + b" at a = 1 and b = 0, or one that has no linear constants as it is.

    The parameters may be columns `(g, 1)`; the result is then of shape `(g, n)`.
    """
    atom = ATOMS[name]
    if not atom.linear:
        return np.asarray(atom.evaluate(x, parameters), dtype=np.float64)
    constants: list[float] = [0.0] * len(atom.constants)
    constants[atom.linear[0]] = 1.0
    others = [position for position in range(len(constants)) if position not in atom.linear]
    for position, parameter in zip(others, parameters, strict=True):
        constants[position] = parameter
    return np.asarray(atom.evaluate(x, tuple(constants)), dtype=np.float64)


def columns(name: str, x: FloatArray, *, degree: int = 5, parameters: Constants = ()) -> FloatArray | None:
    """Returns the basis functions that an atom spans whatever its linear constants, `(k, n)`; None if there are none.

    The second slope of a leaky unit counts as linear; so does the value of a step at 0, which is left to `finish`.
    """
    one = np.ones_like(x)
    if name == "constant":
        return one[None]
    if name == "polynomial":
        return power_rows(x, degree)[::-1]
    if name == "relu":
        return np.array([np.maximum(x, 0), np.minimum(x, 0), one])
    if name == "step":
        return np.array([np.heaviside(x, 0.5), one])
    if name in ("linear", "absolute") or (parameters and ATOMS[name].linear):
        return np.array([shape(name, x, parameters), one])
    return None


def fit_atom(
    name: str, x: FloatArray, target: FloatArray, multiplier: FloatArray, *, degree: int = 5
) -> list[Constants]:
    """Estimates an atom's constants.

    Args:
        name: the atom.
        x: inputs, shape `(n,)`.
        target: what the atom times the multiplier should be, shape `(n,)`.
        multiplier: factors of the atom's values, shape `(n,)`.
        degree: the degree, for a polynomial.

    Returns:
        Estimates to refine, the best first; several where the misfit has several minima. Empty where none is possible.
    """
    if x.size == 0:
        return []
    return _ESTIMATORS.get(name, _fit_fixed)(name, x, target, multiplier, degree)


def _fit_fixed(name: str, x: FloatArray, target: FloatArray, multiplier: FloatArray, degree: int) -> list[Constants]:
    """Atoms without constants, and those whose only freedom is the grid (rectangle, square wave)."""
    if not ATOMS[name].grid:
        return [()]
    grid = grid_of(name)
    values = grid_values(name, x)
    if name == "square_wave":
        cost = _agreement_costs(values, multiplier * target)
    else:
        cost = (values * values) @ (multiplier * multiplier) - 2 * values @ (multiplier * target)
    return [tuple(grid[index].tolist()) for index in distinct_lowest(cost, values, _STARTS)]


def _agreement_costs(values: FloatArray, goal: FloatArray) -> FloatArray:
    """Returns `-2 values @ goal` for values of 1 and -1 in single precision; those far from the least only roughly."""
    size = float(np.abs(goal).sum()) or 1.0
    rough = -2.0 * (values @ (goal / size).astype(np.float32)).astype(np.float64)
    near = np.flatnonzero(rough <= rough.min(initial=0.0) + _ROUGH)
    rough[near] = -2.0 * (values[near].astype(np.float64) @ (goal / size))
    return rough * size


def _fit_linear(name: str, x: FloatArray, target: FloatArray, multiplier: FloatArray, degree: int) -> list[Constants]:
    basis = columns(name, x, degree=degree)
    assert basis is not None
    # A step's value at 0 is a constant of its own.
    keep = x != 0 if name == "step" else None
    if keep is None or keep.all() or not keep.any():
        coefficients, _ = solve_linear(basis * multiplier, target)
    else:
        coefficients, _ = solve_linear((basis * multiplier)[:, keep], target[keep])
    return [finish(name, tuple(coefficients.tolist()), x, target, multiplier)]


def finish(
    name: str, coefficients: tuple[float, ...], x: FloatArray, target: FloatArray, multiplier: FloatArray
) -> Constants:
    """Turns the coefficients of `columns` into the atom's constants."""
    if name == "relu":
        return _relu_constants(coefficients, x, target, multiplier)
    if name == "step":
        height, offset = coefficients
        at_zero = (x == 0) & (multiplier != 0)
        if height == 0 or not at_zero.any():
            return (height, offset, 0.5)
        return (height, offset, (float(np.mean(target[at_zero] / multiplier[at_zero])) - offset) / height)
    if name == "logarithm":
        return (*coefficients, NATURAL_BASE)
    return coefficients


def _relu_constants(
    coefficients: tuple[float, ...], x: FloatArray, target: FloatArray, multiplier: FloatArray
) -> Constants:
    """Returns factor, offset and leak; where the slopes ask for a leak outside [0, 1], the best at either end.

    The upper end is missed by a hair, because the derivative by the leak ends there.
    """
    right, left, offset = coefficients
    if right != 0 and 0 <= left / right <= 1:
        return (right, offset, min(left / right, 1 - 1e-9))
    fits = []
    for leak in (0.0, 1 - 1e-9):
        basis = np.array([np.maximum(x, leak * x), np.ones_like(x)]) * multiplier
        (factor, level), cost = solve_linear(basis, target)
        fits.append((cost, (float(factor), float(level), leak)))
    return min(fits)[1]


def _fit_root(name: str, x: FloatArray, target: FloatArray, multiplier: FloatArray, degree: int) -> list[Constants]:
    fits = []
    for parameter in (2, 1) if name == "root" else (NATURAL_BASE,):
        values = shape(name, x, (parameter,))
        keep = np.isfinite(values)
        # A root or logarithm that is undefined at most of the evidence is not what was seen.
        if 2 * keep.sum() < x.size or keep.sum() < 1:
            continue
        basis = np.array([values[keep], np.ones(int(keep.sum()))]) * multiplier[keep]
        (factor, offset), cost = solve_linear(basis, target[keep])
        fits.append((cost, (float(factor), float(offset), parameter)))
    return [constants for _, constants in sorted(fits, key=lambda fit: fit[0])]


def _fit_reciprocal(
    name: str, x: FloatArray, target: FloatArray, multiplier: FloatArray, degree: int
) -> list[Constants]:
    keep = x != 0
    inverse = multiplier[keep] / x[keep]
    power = float(inverse @ inverse)
    coefficient = float(inverse @ target[keep]) / power if power > 0 else 0.0
    return [(1 / coefficient,)] if coefficient != 0 and np.isfinite(1 / coefficient) else [(10.0,)]


def _fit_gaussian(name: str, x: FloatArray, target: FloatArray, multiplier: FloatArray, degree: int) -> list[Constants]:
    grid = _coarse_gaussian_grid(name)
    values = _on_grid(name, x, _coarse_gaussian_grid)
    cost = (values * values) @ (multiplier * multiplier) - 2 * values @ (multiplier * target)
    starts = [tuple(grid[index].tolist()) for index in lowest(cost, _STARTS)]
    # Without noise the logarithm of a density is a parabola, even far out in its tails.
    positive = (multiplier > 0) & (target > 1e-300)
    if positive.sum() >= 3:
        height = target[positive] / multiplier[positive]
        order = np.argsort(-height)[:12]
        basis = np.array([x[positive][order] ** 2, x[positive][order], np.ones(order.size)])
        (curvature, slope, _), _ = solve_linear(basis, np.log(height[order]))
        if curvature < 0:
            starts.insert(0, (float(-slope / (2 * curvature)), float(np.sqrt(-1 / (2 * curvature)))))
    return [start for start in starts if start[1] > 0]


@lru_cache
def _coarse_gaussian_grid(name: str) -> FloatArray:
    # A step of the mean is twice the least standard deviation, one of the deviation about 1.5.
    means, stds = np.arange(-52.0, 52.1, 2.0), np.array([1.0, 1.5, 2.5, 4.0, 6.0, 9.0])
    return np.array([(mean, std) for mean in means for std in stds])


def _fit_wave(name: str, x: FloatArray, target: FloatArray, multiplier: FloatArray, degree: int) -> list[Constants]:
    """Amplitude and offset at each period and centre: those of the grid, and for smooth shapes a few far apart."""
    starts = []
    for points in (grid_of, _coarse_wave_grid) if name in _SMOOTH else (grid_of,):
        grid = points(name)
        cost, amplitude, offset = _scan_affine(_on_grid(name, x, points), target, multiplier)
        for index in lowest(cost, _STARTS // 2 if name in _SMOOTH else _STARTS):
            starts.append((float(amplitude[index]), *grid[index].tolist(), float(offset[index])))
    return starts


def _rough_erf(u: FloatArray) -> FloatArray:
    """Approximates the error function to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26), much faster than one by one."""
    t = 1 / (1 + 0.3275911 * np.abs(u))
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return np.sign(u) * (1 - series * np.exp(-u * u))


def _scan_affine(
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
def _coarse_wave_grid(name: str) -> FloatArray:
    # Widths in geometric steps of 1.4; centres closer than the width of most of them.
    periods = (0.1, 0.2, 0.4, 0.6, 0.8, 1.1, 1.5, 2.1, 2.9, 4.0, 5.0, 6.3)
    return np.array([(period, centre) for period in periods for centre in np.arange(0.1, 6.4, 0.2)])


def _fit_sine(name: str, x: FloatArray, target: FloatArray, multiplier: FloatArray, degree: int) -> list[Constants]:
    return fit_sine(name, x, target, multiplier, _STARTS)


def _fit_rational(name: str, x: FloatArray, target: FloatArray, multiplier: FloatArray, degree: int) -> list[Constants]:
    return fit_rational(x, target, multiplier)


@lru_cache
def grid_of(name: str) -> FloatArray:
    """Returns all combinations of an atom's grid, `(g, k)`; shifts of a wave only within one period."""
    first, *rest = ATOMS[name].grid
    if not rest:
        return np.array(first, dtype=np.float64)[:, None]
    pairs = [(one, other) for one in first for other in rest[0]]
    if name == "square_wave":
        pairs = [(period, shift) for period, shift in pairs if -period / 2 <= shift < period / 2]
    return np.array(pairs, dtype=np.float64)


def grid_values(name: str, x: FloatArray) -> FloatArray:
    """Evaluates an atom without linear constants on all of its grid, `(g, n)`; the last few inputs are remembered."""
    return _grid_values(name, x.tobytes())


@lru_cache(maxsize=4)
def _grid_values(name: str, data: bytes) -> FloatArray:
    return _on_grid(name, np.frombuffer(data, dtype=np.float64), grid_of)


@lru_cache(maxsize=64)
def _columns_on(name: str, points: Callable[[str], FloatArray]) -> Columns:
    grid = points(name).T
    return Columns(lambda x: _grid_columns(name, x[:, None], grid))


def _on_grid(name: str, x: FloatArray, points: Callable[[str], FloatArray]) -> FloatArray:
    """Evaluates the shape of an atom on all of a grid, `(g, n)`."""
    return _columns_on(name, points).at(x) if x.size else np.zeros((0, 0))


def _grid_columns(name: str, x: FloatArray, grid: FloatArray) -> FloatArray:
    """Evaluates the shape of an atom for inputs `(n, 1)` and all points of a grid, `(k, g)`; returns `(n, g)`."""
    if name == "square_wave":
        # The same tolerance at the bounds as in the table of atoms.
        turns = (x - grid[1]) * (1 / grid[0]) + 5e-10
        turns -= np.floor(turns)
        # Single precision halves the time of scans, and holds these values exactly.
        return np.where(turns < 0.5, np.float32(1.0), np.float32(-1.0))
    if name == "erf":
        return _rough_erf(2 * np.pi / grid[0] * (x - grid[1]))
    return shape(name, x, tuple(grid))


def distinct_lowest(cost: FloatArray, values: FloatArray, count: int) -> list[int]:
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


_Estimator = Callable[[str, FloatArray, FloatArray, FloatArray, int], list[Constants]]
_ESTIMATORS: dict[str, _Estimator] = {
    **dict.fromkeys(("linear", "polynomial", "absolute", "step", "relu", "constant"), _fit_linear),
    **dict.fromkeys(("root", "logarithm"), _fit_root),
    **dict.fromkeys(("sin", "cos"), _fit_sine),
    **dict.fromkeys(("tanh", "erf", "sigmoid", "tan"), _fit_wave),
    "reciprocal": _fit_reciprocal,
    "gaussian": _fit_gaussian,
    "rational": _fit_rational,
}
