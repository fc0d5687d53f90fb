"""Exceptions in the evidence: where the outputs stop following the rule and jitter about a constant instead."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.kernels import exceptions
from find_gym.categories.numeric.variants import Region, RegionKind

# FIND's spread of the outputs inside a corrupted region.
REGION_STD = exceptions.STD
# Where exceptions of each kind lie: at the start, at the end, anywhere; see the kernels.
KINDS: tuple[RegionKind, ...] = ("below", "above", "inside")
# Widths of FIND's bounded exceptions are 5 to 25.
_TYPICAL_WIDTH = 15.0


@dataclass(frozen=True)
class Interval:
    """A run of the evidence, in order of its inputs.

    Attributes:
        kind: the kind of exception that it stands for.
        start: position of its first point.
        stop: one after the position of its last point.
    """

    kind: RegionKind
    start: int
    stop: int


def jittering_intervals(y: FloatArray, kind: RegionKind) -> list[Interval]:
    """Returns intervals whose outputs look like draws of a narrow normal distribution, the longest first.

    Args:
        y: outputs in order of their inputs, shape `(n,)`.
        kind: the kind of exception that they may be.
    """
    runs = np.empty(2 * exceptions.RUNS, dtype=np.int64)
    count = exceptions.jittering_runs(np.ascontiguousarray(y), KINDS.index(kind), runs)
    return [Interval(kind, start, stop) for start, stop in runs.reshape(-1, 2)[:count].tolist()]


def best_interval(
    y: FloatArray, outside: FloatArray, kind: RegionKind, *, usable: NDArray[np.bool_] | None = None
) -> tuple[Interval | None, float]:
    """Finds the interval that gains most likelihood as an exception.

    Args:
        y: outputs in order of their inputs, shape `(n,)`.
        outside: negative log-likelihood of each output under the rule, shape `(n,)`.
        kind: the kind of exception.
        usable: points that may lie in it; all by default.

    Returns:
        The interval, or None where there is none, and the log-likelihood that it gains.
    """
    best = np.empty(3)
    allowed = np.ones(y.size, dtype=np.bool_) if usable is None else usable
    exceptions.find_best_run(np.ascontiguousarray(y), outside, allowed, KINDS.index(kind), best)
    start, stop, gain = best.tolist()
    return (Interval(kind, int(start), int(stop)) if gain > 0 else None), gain


def region_of(interval: Interval, x: Sequence[float], mean: float, std: float = REGION_STD) -> Region:
    """Returns the exception that covers an interval, its bounds in the gaps beside it.

    Args:
        interval: positions in x.
        x: inputs in ascending order.
        mean: the mean of the outputs inside.
        std: their standard deviation.
    """
    lower, upper = -math.inf, math.inf
    if interval.kind != "below" and interval.start > 0:
        lower = _plain_between(x[interval.start - 1], x[interval.start])
    if interval.kind != "above" and interval.stop < len(x):
        upper = _plain_between(x[interval.stop - 1], x[interval.stop])
    if interval.kind == "inside" and lower == -math.inf:
        lower = min(x[interval.start] - 0.1, upper - _TYPICAL_WIDTH)
    if interval.kind == "inside" and upper == math.inf:
        upper = max(x[interval.stop - 1] + 0.1, lower + _TYPICAL_WIDTH)
    if not lower < upper:
        upper = lower + 0.1
    return Region(lower, upper, mean, std)


def covered(intervals: Sequence[Interval], count: int) -> NDArray[np.bool_]:
    """Returns which of `count` points lie in any of the intervals."""
    mask = np.zeros(count, dtype=np.bool_)
    for interval in intervals:
        mask[interval.start : interval.stop] = True
    return mask


def _plain_between(low: float, high: float) -> float:
    """Returns the plainest number strictly between two bounds: the one-decimal nearest to the middle, or the middle."""
    middle = (low + high) / 2
    rounded = round(middle, 1)
    return rounded if low < rounded < high else middle
