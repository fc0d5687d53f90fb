"""Numbers of given ranks, and the spread that follows from them, without sorting all."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.spread import between
from find_gym.core.kernels.compiling import exact_helper
from find_gym.core.kernels.sums import pairwise_sum

_BLOCK = 64
# Numbers that stand for all, and how many ranks among them that of one of all may be off.
_SAMPLE = 128
_SLACK = 2

_between: Any = exact_helper(between)


@exact_helper
def extremes(values: Any) -> Any:
    """Returns the least and the greatest of some numbers, none of them NaN, at least one."""
    # As many side by side as in a block: NumPy's way, which asks for NaN, takes longer.
    lows, highs = np.empty(_BLOCK), np.empty(_BLOCK)
    for i in range(_BLOCK):
        lows[i] = highs[i] = values[0]
    for begin in range(0, values.size, _BLOCK):
        block = values[begin : begin + _BLOCK]
        for i in range(block.size):
            value, low, high = block[i], lows[i], highs[i]
            lows[i] = value if value < low else low
            highs[i] = value if value > high else high
    low, high = lows[0], highs[0]
    for i in range(_BLOCK):
        low, high = min(low, lows[i]), max(high, highs[i])
    return low, high


@exact_helper
def _sample(values: Any) -> Any:
    """Returns some of the numbers, evenly spaced, in ascending order."""
    sample = np.empty(min(_SAMPLE, values.size))
    for i in range(sample.size):
        sample[i] = values[(2 * i + 1) * values.size // (2 * sample.size)]
    sample.sort()
    return sample


@exact_helper
def _count(values: Any, low: float, high: float) -> Any:
    """Returns how many numbers are below one, up to it, below another, and up to that."""
    below_low = up_to_low = below_high = up_to_high = 0
    for i in range(values.size):
        below_low += values[i] < low
        up_to_low += values[i] <= low
        below_high += values[i] < high
        up_to_high += values[i] <= high
    return below_low, up_to_low, below_high, up_to_high


@exact_helper
def _copy_between(values: Any, low: float, high: float, room: Any) -> None:
    """Copies the numbers between two others."""
    count = np.uint64(0)
    for begin in range(0, values.size, _BLOCK // 2):
        block = values[begin : begin + _BLOCK // 2]
        within = 0
        for i in range(block.size):
            within += (block[i] > low) & (block[i] < high)
        if within:
            for i in range(block.size):
                room[count] = block[i]
                count += np.uint64((block[i] > low) & (block[i] < high))


@exact_helper
def _select(values: Any, rank: int) -> float:
    """Moves the number of a rank to its place among numbers, greater ones behind it, and returns it (quickselect)."""
    begin, end = 0, values.size
    while True:
        # Numbers that fall and then rise have a middle one at a quarter of the way.
        step = (end - begin) // 4
        one, other, last = values[begin + step], values[begin + 2 * step], values[end - 1 - step]
        pivot = max(min(one, other), min(max(one, other), last))
        # Without a branch that goes one way or the other by chance.
        place = begin
        for i in range(begin, end):
            value = values[i]
            values[i], values[place] = values[place], value
            place += value < pivot
        if rank < place:
            end = place
            continue
        begin = place
        for i in range(begin, end):
            value = values[i]
            values[i], values[begin] = values[begin], value
            begin += value == pivot
        if rank < begin:
            return pivot


@exact_helper
def _neighbours(values: Any, sample: Any, rank: int, room: Any) -> Any:
    """Returns the number of an ascending rank and the one that follows it, the same one where it is the last."""
    following = min(rank + 1, values.size - 1)
    count, slack = sample.size, _SLACK
    place = rank * count // values.size
    while True:
        low = sample[min(place - slack, count - 1)] if place >= slack else -math.inf
        high = sample[max(place + 1 + slack, 0)] if place + 1 + slack < count else math.inf
        below, first, last, above = _count(values, low, high)
        if below <= rank and following < above:
            break
        # Where outputs go up and down often, ranks among some of them say less about those among all.
        place += (rank - (first + last) // 2) * count // values.size
        slack *= 2
    near = room[: max(last - first, 0)]
    if near.size and first <= following and rank < last:
        _copy_between(values, low, high, room)
    number = low if rank < first else high if rank >= last else _select(near, rank - first)
    if following == rank:
        return number, number
    if following < first or following >= last:
        return number, low if following < first else high
    next_one = near[following - first]
    for i in range(following - first, near.size):
        next_one = min(next_one, near[i])
    return number, next_one


@exact_helper
def _deviation(values: Any) -> float:
    """Returns the standard deviation, rounded as NumPy rounds it."""
    mean = pairwise_sum(values) / values.size
    squares = np.empty(values.size)
    for i in range(values.size):
        squares[i] = (values[i] - mean) * (values[i] - mean)
    return math.sqrt(pairwise_sum(squares) / values.size)


@exact_helper
def median_and_spread(values: Any, room: Any) -> Any:
    """Returns the median of finite numbers, at least one, and their spread; see `find_gym.categories.numeric.spread`.

    Args:
        values: the numbers, shape `(n,)`.
        room: as much room.
    """
    sample, last = _sample(values), values.size - 1
    low, high = _neighbours(values, sample, last // 2, room)
    median = (low + (high if last % 2 else low)) / 2
    quartiles = np.empty(2)
    for i in range(2):
        place = last * (0.25 + 0.5 * i)
        rank = int(place)
        low, high = _neighbours(values, sample, rank, room)
        quartiles[i] = _between(low, high, place - rank)
    spread = quartiles[1] - quartiles[0]
    return median, spread if spread != 0.0 else _deviation(values)
