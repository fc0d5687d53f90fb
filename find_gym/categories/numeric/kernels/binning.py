"""Bins of equal width after asinh, and numbers picked from them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_helper, exact_kernel

_BLOCK = 64


@exact_helper
def _scaled(value: float, median: float, unit: float, low: float, width: float) -> float:
    return (math.asinh((value - median) / unit) - low) / width


@exact_helper
def cut(ordered: Any, unit: float, bounds: Any, ends: Any, turns: Any, sizes: Any) -> None:
    """Cuts numbers into b bins of equal width after asinh of their distance from the median.

    Args:
        ordered: the numbers, finite, in ascending order, shape `(n,)`, n > 0.
        unit: of the distance.
        bounds: where to write the least number of each bin but the first, infinity for those that begin where the
            numbers end; shape `(b - 1,)`.
        ends: where to write between which of the numbers the bins lie, shape `(b + 1,)`.
        turns: where to write the bins that are not empty, in turn, shape `(m,)`.
        sizes: where to write how many numbers are in each of these, shape `(m,)`.
    """
    count, bins = ordered.size, ends.size - 1
    median = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    low = math.asinh((ordered[0] - median) / unit)
    high = math.asinh((ordered[count - 1] - median) / unit)
    width = high - low if high > low else 1.0
    ends[0], ends[bins] = 0, count
    for number in range(1, bins):
        place = int(np.searchsorted(ordered, median + unit * math.sinh(low + width / bins * number)))
        # Some values are at a bound but for rounding.
        while place > 0 and _scaled(ordered[place - 1], median, unit, low, width) * bins >= number:
            place -= 1
        while place < count and _scaled(ordered[place], median, unit, low, width) * bins < number:
            place += 1
        ends[number] = place
        bounds[number - 1] = ordered[place] if place < count else math.inf
    filled = 0
    for number in range(bins):
        if ends[number] < ends[number + 1] and filled < turns.size:
            turns[filled] = number
            sizes[filled] = ends[number + 1] - ends[number]
            filled += 1
    for turn in range(filled, turns.size):
        turns[turn], sizes[turn] = turns[turn - filled], sizes[turn - filled]


@exact_helper
def _find_bins(values: Any, bounds: Any, bins: Any) -> None:
    """Writes how many of the ascending bounds each number reaches, by halves: no branch can be mispredicted.

    Args:
        values: numbers, shape `(n,)`.
        bounds: one less than a power of 2.
        bins: where to write, shape `(n,)`.
    """
    bins[:] = 0
    step = (bounds.size + 1) // 2
    while step > 0:
        for i in range(values.size):
            bins[i] += step * (values[i] >= bounds[np.uint64(bins[i] + step - 1)])
        step //= 2


@exact_helper
def sort_into_bins(values: Any, bounds: Any, ends: Any, places: Any) -> None:
    """Sorts positions by the bins of their numbers.

    Args:
        values: the numbers, finite, shape `(n,)`.
        bounds: the least number of each bin but the first, ascending, shape `(b - 1,)`.
        ends: between which of `places` the bins lie, shape `(b + 1,)`.
        places: where to write the positions of the numbers, bin after bin, in each in their order, shape `(n,)`.
    """
    following, bins = ends.copy(), np.empty(_BLOCK, np.int64)
    size = 1
    while size < bounds.size:
        size = 2 * size + 1
    padded = np.full(size, math.inf)
    for edge in range(bounds.size):
        padded[edge] = bounds[edge]
    # Neighbours are mostly in the same bin, so that whole blocks are compared at once.
    last, low, high = 0, -math.inf, padded[0]
    for first in range(0, values.size, _BLOCK):
        block = values[first : first + _BLOCK]
        within = 0
        for i in range(block.size):
            within += (block[i] >= low) & (block[i] < high)
        if within == block.size:
            room = places[following[last] : following[last] + block.size]
            for i in range(room.size):
                room[i] = first + i
            following[last] += block.size
            continue
        _find_bins(block, padded, bins[: block.size])
        for i in range(block.size):
            own = np.uint64(bins[i])
            place = following[own]
            places[np.uint64(place)] = first + i
            following[own] = place + 1
        last = bins[block.size - 1]
        low = padded[last - 1] if last > 0 else -math.inf
        high = padded[last] if last < bounds.size else math.inf


@exact_kernel("boolean(float64[::1], float64[::1])")
def copy_in_order(values: Any, ordered: Any) -> bool:
    """Writes numbers in ascending order if they ascend or descend already, which takes a fraction of sorting them.

    Args:
        values: the numbers, shape `(n,)`.
        ordered: where to write them, shape `(n,)`.

    Returns:
        Whether they do, not where any is not a number; if not, they are written as they are.
    """
    last = values.size - 1
    descending = values[0] > values[last]
    for i in range(last):
        if not (values[i] >= values[i + 1] if descending else values[i] <= values[i + 1]):
            for place in range(values.size):
                ordered[place] = values[place]
            return False
    for i in range(values.size):
        ordered[i] = values[last - i] if descending else values[i]
    return True
