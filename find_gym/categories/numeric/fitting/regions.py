"""Exceptions in the evidence: where the outputs stop following the rule and jitter about a constant instead."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.fitting.snapping import plain_between
from find_gym.categories.numeric.variants import Region, RegionKind

# FIND's spread of the outputs inside a corrupted region.
REGION_STD = 0.1
# The range of some dozens of normal draws is five to seven standard deviations.
_RANGE = 7 * REGION_STD
# Runs of jittering outputs that are looked at for each kind of exception, the longest first.
_RUNS = 4
# An outlier costs no more than this, so that one does not stretch an exception over all that lies between.
_OUTLIER = 30.0
# Widths of FIND's bounded exceptions are 5 to 25.
_TYPICAL_WIDTH = 15.0


@dataclass(frozen=True)
class Stretch:
    """A run of the evidence, in order of its inputs.

    Attributes:
        kind: the kind of exception that it stands for.
        start: position of its first point.
        stop: one after the position of its last point.
    """

    kind: RegionKind
    start: int
    stop: int


def jittering_stretches(y: FloatArray, kind: RegionKind) -> list[Stretch]:
    """Returns stretches whose outputs look like draws of a narrow normal distribution, the longest first.

    Args:
        y: outputs in order of their inputs, shape `(n,)`.
        kind: the kind of exception that they may be.
    """
    count = y.size
    stretches: list[Stretch] = []
    if kind == "below":
        lengths = _lengths(_narrow(y), count)
        stretches = [Stretch(kind, 0, length) for length in lengths]
    elif kind == "above":
        lengths = _lengths(_narrow(y[::-1]), count)
        stretches = [Stretch(kind, count - length, count) for length in lengths]
    else:
        stop_before = 0
        for start in range(count):
            stop = start + _narrow(y[start:])
            if stop > stop_before and stop - start >= 2 and stop - start < count:
                stretches.append(Stretch(kind, start, stop))
            stop_before = max(stop, stop_before)
        # Exact repetition is a plateau of the rule, no draws.
        stretches = [s for s in stretches if np.ptp(y[s.start : s.stop]) > 0]
        stretches.sort(key=lambda stretch: stretch.start - stretch.stop)
    return stretches[:_RUNS]


def _lengths(length: int, count: int) -> list[int]:
    """Returns lengths to try: all that is narrow, or parts of it where the rule itself is narrow as well."""
    return [length] if 0 < length < count else [part for part in (count // 4, count // 2, 3 * count // 4) if part > 0]


def _narrow(y: FloatArray) -> int:
    """Returns how many values from the first on stay within the range of a corrupted region."""
    ranges = np.maximum.accumulate(y) - np.minimum.accumulate(y)
    wide = np.flatnonzero(~(ranges <= _RANGE))
    return int(wide[0]) if wide.size else y.size


def best_stretch(
    y: FloatArray, outside: FloatArray, kind: RegionKind, *, usable: NDArray[np.bool_] | None = None
) -> tuple[Stretch | None, float]:
    """Finds the stretch that gains most likelihood as an exception.

    Args:
        y: outputs in order of their inputs, shape `(n,)`.
        outside: negative log-likelihood of each output under the rule, shape `(n,)`.
        kind: the kind of exception.
        usable: points that may lie in it; all by default.

    Returns:
        The stretch, or None where there is none, and the log-likelihood that it gains.
    """
    count = y.size
    gain = np.minimum(outside, _OUTLIER) - math.log(REGION_STD * math.sqrt(2 * math.pi))
    if usable is not None:
        gain = np.where(usable, gain, -1e6)
    centred, jumps = _local(y)
    sums = [np.concatenate([[0.0], np.cumsum(values)]) for values in (gain, centred, centred * centred)]
    starts = np.array([0]) if kind == "below" else np.arange(count)
    stops = np.array([count]) if kind == "above" else np.arange(1, count + 1)
    lengths = stops[None] - starts[:, None]
    inside = [total[stops][None] - total[starts][:, None] for total in sums]
    scatter = np.maximum(inside[2] - inside[1] ** 2 / np.maximum(lengths, 1), 0.0)
    value = inside[0] - scatter / (2 * REGION_STD**2)
    level = jumps[np.minimum(starts, count - 1)][:, None] == jumps[stops - 1][None]
    value = np.where((lengths >= 1) & (lengths < count) & level, value, -np.inf)
    if value.size == 0:
        return None, 0.0
    row, column = np.unravel_index(int(np.argmax(value)), value.shape)
    if not value[row, column] > 0:
        return None, 0.0
    return Stretch(kind, int(starts[row]), int(stops[column])), float(value[row, column])


def _local(y: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
    """Returns outputs less the first since the last jump, and how many jumps came before each.

    An exception has no jumps; and the scatter inside it would be lost in rounding errors beside large outputs.
    """
    jumps = np.concatenate([[0], np.cumsum(~(np.abs(np.diff(y)) <= _RANGE))]).astype(np.intp)[: y.size]
    firsts = np.flatnonzero(np.concatenate([[True], np.diff(jumps) > 0]))[: y.size]
    return (y - y[firsts][jumps] if y.size else y), jumps


def region_of(stretch: Stretch, x: FloatArray, mean: float, std: float = REGION_STD) -> Region:
    """Returns the exception that covers a stretch, its bounds in the gaps beside it.

    Args:
        stretch: positions in x.
        x: inputs in ascending order, shape `(n,)`.
        mean: the mean of the outputs inside.
        std: their standard deviation.
    """
    lower, upper = -math.inf, math.inf
    if stretch.kind != "below" and stretch.start > 0:
        lower = plain_between(x[stretch.start - 1], x[stretch.start])
    if stretch.kind != "above" and stretch.stop < x.size:
        upper = plain_between(x[stretch.stop - 1], x[stretch.stop])
    if stretch.kind == "inside" and lower == -math.inf:
        lower = min(float(x[stretch.start]) - 0.1, upper - _TYPICAL_WIDTH)
    if stretch.kind == "inside" and upper == math.inf:
        upper = max(float(x[stretch.stop - 1]) + 0.1, lower + _TYPICAL_WIDTH)
    if not lower < upper:
        upper = lower + 0.1
    return Region(float(lower), float(upper), mean, std)


def covered(stretches: Sequence[Stretch], count: int) -> NDArray[np.bool_]:
    """Returns which of `count` points lie in any of the stretches."""
    mask = np.zeros(count, dtype=np.bool_)
    for stretch in stretches:
        mask[stretch.start : stretch.stop] = True
    return mask
