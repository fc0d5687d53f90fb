"""The held-out inputs on which numeric descriptions are judged.

They are drawn from a generator seeded by the function's own identity: the same function is always judged on the same
inputs, and no two functions on inputs that have anything in common. They are never on a grid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from struct import Struct
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.function import QUERY_RANGE, NumericBlackBox
from find_gym.categories.numeric.loops import NO_NUMBERS, loops_of
from find_gym.categories.numeric.spread import ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE
from find_gym.core.arrays import loop_array

if TYPE_CHECKING:
    from find_gym.core.kernels.jobs import Job

FloatArray = NDArray[np.float64]

POINTS_PER_STRATUM = 96
_STRATA = ("uniform", "dense", "balanced", "exception")
DENSE_RANGE = (-12.0, 12.0)
BEYOND_RANGE = (128.0, 256.0)

# An identity as the words that seed the generator.
_SEEDS = Struct("<4q")
NO_INTERVALS = np.empty((0, 2))
# The spread and the count before they are there.
_NO_SUMMARY = np.full(2, np.nan)


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
    begun = BegunInputs(function, function.identity(), exception, more)
    points, spread, _ = begun.finish()
    return begun.names, points, spread


class BegunInputs:
    """The held-out inputs of a function, which another thread may draw meanwhile; see `draw_inputs`.

    Args:
        function: the function.
        identity: its identity.
        exception: see `exception_of`.
        more: inputs that are not drawn.

    Attributes:
        names: the names of the strata.
    """

    __slots__ = ("_given", "_job", "_points", "_summary", "names")

    def __init__(
        self, function: NumericBlackBox, identity: bytes, exception: FloatArray, more: FloatArray = NO_NUMBERS
    ) -> None:
        drawing, board, address = _drawing()
        rule, regions = loops_of(function)
        # Until they are there.
        self._given: tuple[Any, ...] | None = (function, identity, exception, more)
        self.names = _STRATA if len(exception) else _STRATA[:-1]
        count = (len(self.names) + 1) * POINTS_PER_STRATUM + more.size
        self._points: FloatArray = np.empty((2, count))
        self._summary: FloatArray = _NO_SUMMARY.copy()
        settings = *_SEEDS.unpack(identity), rule, regions, exception, more, self._points, self._summary
        self._job: Job = board.begin(drawing.begin_draw, address, False, *settings)
        if rule.size == 0:
            # A function of the user's own may make scorers itself, whose inputs are drawn in the same memory.
            drawn = board.memory.copy()
            outputs, _, pool, _ = drawing.parts_of(drawn)
            outputs[:] = loop_array(function.truth(pool), len(pool))
            board.memory[:] = drawn
            board.begin(drawing.begin_draw, address, True, *settings)
            if math.isnan(self._summary[0]):
                # There was no memory for the inputs.
                return
            truth = self._points[1]
            truth[:] = loop_array(function.truth(self._points[0]), count)
            own = len(self.names) * POINTS_PER_STRATUM
            self._summary[1] = drawing.counting.most_within(truth[:own], self._summary[0])

    def finish(self) -> tuple[FloatArray, float, float]:
        """Returns what was drawn, once it is there.

        Returns:
            The inputs and their outputs, shape `(2, n)`; the spread; and the accuracy of the best constant ("always
            undefined" included).

        Raises:
            MemoryError: there was not enough of it, a second time, too; the next call tries again.
        """
        self._job.finish()
        # Read first: another thread may be about to forget it, once the inputs are there.
        given = self._given
        spread, most = self._summary.tolist()
        if math.isnan(most) and given is not None:
            again = BegunInputs(*given)
            again._job.finish()
            self._points, self._summary = again._points, again._summary
            spread, most = self._summary.tolist()
        if math.isnan(most):
            raise MemoryError("expected memory for held-out inputs, actual: there is none left")
        self._given = None
        # All strata have the same size, so the mean over them is the mean over all inputs: exact in integers.
        return self._points, spread, most / (len(self.names) * POINTS_PER_STRATUM)

    def __getstate__(self) -> object:
        """Waits for the inputs: what is copied is not what a job writes to."""
        self.finish()
        return super().__getstate__()


@cache
def _drawing() -> tuple[Any, Any, int]:
    """Returns the loops that draw inputs, the board for jobs and the address of theirs.

    Numba is imported, and compiles, with the first score.
    """
    from find_gym.categories.numeric.kernels import drawing
    from find_gym.core.kernels.compiling import address_of_job
    from find_gym.core.kernels.jobs import BOARD

    return drawing, BOARD, address_of_job(drawing.draw_job, exact=True)


def tolerance_of(truth: FloatArray, spread: float) -> FloatArray:
    """Returns the greatest error that counts as right: 5 % of the value or of the spread, whichever is more."""
    return np.maximum(RELATIVE_TOLERANCE * np.maximum(np.abs(truth), spread), ABSOLUTE_TOLERANCE)


def exception_of(function: NumericBlackBox) -> FloatArray:
    """Returns where a function departs from its rule, as disjoint intervals, sorted, shape `(k, 2)`."""
    regions = function.regions
    return merge_intervals([(region.lower, region.upper) for region in regions]) if regions else NO_INTERVALS


def merge_intervals(intervals: list[tuple[float, float]]) -> FloatArray:
    """Clips intervals to the query range and merges those that overlap; returns shape `(k, 2)`, sorted."""
    merged: list[list[float]] = []
    for lower, upper in sorted(intervals):
        lower, upper = max(lower, QUERY_RANGE[0]), min(upper, QUERY_RANGE[1])
        if not lower < upper:
            continue
        if merged and lower <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], upper)
        else:
            merged.append([lower, upper])
    return np.array(merged, dtype=np.float64) if merged else NO_INTERVALS


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
    intersection = float(np.maximum(overlap, 0.0).sum())
    lengths = [float((intervals[:, 1] - intervals[:, 0]).sum()) for intervals in (first, second)]
    return intersection / (lengths[0] + lengths[1] - intersection)
