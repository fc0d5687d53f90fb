"""The held-out inputs on which numeric descriptions are judged.

They are drawn from a generator seeded by the function's own identity: the same function is always judged on the same
inputs, and no two functions on inputs that have anything in common. They are never on a grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import local

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.function import QUERY_RANGE, NumericBlackBox
from find_gym.categories.numeric.spread import RELATIVE_TOLERANCE, spread_of_ordered

FloatArray = NDArray[np.float64]

POINTS_PER_STRATUM = 96
DENSE_RANGE = (-12.0, 12.0)
BEYOND_RANGE = (128.0, 256.0)
# Floating-point noise around a truth of exactly 0.
ABSOLUTE_TOLERANCE = 1e-9

_CELLS = 8192
_LEAST_SPREAD = 1e-270
_BINS = 24
_WIDTH = (QUERY_RANGE[1] - QUERY_RANGE[0]) / _CELLS
_SIGNS = np.where(np.arange(POINTS_PER_STRATUM) % 2 == 0, 1.0, -1.0)


class _Room(local):
    """Large arrays that each thread uses again and again: memory from the system takes longer to get than to fill."""

    def __init__(self) -> None:
        self.cells = np.linspace(*QUERY_RANGE, _CELLS + 1)[:-1]
        self.pool = np.empty(_CELLS)
        self.ordered = np.empty(_CELLS)
        self.places = np.empty(_CELLS, dtype=np.int64)


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
        rng = np.random.default_rng(np.frombuffer(function.identity(), dtype=np.uint32))
        pool = rng.random(out=_room.pool)
        pool *= _WIDTH
        pool += _room.cells
        values = function.truth(pool)
        ordered = _in_order(values)
        # What is undefined comes last.
        if not (np.isfinite(ordered[0]) and np.isfinite(ordered[-1])):
            defined = np.isfinite(values)
            pool, values = pool[defined], values[defined]
            ordered = _in_order(values)
        spread = spread_of_ordered(ordered, values)
        strata = {
            "uniform": rng.uniform(*QUERY_RANGE, POINTS_PER_STRATUM),
            "dense": rng.uniform(*DENSE_RANGE, POINTS_PER_STRATUM),
            "balanced": _balanced(pool, values, ordered, spread, rng),
        }
        edges = _exception_pieces(function)
        if edges.size:
            strata["exception"] = _uniform_on(edges, rng)
        beyond = _SIGNS * rng.uniform(*BEYOND_RANGE, POINTS_PER_STRATUM)
        return NumericInputs(strata, beyond, spread)


def tolerance_of(truth: FloatArray, spread: float) -> FloatArray:
    """Returns the greatest error that counts as right: 5 % of the value or of the spread, whichever is more."""
    return np.maximum(RELATIVE_TOLERANCE * np.maximum(np.abs(truth), spread), ABSOLUTE_TOLERANCE)


def _in_order(values: FloatArray) -> FloatArray:
    """Returns values in ascending order, in room that is used again."""
    ordered = _room.ordered[: values.size]
    ordered[:] = values
    ordered.sort()
    return ordered


def _balanced(
    pool: FloatArray, values: FloatArray, ordered: FloatArray, spread: float, rng: np.random.Generator
) -> FloatArray:
    """Draws inputs whose outputs cover the range of outputs evenly.

    Outputs are binned after asinh of their distance from the median in units of the spread, so that both a narrow bump
    and the flanks of a pole get their share. From each bin that is not empty come as many inputs as from the others.
    """
    from find_gym.categories.numeric.kernels.binning import cut, sort_into_bins

    if values.size == 0:
        return rng.uniform(*QUERY_RANGE, POINTS_PER_STRATUM)
    bounds, ends = np.empty(_BINS - 1), np.empty(_BINS + 1, dtype=np.int64)
    bins, sizes = np.empty((2, POINTS_PER_STRATUM), dtype=np.int64)
    # Where most of a bell curve is next to nothing, the rest is no multiple of the spread that a float can hold.
    cut(ordered, max(spread, _LEAST_SPREAD) if spread else 1.0, bounds, ends, bins, sizes)
    places = _room.places[: values.size]
    sort_into_bins(values, bounds, ends, places)
    chosen = places[ends[bins] + rng.integers(0, sizes)]
    # Within half a cell of the chosen point, so that a bump of few cells does not repeat the same inputs.
    return np.clip(pool[chosen] + _WIDTH * (rng.random(POINTS_PER_STRATUM) - 0.5), *QUERY_RANGE)


def _exception_pieces(function: NumericBlackBox) -> FloatArray:
    """Returns the parts of the exceptions within the query range as disjoint intervals, shape `(k, 2)`."""
    return merge_intervals([(region.lower, region.upper) for region in function.regions])


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
    return np.array(merged, dtype=np.float64).reshape(-1, 2)


def _uniform_on(pieces: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draws inputs uniformly from a union of disjoint intervals."""
    widths = pieces[:, 1] - pieces[:, 0]
    index = rng.choice(widths.size, size=POINTS_PER_STRATUM, p=widths / widths.sum())
    return pieces[index, 0] + widths[index] * rng.random(POINTS_PER_STRATUM)


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
