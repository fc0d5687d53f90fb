"""Atoms that are flat between their jumps, whose constants are found by a scan: rectangles and square waves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atom import Atom, Constants, Fitting, FloatArray, Parameter
from find_gym.categories.numeric.atoms.curves import nan_for_zero
from find_gym.categories.numeric.notation import shifted, write_number, write_terms

# Keeps rounding from deciding on the bounds, so that shifts a period apart are the same function, in the source too.
_BOUND = 1e-9


def _no_gradient(count: int) -> Callable[[FloatArray, Constants], FloatArray]:
    """The gradient of a function that is flat almost everywhere in its constants."""
    return lambda x, constants: np.zeros((count, *x.shape))


def _square_wave(x: FloatArray, constants: Constants) -> FloatArray:
    period, shift = constants
    turns = np.floor(2 * (x - shift) / nan_for_zero(period) + _BOUND)
    return np.where(turns == 2 * np.floor(turns / 2), 1.0, -1.0)


def _square_waves_on_grid(x: FloatArray, grid: FloatArray) -> NDArray[Any]:
    turns = (x - grid[1]) * (1 / grid[0]) + _BOUND / 2
    turns -= np.floor(turns)
    return np.where(turns < 0.5, 1.0, -1.0)


def _square_wave_grid() -> FloatArray:
    """Returns the periods and shifts that are drawn, shifts only within one period."""
    pairs = [(period, shift) for period in square_wave.grid[0] for shift in square_wave.grid[1]]
    return np.array([(period, shift) for period, shift in pairs if -period / 2 <= shift < period / 2])


rectangle = Atom(
    name="rectangle",
    parameters=(Parameter("width", 1, 10),),
    evaluate=lambda x, c: np.where(np.abs(x) <= c[0] / 2, 1.0, 0.0),
    gradient=_no_gradient(1),
    formula=lambda c: f"1 where |x| <= {write_number(c[0] / 2)} and 0 elsewhere",
    english="a rectangular pulse around 0",
    expression=lambda c: f"(1.0 if abs(x) <= {c[0] / 2!r} else 0.0)",
    released=True,
    in_compounds=True,
    fitting=Fitting(solved=True, scanned=True),
)

square_wave = Atom(
    name="square_wave",
    parameters=(Parameter("period", 1, 10, actions=(0.1, 10.0)), Parameter("shift", -5, 5)),
    evaluate=_square_wave,
    gradient=_no_gradient(2),
    formula=lambda c: f"the sign of sin(2pi/{write_number(c[0])} ({write_terms([(1.0, 'x'), (-c[1], '')])}))",
    english="a square wave between -1 and 1",
    expression=lambda c: f"(1.0 if math.floor(2 * {shifted(c[1])} / {c[0]!r} + 1e-9) % 2 == 0 else -1.0)",
    released=True,
    in_compounds=True,
    fitting=Fitting(grid=_square_wave_grid, on_grid=_square_waves_on_grid, solved=True, scanned=True),
)

ATOMS = (rectangle, square_wave)
