"""Smooth atoms that are not periodic: roots, logarithms, reciprocals, bell curves."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from find_gym.categories.numeric.atom import Atom, Constants, Fitting, FloatArray, Parameter
from find_gym.categories.numeric.atoms.bends import FACTOR, OFFSET
from find_gym.categories.numeric.estimation.linear import solve_linear
from find_gym.categories.numeric.estimation.scans import best_of_grid, shape
from find_gym.categories.numeric.notation import plus, shifted, write_number, write_terms

# The base of logarithms can't be told from the factor: this one is the plainest.
_PLAIN_BASE = 10.0
# A misfit of this share of the power is rounding error.
_EXACT = 1e-20


def nan_for_zero(constant: Any) -> FloatArray:
    """Returns a constant, or a column of them, with NaN for 0: such a divisor makes no function."""
    return np.where(constant == 0, np.nan, constant)


# --- Roots and logarithms ---------------------------------------------------------------------------------------------


def _root_power(x: FloatArray, degree: Any) -> FloatArray:
    return np.where(degree == 1, x, np.sqrt(np.where(x < 0, np.nan, x)))


def _log(x: FloatArray) -> FloatArray:
    return np.log(np.where(x > 0, x, np.nan))


def _log_base(base: Any) -> Any:
    """Returns the logarithm of a base, or of a column of them; NaN for those that make no logarithm."""
    if isinstance(base, np.ndarray):
        return np.log(np.where((base > 0) & (base != 1), base, np.nan))
    # The source takes the logarithm by the same function.
    return math.log(base) if base > 0 and base != 1 else math.nan


def _logarithm_gradient(x: FloatArray, constants: Constants) -> FloatArray:
    factor, _, base = constants
    logarithm, log_base = _log(x), _log_base(base)
    return np.array([logarithm / log_base, np.ones_like(x), -factor * logarithm / (base * log_base**2)])


def _estimate_on_part(*parameters: float) -> Callable[..., list[Constants]]:
    """Makes an estimator that solves for factor and offset where the atom is defined, with each of some parameters."""

    def estimate(atom: Atom, x: FloatArray, target: FloatArray, multiplier: FloatArray, degree: int) -> list[Constants]:
        fits = []
        for parameter in parameters:
            values = shape(atom, x, (parameter,))
            keep = np.isfinite(values)
            # A root or logarithm that is undefined at most of the evidence is not what was seen.
            if 2 * keep.sum() < x.size or keep.sum() < 1:
                continue
            basis = np.array([values[keep], np.ones(int(keep.sum()))]) * multiplier[keep]
            (factor, offset), cost = solve_linear(basis, target[keep])
            fits.append((cost, (float(factor), float(offset), parameter)))
        # Of those that are exact, the first.
        exact = _EXACT * float(target @ target)
        return [constants for _, constants in sorted(fits, key=lambda fit: max(fit[0], exact))]

    return estimate


def _plain_logarithm(constants: Constants, exact: bool) -> Constants:
    """Chooses the base of a logarithm, which only scales the factor, such that the factor has one decimal."""
    if not exact:
        return constants
    factor, offset, base = constants
    bases = np.array([_PLAIN_BASE, *logarithm.grid[0]])
    factors = factor / math.log(base) * np.log(bases)
    distance = np.abs(factors * 10 - np.round(factors * 10))
    near = np.flatnonzero(distance < 1e-6)
    chosen = near[0] if near.size else 0
    return (float(factors[chosen]), offset, float(bases[chosen]))


root = Atom(
    name="root",
    parameters=(FACTOR, OFFSET, Parameter("degree", 1, 2, decimals=0, discrete=True)),
    evaluate=lambda x, c: c[0] * _root_power(x, c[2]) + c[1],
    gradient=lambda x, c: np.array([_root_power(x, c[2]), np.ones_like(x), np.zeros_like(x)]),
    formula=lambda c: write_terms([(c[0], "x" if c[2] == 1 else " sqrt(x)"), (c[1], "")]),
    english="a scaled and shifted root",
    expression=lambda c: f"{c[0]!r} * {'x' if c[2] == 1 else 'math.sqrt(x)'} {plus(c[1])}",
    domain=lambda c: (0.0, 100.0),
    guard=lambda c: None if c[2] == 1 else ("x >= 0", "x >= 0"),
    released=True,
    simpler=lambda c: ("linear", c[:2]) if c[2] == 1 else None,
    fitting=Fitting(
        estimate=_estimate_on_part(2, 1), solved=True, span=lambda x: np.array([_root_power(x, 2), np.ones_like(x)])
    ),
)

logarithm = Atom(
    name="logarithm",
    parameters=(FACTOR, OFFSET, Parameter("base", 1.1, 10)),
    evaluate=lambda x, c: c[0] * (_log(x) / _log_base(c[2])) + c[1],
    gradient=_logarithm_gradient,
    formula=lambda c: write_terms([(c[0], f" log_{write_number(c[2])}(x)"), (c[1], "")]),
    english="a scaled and shifted logarithm",
    expression=lambda c: f"{c[0]!r} * (math.log(x) / math.log({c[2]!r})) {plus(c[1])}",
    domain=lambda c: (1.0, 100.0),
    guard=lambda c: ("x > 0", "x > 0"),
    released=True,
    fitting=Fitting(
        estimate=_estimate_on_part(_PLAIN_BASE),
        solved=True,
        span=lambda x: np.array([_log(x), np.ones_like(x)]),
        canonical=_plain_logarithm,
    ),
)

# --- Reciprocals and bell curves --------------------------------------------------------------------------------------


def _estimate_reciprocal(
    atom: Atom, x: FloatArray, target: FloatArray, multiplier: FloatArray, degree: int
) -> list[Constants]:
    keep = x != 0
    inverse = multiplier[keep] / x[keep]
    power = float(inverse @ inverse)
    coefficient = float(inverse @ target[keep]) / power if power > 0 else 0.0
    return [(1 / coefficient,)] if coefficient != 0 and np.isfinite(1 / coefficient) else [(10.0,)]


def _gaussian(x: FloatArray, constants: Constants) -> FloatArray:
    mean, std = constants
    z = (x - mean) / std
    return np.exp(-z * z / 2) / (std * math.sqrt(2 * math.pi))


def _gaussian_gradient(x: FloatArray, constants: Constants) -> FloatArray:
    mean, std = constants
    z = (x - mean) / std
    value = _gaussian(x, constants)
    return np.array([value * z / std, value * (z * z - 1) / std])


@lru_cache
def _coarse_gaussian_grid(atom: Atom) -> FloatArray:
    # A step of the mean is twice the least standard deviation, one of the deviation about 1.5.
    means, stds = np.arange(-52.0, 52.1, 2.0), np.array([1.0, 1.5, 2.5, 4.0, 6.0, 9.0])
    return np.array([(mean, std) for mean in means for std in stds])


def _estimate_gaussian(
    atom: Atom, x: FloatArray, target: FloatArray, multiplier: FloatArray, degree: int
) -> list[Constants]:
    starts = best_of_grid(atom, x, target, multiplier, _coarse_gaussian_grid)
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


reciprocal = Atom(
    name="reciprocal",
    parameters=(Parameter("factor", -10, 10, nonzero=True, actions=(-30.0, 30.0)),),
    evaluate=lambda x, c: np.where(x == 0, np.nan, 1 / (nan_for_zero(c[0]) * np.where(x == 0, 1.0, x))),
    gradient=lambda x, c: np.array([-1 / (nan_for_zero(c[0]) ** 2 * np.where(x == 0, np.nan, x))]),
    formula=lambda c: f"1 / ({write_terms([(c[0], 'x')])})",
    english="a reciprocal",
    expression=lambda c: f"1 / ({c[0]!r} * x)",
    guard=lambda c: ("x != 0", "x is not 0"),
    released=True,
    fitting=Fitting(estimate=_estimate_reciprocal, solved=True, span=lambda x: 1 / np.where(x == 0, np.nan, x)[None]),
)

gaussian = Atom(
    name="gaussian",
    parameters=(Parameter("mean", -50, 50), Parameter("std", 1, 10)),
    evaluate=_gaussian,
    gradient=_gaussian_gradient,
    formula=lambda c: f"the normal density with mean {write_number(c[0])} and standard deviation {write_number(c[1])}",
    english="a bell curve",
    expression=lambda c: f"math.exp(-(({shifted(c[0])} / {c[1]!r}) ** 2) / 2) / ({c[1]!r} * math.sqrt(2 * math.pi))",
    released=True,
    fitting=Fitting(estimate=_estimate_gaussian, canonical=lambda constants, exact: (constants[0], abs(constants[1]))),
)

ATOMS = (root, logarithm, reciprocal, gaussian)
