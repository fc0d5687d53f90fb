"""Bins of equal width after asinh, and numbers picked from them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.ordering import BLOCK
from find_gym.core.kernels.compiling import exact_borrowing_helper, exact_helper

# How far from a bound, in parts of what it is computed from, numbers may be misplaced by rounding: a wide guess.
_UNCLEAR = 1e-12


@exact_borrowing_helper
def _count_one(block: Any, lower: Any, upper: Any, bound: int, after: Any, unclear: Any) -> Any:
    """Counts how many numbers surely reach a bound, and how many may; see `_count_reaching`."""
    low, high = lower[bound], upper[bound]
    surely = maybe = 0
    for i in range(block.size):
        surely += block[i] >= high
        maybe += block[i] >= low
    unclear[bound] |= surely != maybe
    after[bound] += maybe
    return surely, maybe


@exact_borrowing_helper
def _count_reaching(values: Any, lows: Any, highs: Any, lower: Any, upper: Any, reached: Any, unclear: Any) -> bool:
    """Counts how many of the first numbers reach each of some bounds.

    Args:
        values: the numbers, finite, shape `(n,)`.
        lows: the least number of each block; see `ordering.find_extremes`.
        highs: the greatest ones.
        lower: a little less than each bound, ascending, shape `(b + 1,)`; the first is minus infinity.
        upper: a little more, the last is infinity.
        reached: where to write the counts before each block of numbers and after the last, shape `(blocks + 1, b + 1)`.
        unclear: where to write for which bounds there are numbers between less and more, shape `(b + 1,)`.

    Returns:
        Whether there are any.
    """
    last, is_unclear = lower.size - 1, False
    unclear[:] = False
    reached[0, :] = 0
    first = 0
    for number in range(lows.size):
        block = values[number * BLOCK : (number + 1) * BLOCK]
        before, after = reached[number], reached[number + 1]
        # Neighbours are mostly in the same bin, so that few bounds are between numbers of a block.
        while first > 0 and lows[number] < upper[first]:
            first -= 1
        while first + 1 < last and lows[number] >= upper[first + 1]:
            first += 1
        for bound in range(after.size):
            after[bound] = before[bound] + block.size * (bound <= first)
        top = first
        while top + 1 < last and highs[number] >= lower[top + 1]:
            top += 1
        if top > first:
            # Where as many surely reach the topmost bound as may reach another one, none lies between the two.
            least, maybe = _count_one(block, lower, upper, top, after, unclear)
            is_unclear |= least != maybe
            bound = first + 1
            while bound < top:
                surely, maybe = _count_one(block, lower, upper, bound, after, unclear)
                is_unclear |= surely != maybe
                bound += 1
                while maybe == least and bound < top:
                    after[bound] += maybe
                    bound += 1
    return is_unclear


@exact_borrowing_helper
def _scaled(value: float, median: float, unit: float, low: float, width: float) -> float:
    return (math.asinh((value - median) / unit) - low) / width


@exact_borrowing_helper
def _least(values: Any, bound: float, beyond: bool) -> float:
    """Returns the least of the numbers that reach a bound, or that are beyond it; infinity where there are none."""
    least = math.inf
    for i in range(values.size):
        if values[i] < least and (values[i] > bound or values[i] == bound and not beyond):
            least = values[i]
    return least


@exact_borrowing_helper
def _greatest_below(values: Any, bound: float) -> float:
    """Returns the greatest of the numbers below a bound; minus infinity where there are none."""
    greatest = -math.inf
    for i in range(values.size):
        if greatest < values[i] < bound:
            greatest = values[i]
    return greatest


@exact_helper
def cut(
    values: Any,
    error: float,
    lows: Any,
    highs: Any,
    low: float,
    high: float,
    median: float,
    unit: float,
    bounds: Any,
    reached: Any,
) -> bool:
    """Cuts numbers into b bins of equal width after asinh of their distance from the median.

    Args:
        values: the numbers, finite, shape `(n,)`, n > 0.
        error: how far they are from those that are to be cut, at most; 0 for none.
        lows: the least number of each block; see `ordering.find_extremes`.
        highs: the greatest ones.
        low: the least number of all that are to be cut.
        high: the greatest one.
        median: the one in the middle.
        unit: of the distance.
        bounds: where to write between which numbers each bin lies, shape `(b + 1,)`: its lower bound, which belongs to
            it, and its upper one.
        reached: where to write how many of the first numbers reach each bound; see `pick`.

    Returns:
        Whether the errors leave no doubt in which bin each number is.
    """
    bins = bounds.size - 1
    low, high = math.asinh((low - median) / unit), math.asinh((high - median) / unit)
    width = high - low if high > low else 1.0
    bounds[0], bounds[bins] = -math.inf, math.inf
    lower, upper, unclear = bounds.copy(), bounds.copy(), np.empty(bins + 1, np.bool_)
    size = _UNCLEAR * (1.0 + abs(low) + abs(high))
    for number in range(1, bins):
        distance = unit * math.sinh(low + width / bins * number)
        bounds[number] = median + distance
        margin = size * (abs(median) + abs(distance) + unit) + error
        lower[number], upper[number] = bounds[number] - margin, bounds[number] + margin
        if not margin < math.inf:
            lower[number], upper[number] = -math.inf, math.inf
    while _count_reaching(values, lows, highs, lower, upper, reached, unclear):
        if error > 0.0:
            return False
        # Some values are at a bound but for rounding.
        for number in range(1, bins):
            if not unclear[number]:
                continue
            bound = _least(values, bounds[number], False)
            below = _greatest_below(values, bound)
            while below > -math.inf and _scaled(below, median, unit, low, width) * bins >= number:
                bound, below = below, _greatest_below(values, below)
            while bound < math.inf and _scaled(bound, median, unit, low, width) * bins < number:
                bound = _least(values, bound, True)
            bounds[number] = bound
        lower, upper = bounds, bounds
    return True


@exact_borrowing_helper
def pick(values: Any, bounds: Any, reached: Any, numbers: Any, ranks: Any, places: Any) -> None:
    """Finds numbers by their bins and their ranks there.

    Args:
        values: the numbers, shape `(n,)`.
        bounds: between which of them the bins lie; see `cut`.
        reached: how many numbers reach each bound: none, then of the first block of numbers, of the first two, and so
            on, shape `(blocks + 1, b + 1)`.
        numbers: of which bin each is, shape `(m,)`.
        ranks: how many numbers of its bin come before it, less than there are in it, shape `(m,)`.
        places: where to write their positions, shape `(m,)`.
    """
    # First the blocks in which they are, halving what is left for one after the other, so that none waits for another.
    places[:] = 0
    size = reached.shape[0] - 1
    while size > 1:
        half = size // 2
        for i in range(places.size):
            number, middle = numbers[i], places[i] + half
            places[i] += half * (reached[middle, number] - reached[middle, number + 1] <= ranks[i])
        size -= half
    for i in range(places.size):
        number, block = numbers[i], places[i]
        left = ranks[i] - (reached[block, number] - reached[block, number + 1])
        place = block * BLOCK
        if reached[block + 1, number] - reached[block + 1, number + 1] == ranks[i] - left + BLOCK:
            # The whole block is in the bin.
            places[i] = place + left
            continue
        low, high = bounds[number], bounds[number + 1]
        left -= (values[place] >= low) & (values[place] < high)
        while left >= 0:
            place += 1
            left -= (values[place] >= low) & (values[place] < high)
        places[i] = place
