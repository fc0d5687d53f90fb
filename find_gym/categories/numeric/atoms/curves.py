"""Smooth atoms that are not periodic: roots, logarithms, reciprocals, bell curves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.atom import Atom, Constants, Fitting, FloatArray, Parameter
from find_gym.categories.numeric.atoms.bends import FACTOR, OFFSET
from find_gym.categories.numeric.notation import plus, shifted, write_number, write_terms


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
    fitting=Fitting(solved=True, span=lambda x: np.array([_root_power(x, 2), np.ones_like(x)])),
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
    fitting=Fitting(solved=True, span=lambda x: np.array([_log(x), np.ones_like(x)])),
)

# --- Reciprocals and bell curves --------------------------------------------------------------------------------------


def _gaussian(x: FloatArray, constants: Constants) -> FloatArray:
    mean, std = constants
    z = (x - mean) / std
    return np.exp(-z * z / 2) / (std * math.sqrt(2 * math.pi))


def _gaussian_gradient(x: FloatArray, constants: Constants) -> FloatArray:
    mean, std = constants
    z = (x - mean) / std
    value = _gaussian(x, constants)
    return np.array([value * z / std, value * (z * z - 1) / std])


def _gaussian_grid() -> FloatArray:
    # A step of the mean is twice the least standard deviation, one of the deviation about 1.5.
    means, stds = np.arange(-52.0, 52.1, 2.0), np.array([1.0, 1.5, 2.5, 4.0, 6.0, 9.0])
    return np.array([(mean, std) for mean in means for std in stds])


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
    fitting=Fitting(solved=True, span=lambda x: 1 / np.where(x == 0, np.nan, x)[None]),
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
    fitting=Fitting(grid=_gaussian_grid),
)

ATOMS = (root, logarithm, reciprocal, gaussian)
