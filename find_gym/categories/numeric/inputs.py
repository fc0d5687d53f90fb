"""The held-out inputs on which numeric descriptions are judged.

They are drawn from a generator seeded by the function's own identity: the same function is always judged on the same
inputs, and no two functions on inputs that have anything in common. They are never on a grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from threading import local
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.function import QUERY_RANGE, NumericBlackBox
from find_gym.categories.numeric.loops import NO_NUMBERS, loops_of
from find_gym.categories.numeric.spread import ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE
from find_gym.core.arrays import loop_array

FloatArray = NDArray[np.float64]

POINTS_PER_STRATUM = 96
_STRATA = ("uniform", "dense", "balanced", "exception")
DENSE_RANGE = (-12.0, 12.0)
BEYOND_RANGE = (128.0, 256.0)

_CELLS = 8192
_BINS = 24
_WIDTH = (QUERY_RANGE[1] - QUERY_RANGE[0]) / _CELLS
_RANGES = np.array([QUERY_RANGE, DENSE_RANGE, BEYOND_RANGE])
# Words of 64 bits for the draws that follow those of the pool: six and a half for each place in a stratum, and a few
# more, as once in half a million times a bounded integer takes another one.
_WORDS = 8 * POINTS_PER_STRATUM
NO_INTERVALS = np.empty((0, 2))


class _Room(local):
    """A large array that each thread uses again and again: memory from the system takes longer to get than to fill.

    Attributes:
        all: what `find_gym.categories.numeric.kernels.drawing.draw` needs.
        pool: in it, the pool from which inputs are chosen.
        outputs: their outputs.
        identity: the bytes that seed the generator.
    """

    def __init__(self) -> None:
        size, line = 3 * _CELLS + _WORDS + 4, 8
        everything = np.empty(size + line, dtype=np.uint64)
        # From the beginning of a line of the caches, so that no eight numbers side by side lie in two.
        first = -(everything.ctypes.data // 8) % line
        self.all = everything[first : first + size]
        self.pool = self.all[:_CELLS].view(np.float64)
        self.outputs = self.all[_CELLS + _WORDS : 2 * _CELLS + _WORDS].view(np.float64)
        self.identity = self.all[-4:].data.cast("B")


_room = _Room()


@dataclass(frozen=True)
class NumericInputs:
    """Inputs, truth and tolerances, all float64.

    Attributes:
        strata: the inputs of each stratum ("uniform", "dense", "balanced", and "exception" where there is one), each of
            shape `(96,)`.
        beyond: inputs with 128 < |x| < 256, shape `(96,)`.
        spread: interquartile range of the truth on the query range, its standard deviation where that is 0.
    """

    strata: dict[str, FloatArray]
    beyond: FloatArray
    spread: float

    @staticmethod
    def of(function: NumericBlackBox) -> NumericInputs:
        """Draws the inputs for a function; the same ones at each call."""
        names, points, spread = draw_inputs(function, exception_of(function))
        x = points[0].reshape(-1, POINTS_PER_STRATUM)
        return NumericInputs(dict(zip(names, x, strict=False)), x[-1], spread)


def draw_inputs(
    function: NumericBlackBox, exception: FloatArray, more: FloatArray = NO_NUMBERS
) -> tuple[tuple[str, ...], FloatArray, float]:
    """Draws the held-out inputs of a function.

    Those of the stratum "balanced" have outputs that cover the range of outputs evenly: these are binned after asinh of
    their distance from the median in units of the spread, so that both a narrow bump and the flanks of a pole get their
    share, and from each bin that is not empty come as many inputs as from the others.

    Args:
        function: the function.
        exception: see `exception_of`.
        more: inputs that are not drawn, to stand behind them, shape `(m,)`.

    Returns:
        The names of the strata; the inputs of each, then those beyond the range and those that are not drawn, in a
        second row their outputs, shape `(2, (strata + 1) * 96 + m)`; and the spread. See `NumericInputs`.
    """
    draw, room = _drawing().draw, _room.all
    _room.identity[:] = function.identity()
    names = _STRATA if len(exception) else _STRATA[:-1]
    points = np.empty((2, (len(names) + 1) * POINTS_PER_STRATUM + more.size))
    rule, regions = loops_of(function)
    settings = (rule, regions, exception, _RANGES, _WIDTH, _BINS, POINTS_PER_STRATUM, more, points)
    spread = draw(False, room, _CELLS, *settings)
    if rule.size == 0:
        _room.outputs[:] = loop_array(function.truth(_room.pool), _CELLS)
        spread = draw(True, room, _CELLS, *settings)
        points[1] = loop_array(function.truth(points[0]), len(points[0]))
    return names, points, spread


@cache
def _drawing() -> ModuleType:
    """Returns the loops that draw inputs: Numba is imported, and compiles, with the first score."""
    from find_gym.categories.numeric.kernels import drawing

    return drawing


def tolerance_of(truth: FloatArray, spread: float) -> FloatArray:
    """Returns the greatest error that counts as right: 5 % of the value or of the spread, whichever is more."""
    return np.maximum(RELATIVE_TOLERANCE * np.maximum(np.abs(truth), spread), ABSOLUTE_TOLERANCE)


def exception_of(function: NumericBlackBox) -> FloatArray:
    """Returns where a function departs from its rule, as disjoint intervals, sorted, shape `(k, 2)`."""
    regions = function.regions
    return merge_intervals([(region.lower, region.upper) for region in regions]) if regions else NO_INTERVALS


def merge_intervals(intervals: list[tuple[float, float]]) -> FloatArray:
    """Clips intervals to the query range and merges those that overlap; returns shape `(k, 2)`, sorted."""
    if not intervals:
        return NO_INTERVALS
    merged: list[list[float]] = []
    for lower, upper in sorted(intervals):
        lower, upper = max(lower, QUERY_RANGE[0]), min(upper, QUERY_RANGE[1])
        if not lower < upper:
            continue
        if merged and lower <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], upper)
        else:
            merged.append([lower, upper])
    return np.array(merged, dtype=np.float64).reshape(-1, 2)


def intersection_over_union(first: FloatArray, second: FloatArray) -> float:
    """Returns the length of the intersection over that of the union of two unions of disjoint, sorted intervals.

    Args:
        first: intervals, shape `(k, 2)`, as `merge_intervals` returns them.
        second: the others, shape `(m, 2)`.

    Returns:
        A number in [0, 1]; 1 where both are empty.
    """
    if first.size == 0 or second.size == 0:
        return float(first.size == second.size)
    overlap = np.minimum(first[:, None, 1], second[None, :, 1]) - np.maximum(first[:, None, 0], second[None, :, 0])
    intersection = float(np.clip(overlap, 0.0, None).sum())
    union = float(np.diff(first, axis=1).sum() + np.diff(second, axis=1).sum()) - intersection
    return intersection / union
