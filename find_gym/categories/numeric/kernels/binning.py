"""Bins of equal width after asinh, and numbers picked from them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_helper, exact_kernel

_BLOCK = 16


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
    chosen = 0
    for turn in range(turns.size):
        while ends[chosen] == ends[chosen + 1]:
            chosen = (chosen + 1) % bins
        turns[turn] = chosen
        sizes[turn] = ends[chosen + 1] - ends[chosen]
        chosen = (chosen + 1) % bins


@exact_helper
def sort_into_bins(values: Any, bounds: Any, ends: Any, places: Any) -> None:
    """Sorts positions by the bins of their numbers.

    Args:
        values: the numbers, finite, shape `(n,)`.
        bounds: the least number of each bin but the first, ascending, shape `(b - 1,)`.
        ends: between which of `places` the bins lie, shape `(b + 1,)`.
        places: where to write the positions of the numbers, bin after bin, in each in their order, shape `(n,)`.
    """
    following = ends.copy()
    # Neighbours are mostly in the same bin, so that whole blocks are compared at once.
    chosen, low, high = 0, -math.inf, bounds[0] if bounds.size else math.inf
    for first in range(0, values.size, _BLOCK):
        last = min(first + _BLOCK, values.size)
        same = True
        for i in range(first, last):
            same &= (values[i] >= low) & (values[i] < high)
        if same:
            place = following[chosen] - first
            for i in range(first, last):
                places[place + i] = i
            following[chosen] += last - first
            continue
        for i in range(first, last):
            while chosen < bounds.size and values[i] >= bounds[chosen]:
                chosen += 1
            while chosen > 0 and values[i] < bounds[chosen - 1]:
                chosen -= 1
            places[following[chosen]] = i
            following[chosen] += 1
        low = bounds[chosen - 1] if chosen > 0 else -math.inf
        high = bounds[chosen] if chosen < bounds.size else math.inf


@exact_kernel("boolean(float64[::1], float64[::1])")
def copy_in_order(values: Any, ordered: Any) -> bool:
    """Writes numbers in ascending order if they ascend or descend already, which takes a fraction of sorting them.

    Args:
        values: the numbers, shape `(n,)`.
        ordered: where to write them, shape `(n,)`.

    Returns:
        Whether they do; not where any is not a number.
    """
    last = values.size - 1
    descending = values[0] > values[last]
    for i in range(last):
        if not (values[i] >= values[i + 1] if descending else values[i] <= values[i + 1]):
            return False
    for i in range(values.size):
        ordered[i] = values[last - i] if descending else values[i]
    return True
