"""Numbers of given ranks, and the spread that follows from them, without sorting all.

Numbers are looked at in blocks: outputs of a function at inputs in ascending order, most of which can be passed over.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.spread import between
from find_gym.core.kernels.compiling import exact_borrowing_helper, exact_helper
from find_gym.core.kernels.sums import pairwise_sum

BLOCK = 64
_PART = 8
# Numbers that stand for all, and how many ranks among them that of one of all may be off.
_SAMPLE = 128
# The golden section, whose multiples leave out no part of the numbers in [0, 1).
_TURN = 0.6180339887498949
_SLACK = 1
# So few numbers are sorted soonest one by one.
_FEW = 12
# All bits but the sign.
_SIZE = np.int64(0x7FFFFFFFFFFFFFFF)

_between: Any = exact_helper(between)


@exact_borrowing_helper
def count_blocks(values: Any) -> int:
    """Returns how many blocks some numbers are."""
    return -(-values.size // BLOCK)


@exact_borrowing_helper
def find_extremes(values: Any, lows: Any, highs: Any) -> None:
    """Finds the least and the greatest number of each block.

    Args:
        values: the numbers, shape `(n,)`.
        lows: where to write the least ones, shape `(ceil(n / BLOCK),)`; one of the two of a block is not finite where
            any of its numbers is not.
        highs: where to write the greatest ones.
    """
    # As integers, which are compared several at a time: bits have the order of numbers but for those below 0.
    bits, low_bits, high_bits = values.view(np.int64), lows.view(np.int64), highs.view(np.int64)
    for number in range(lows.size):
        block = bits[number * BLOCK : (number + 1) * BLOCK]
        low, high = _SIZE, -_SIZE
        for i in range(block.size):
            value = block[i] ^ (block[i] >> 63 & _SIZE)
            low, high = min(low, value), max(high, value)
        low_bits[number] = low ^ (low >> 63 & _SIZE)
        high_bits[number] = high ^ (high >> 63 & _SIZE)


@exact_helper
def _sample(values: Any) -> Any:
    """Returns some of the numbers, one of each of some parts of equal length, in ascending order but for rounding."""
    sample = np.empty(min(_SAMPLE, values.size))
    ordered, bits = np.empty(sample.size), sample.view(np.int64)
    step = values.size / sample.size
    for i in range(sample.size):
        # Not evenly, lest waves look like others.
        turns = i * _TURN
        sample[i] = values[int((i + turns - math.floor(turns)) * step)]
    # Each counts those before it, as integers (see `find_extremes`) the last bits of which tell equal ones apart.
    keys = np.empty(sample.size, np.int64)
    for i in range(sample.size):
        keys[i] = ((bits[i] ^ (bits[i] >> 63 & _SIZE)) & -_SAMPLE) + i
    for i in range(sample.size):
        key, place = keys[i], 0
        for j in range(sample.size):
            place += keys[j] < key
        ordered[place] = sample[i]
    return ordered


@exact_borrowing_helper
def _count(values: Any, lows: Any, highs: Any, low: float, high: float) -> Any:
    """Returns how many numbers are below one, up to it, below another, and up to that."""
    lower = inside = below_low = up_to_low = below_high = up_to_high = 0
    for number in range(lows.size):
        if lows[number] > high:
            continue
        block = values[number * BLOCK : (number + 1) * BLOCK]
        if highs[number] < low:
            lower += block.size
        elif lows[number] > low and highs[number] < high:
            inside += block.size
        else:
            for i in range(block.size):
                below_low += block[i] < low
                up_to_low += block[i] <= low
                below_high += block[i] < high
                up_to_high += block[i] <= high
    inside += lower
    return lower + below_low, lower + up_to_low, inside + below_high, inside + up_to_high


@exact_borrowing_helper
def _copy_between(values: Any, lows: Any, highs: Any, low: float, high: float, room: Any) -> None:
    """Copies the numbers between two others."""
    count = np.uint64(0)
    for number in range(lows.size):
        if lows[number] < high and highs[number] > low:
            block = values[number * BLOCK : (number + 1) * BLOCK]
            for begin in range(0, block.size, _PART):
                part = block[begin : begin + _PART]
                within = 0
                for i in range(part.size):
                    within += (part[i] > low) & (part[i] < high)
                if within:
                    for i in range(part.size):
                        room[count] = part[i]
                        count += np.uint64((part[i] > low) & (part[i] < high))


@exact_borrowing_helper
def _divide(values: Any, begin: int, end: int) -> Any:
    """Moves those of some numbers that are less than one of them before it, others behind it; returns where it lies.

    Returns:
        Its place, and that behind those that are equal to it.
    """
    # Numbers that fall and then rise have a middle one at a quarter of the way.
    step = (end - begin) // 4
    one, other, last = values[begin + step], values[begin + 2 * step], values[end - 1 - step]
    pivot = max(min(one, other), min(max(one, other), last))
    # Without a branch that goes one way or the other by chance.
    first = begin
    for i in range(begin, end):
        value = values[i]
        values[i], values[first] = values[first], value
        first += value < pivot
    following = first
    for i in range(first, end):
        value = values[i]
        values[i], values[following] = values[following], value
        following += value == pivot
    return first, following


@exact_borrowing_helper
def _select(values: Any, rank: int) -> float:
    """Moves the number of a rank to its place among numbers, greater ones behind it, and returns it (quickselect)."""
    begin, end = 0, values.size
    while True:
        first, following = _divide(values, begin, end)
        if rank < first:
            end = first
        elif rank < following:
            return float(values[first])
        else:
            begin = following


@exact_helper
def sort_roughly(values: Any) -> None:
    """Moves numbers to about their places in ascending order (quicksort that stops early); see `finish_sorting`."""
    # Of each two parts the longer one waits, so that these are never many.
    waiting, count = np.empty((64, 2), np.int64), 1
    waiting[0, 0], waiting[0, 1] = 0, values.size
    while count > 0:
        count -= 1
        begin, end = waiting[count, 0], waiting[count, 1]
        while end - begin > _FEW:
            first, following = _divide(values, begin, end)
            if first - begin > end - following:
                waiting[count, 0], waiting[count, 1] = begin, first
                begin = following
            else:
                waiting[count, 0], waiting[count, 1] = following, end
                end = first
            count += 1


@exact_borrowing_helper
def finish_sorting(values: Any) -> None:
    """Sorts numbers that are at about their places (insertion sort)."""
    for i in range(1, values.size):
        value, place = values[i], i
        while place > 0 and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value


@exact_borrowing_helper
def _neighbours(values: Any, lows: Any, highs: Any, sample: Any, rank: int, room: Any) -> Any:
    """Returns the number of an ascending rank and the one that follows it, the same one where it is the last."""
    following = min(rank + 1, values.size - 1)
    count, slack = sample.size, _SLACK
    place = rank * count // values.size
    while True:
        low = sample[min(place - slack, count - 1)] if place >= slack else -math.inf
        high = sample[max(place + 1 + slack, 0)] if place + 1 + slack < count else math.inf
        below, first, last, above = _count(values, lows, highs, low, high)
        if below <= rank and following < above:
            break
        # Where outputs go up and down often, ranks among some of them say less about those among all.
        place += (rank - (first + last) // 2) * count // values.size
        slack *= 2
    near = room[: max(last - first, 0)]
    if near.size and first <= following and rank < last:
        _copy_between(values, lows, highs, low, high, room)
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
def deviation(values: Any) -> float:
    """Returns the standard deviation, rounded as NumPy rounds it."""
    mean = pairwise_sum(values) / values.size
    squares = np.empty(values.size)
    for i in range(values.size):
        squares[i] = (values[i] - mean) * (values[i] - mean)
    return math.sqrt(pairwise_sum(squares) / values.size)


@exact_helper
def find_levels(values: Any, lows: Any, highs: Any, room: Any, levels: Any) -> None:
    """Finds which finite numbers, at least one, are the least, around the quartiles and the median, and the greatest.

    Args:
        values: the numbers, shape `(n,)`.
        lows: the least number of each block; see `find_extremes`.
        highs: the greatest ones.
        room: as much room.
        levels: where to write the numbers of five ranks: for those between, the numbers before and after the place of
            the quantile, shape `(5, 2)`.
    """
    levels[0], levels[4] = lows[0], highs[0]
    for number in range(lows.size):
        levels[0], levels[4] = min(levels[0, 0], lows[number]), max(levels[4, 0], highs[number])
    sample = _sample(values)
    # In one loop, as what is called in two places is compiled twice.
    for quarter in range(1, 4):
        rank = int((values.size - 1) * (0.25 * quarter))
        levels[quarter, 0], levels[quarter, 1] = _neighbours(values, lows, highs, sample, rank, room)


@exact_borrowing_helper
def median_and_range(count: int, levels: Any) -> Any:
    """Returns the median of so many numbers, and their interquartile range, from their levels; see `find_levels`."""
    last, median, spread = count - 1, 0.0, 0.0
    for quarter in range(1, 4):
        place = last * (0.25 * quarter)
        low, high = levels[quarter, 0], levels[quarter, 1]
        if quarter == 2:
            median = (low + (high if last % 2 else low)) / 2
        else:
            quartile = _between(low, high, place - int(place))
            spread = quartile - spread if quarter == 3 else quartile
    return median, spread


@exact_helper
def spread_of(values: Any) -> float:
    """Returns the spread of numbers as `find_gym.categories.numeric.spread` defines it."""
    finite, count = np.empty(values.size), 0
    for i in range(values.size):
        if math.isfinite(values[i]):
            finite[count] = values[i]
            count += 1
    if count == 0:
        return 0.0
    finite = finite[:count]
    room, levels = finite.copy(), np.empty((5, 2))
    for quarter in range(1, 4):
        rank = int((count - 1) * (0.25 * quarter))
        levels[quarter] = _select(room, rank)
        # Greater ones lie behind it.
        for i in range(rank + 1, count):
            levels[quarter, 1] = room[i] if i == rank + 1 else min(levels[quarter, 1], room[i])
    _, spread = median_and_range(count, levels)
    return deviation(finite) if spread == 0.0 else float(spread)
