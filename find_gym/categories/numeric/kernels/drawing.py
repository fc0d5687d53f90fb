"""Held-out inputs drawn in compiled loops, bit for bit as NumPy's generator would draw them."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from find_gym.categories.numeric.function import QUERY_RANGE
from find_gym.categories.numeric.inputs import BEYOND_RANGE, DENSE_RANGE, POINTS_PER_STRATUM
from find_gym.categories.numeric.kernels import counting
from find_gym.categories.numeric.kernels.binning import cut, pick
from find_gym.categories.numeric.kernels.evaluating import approximate_wave, evaluate_rule
from find_gym.categories.numeric.kernels.ordering import (
    BLOCK,
    count_blocks,
    deviation,
    find_extremes,
    find_levels,
    median_and_range,
)
from find_gym.core.kernels import jobs
from find_gym.core.kernels.compiling import exact_borrowing_helper, exact_helper, exact_kernel
from find_gym.core.kernels.draws import fill, integer, seed, uniform
from find_gym.core.kernels.sums import pairwise_sum

CELLS = 8192
"""The inputs of the pool, each in a cell of its own, a multiple of `BLOCK`."""
SIZE = POINTS_PER_STRATUM
BINS = 24
"""How many intervals the outputs of the pool are cut into."""
RANGES = np.array([QUERY_RANGE, DENSE_RANGE, BEYOND_RANGE])
"""The ranges of the first two strata and of what lies beyond, shape `(3, 2)`."""
WIDTH = (QUERY_RANGE[1] - QUERY_RANGE[0]) / CELLS
# Words of 64 bits for the draws that follow those of the pool: six and a half for each place in a stratum, and a few
# more, as once in half a million times a bounded integer takes another one.
ROOM = 3 * CELLS + 8 * SIZE
"""The words of memory that a job uses."""
# The words of a job: whether the pool has been drawn, the seed in four words; then of each array where it lies, and
# what of its shape is not known otherwise.
_IS_EVALUATED, _SEED = 0, 1
_RULE, _RULE_SIZE, _REGIONS, _REGION_COUNT, _PIECES, _PIECE_COUNT, _MORE, _MORE_SIZE = range(5, 13)
_POINTS, _POINT_COUNT, _SUMMARY = range(13, 16)
_MANTISSA = np.uint64(11)
_LEAST_SPREAD = 1e-270


@exact_helper
def _draw_pool(entropy: Any, low: float, width: float, words: Any, cells: int) -> None:
    """Draws one input in each of some cells that lie side by side, and the bits of what is drawn later."""
    state = np.empty(4, np.uint64)
    seed(entropy, state)
    fill(state, words)
    # The inputs take the place of their bits. It is seen here that they do, and they come by way of other memory: both
    # are needed for several to be made at a time, in a third of the time.
    pool, block = words[:cells].view(np.float64), np.empty(BLOCK)
    for begin in range(0, pool.size, BLOCK):
        for i in range(BLOCK):
            block[i] = np.int64(words[begin + i] >> _MANTISSA) * 2.0**-53 * width + (low + (begin + i) * width)
        for i in range(BLOCK):
            pool[begin + i] = block[i]


@exact_borrowing_helper
def _draw_between(words: Any, cursor: Any, low: float, high: float, x: Any) -> None:
    for i in range(x.size):
        x[i] = low + (high - low) * uniform(words, cursor)


@exact_helper
def _draw_within(words: Any, cursor: Any, pieces: Any, x: Any) -> None:
    """Draws inputs from disjoint intervals, as `Generator.choice` with the shares of their lengths does."""
    widths, shares, chosen = np.empty(pieces.shape[0]), np.empty(pieces.shape[0]), np.empty(x.size, np.int64)
    for piece in range(widths.size):
        widths[piece] = pieces[piece, 1] - pieces[piece, 0]
    whole, share = pairwise_sum(widths), 0.0
    for piece in range(widths.size):
        share += widths[piece] / whole
        shares[piece] = share
    for piece in range(widths.size):
        shares[piece] /= share
    for i in range(x.size):
        share, piece = uniform(words, cursor), 0
        while shares[piece] <= share:
            piece += 1
        chosen[i] = piece
    for i in range(x.size):
        begin, end = pieces[chosen[i], 0], pieces[chosen[i], 1]
        x[i] = begin + (end - begin) * uniform(words, cursor)


@exact_helper
def _defined_only(pool: Any, values: Any, lows: Any, highs: Any) -> Any:
    """Returns the inputs whose outputs are finite, and these; see `find_extremes`."""
    inputs, outputs = np.empty(values.size), np.empty(values.size)
    count = 0
    for number in range(lows.size):
        begin = number * BLOCK
        block = values[begin : begin + BLOCK]
        if -math.inf < lows[number] and highs[number] < math.inf:
            for i in range(block.size):
                inputs[count + i], outputs[count + i] = pool[begin + i], block[i]
            count += block.size
            continue
        for i in range(block.size):
            inputs[count], outputs[count] = pool[begin + i], block[i]
            count += np.isfinite(block[i])
    return inputs[:count], outputs[:count]


@exact_borrowing_helper
def _find_near(
    pool: Any, values: Any, lows: Any, highs: Any, regions: Any, low: float, high: float, places: Any
) -> int:
    """Finds which outputs from one to another may be approximated: all that are in no exception.

    Args:
        pool: the inputs, shape `(n,)`.
        values: their outputs, shape `(n,)`.
        lows: the least output of each block; see `find_extremes`.
        highs: the greatest ones.
        regions: see `find_gym.categories.numeric.kernels.evaluating.evaluate`.
        low: the least output that counts.
        high: the greatest one.
        places: where to write their positions, shape `(m,)`.

    Returns:
        How many there are; -1 for more than `places` has room for, or where there are some in exceptions as well.
    """
    count = others = 0
    for number in range(lows.size):
        if lows[number] > high or highs[number] < low:
            continue
        begin, near = number * BLOCK, 0
        block = values[begin : begin + BLOCK]
        for i in range(block.size):
            near += (block[i] >= low) & (block[i] <= high)
        for i in range(block.size if near else 0):
            if low <= block[i] <= high:
                is_exact = False
                for region in range(regions.shape[0]):
                    is_exact |= regions[region, 0] < pool[begin + i] < regions[region, 1]
                if is_exact:
                    others += 1
                elif count < places.size:
                    places[count] = begin + i
                    count += 1
                else:
                    return -1
                if others and count:
                    return -1
    return count


@exact_helper
def _make_exact(
    error: float, rule: Any, regions: Any, pool: Any, values: Any, lows: Any, highs: Any, levels: Any
) -> bool:
    """Replaces levels of approximated outputs by those of exact ones, if it is certain which outputs these are.

    Where no others are within twice the error, the exact outputs have the same ranks as those that approximate them.

    Args:
        error: the greatest error of an output.
        rule: the rule.
        regions: its exceptions; see `find_gym.categories.numeric.kernels.evaluating.evaluate`.
        pool: the inputs, shape `(n,)`.
        values: their outputs, shape `(n,)`.
        lows: the least output of each block; see `find_extremes`.
        highs: the greatest ones.
        levels: see `find_levels`.

    Returns:
        Whether it is.
    """
    places, x, y = np.empty(2, np.int64), np.empty(levels.size), np.empty(levels.size)
    for number in range(levels.shape[0]):
        low, high = levels[number, 0] - 2 * error, levels[number, 1] + 2 * error
        count = _find_near(pool, values, lows, highs, regions, low, high, places)
        if count < 0:
            return False
        for i in range(2):
            # NaN stands for a level that is exact already.
            x[2 * number + i] = pool[places[min(i, count - 1)]] if count else math.nan
    evaluate_rule(rule, np.empty((1, 0)), x, regions, y)
    for number in range(levels.shape[0]):
        if not np.isnan(x[2 * number]):
            one, other = y[2 * number], y[2 * number + 1]
            levels[number, 0], levels[number, 1] = min(one, other), max(one, other)
    return True


@exact_helper
def _cut_pool(
    error: float,
    rule: Any,
    regions: Any,
    pool: Any,
    values: Any,
    lows: Any,
    highs: Any,
    spare: Any,
    bounds: Any,
    reached: Any,
) -> Any:
    """Cuts outputs into bins; see `binning.cut`. Returns whether it is certain into which, and the spread."""
    levels = np.empty((5, 2))
    find_levels(values, lows, highs, spare, levels)
    if error > 0.0 and not _make_exact(error, rule, regions, pool, values, lows, highs, levels):
        return False, 0.0
    median, spread = median_and_range(values.size, levels)
    if spread == 0.0:
        if error > 0.0:
            return False, 0.0
        spread = deviation(values)
    # Where most of a bell curve is next to nothing, the rest is no multiple of the spread that a float can hold.
    unit = max(spread, _LEAST_SPREAD) if spread != 0.0 else 1.0
    return cut(values, error, lows, highs, levels[0, 0], levels[4, 1], median, unit, bounds, reached), spread


@exact_helper
def _draw_balanced(
    words: Any, cursor: Any, pool: Any, values: Any, bounds: Any, reached: Any, width: float, x: Any
) -> None:
    """Draws inputs whose outputs cover the range of outputs evenly. See `inputs.draw_inputs`."""
    bins = bounds.size - 1
    numbers, ranks, places = np.empty(x.size, np.int64), np.empty(x.size, np.int64), np.empty(x.size, np.int64)
    number = -1
    for i in range(x.size):
        # The next bin that is not empty.
        size = 0
        while size == 0:
            number = number + 1 if number + 1 < bins else 0
            size = reached[-1, number] - reached[-1, number + 1]
        numbers[i], ranks[i] = number, integer(words, cursor, size)
    pick(values, bounds, reached, numbers, ranks, places)
    # Within half a cell of the chosen point, so that a bump of few cells does not repeat the same inputs.
    for i in range(x.size):
        x[i] = pool[places[i]] + width * (uniform(words, cursor) - 0.5)


@exact_helper
def _draw_strata(
    words: Any,
    pool: Any,
    values: Any,
    error: float,
    rule: Any,
    regions: Any,
    spare: Any,
    bins: int,
    width: float,
    ranges: Any,
    pieces: Any,
    size: int,
    x: Any,
) -> float:
    """Draws the inputs of all strata from the bits that follow those of the pool; returns the spread of the outputs.

    The outputs of the pool have an error up to a given one, infinity where they are still to be evaluated.
    """
    cursor = np.empty(2, np.int64)
    cursor[0], cursor[1] = pool.size, -1
    low, high = ranges[0, 0], ranges[0, 1]
    _draw_between(words, cursor, low, high, x[:size])
    _draw_between(words, cursor, ranges[1, 0], ranges[1, 1], x[size : 2 * size])
    balanced = x[2 * size : 3 * size]
    bounds, reached = np.empty(bins + 1), np.empty((count_blocks(values) + 1, bins + 1), np.int64)
    is_cut, spread = False, 0.0
    while not is_cut and values.size > 0:
        if error == math.inf:
            evaluate_rule(rule, np.empty((1, 0)), pool, regions, values)
            error = 0.0
        lows, highs = np.empty(count_blocks(values)), np.empty(count_blocks(values))
        find_extremes(values, lows, highs)
        defined = 0
        for number in range(lows.size):
            defined += -math.inf < lows[number] and highs[number] < math.inf
        if defined < lows.size:
            pool, values = _defined_only(pool, values, lows, highs)
            reached = reached[: count_blocks(values) + 1]
            continue
        is_cut, spread = _cut_pool(error, rule, regions, pool, values, lows, highs, spare, bounds, reached)
        error = 0.0 if is_cut else math.inf
    if values.size == 0:
        _draw_between(words, cursor, low, high, balanced)
    else:
        _draw_balanced(words, cursor, pool, values, bounds, reached, width, balanced)
        for i in range(balanced.size):
            balanced[i] = min(max(balanced[i], low), high)
    place = 3 * size
    if pieces.shape[0] > 0:
        _draw_within(words, cursor, pieces, x[place : place + size])
        place += size
    beyond = x[place : place + size]
    _draw_between(words, cursor, ranges[2, 0], ranges[2, 1], beyond)
    for i in range(1, beyond.size, 2):
        beyond[i] = -beyond[i]
    return spread


def parts_of(memory: Any) -> tuple[Any, Any, Any, Any]:
    """Returns the parts of a job's memory: the outputs of the pool, room for as many numbers, the pool, and bits.

    The bits are those that the pool is drawn from, which takes their place, and those of what is drawn later.

    Args:
        memory: uint64 of shape `(ROOM,)` or more.

    Returns:
        The first three as float64 of shape `(CELLS,)`, the last as uint64.
    """
    outputs, room, bits = memory[:CELLS], memory[CELLS : 2 * CELLS], memory[2 * CELLS :]
    return outputs.view(np.float64), room.view(np.float64), bits[:CELLS].view(np.float64), bits


_parts_of: Any = exact_helper(parts_of)


def draw_job(memory: int, given: Any) -> None:
    """Draws the inputs of all strata, chosen from a pool by their outputs, evaluates a rule there, and sums that up.

    See `begin_draw`, which writes the words that it is given.
    """
    words = numba.carray(given, (jobs.WORDS,))
    rule = numba.carray(jobs.pointer(words[_RULE]), (words[_RULE_SIZE],), np.float64)
    regions = numba.carray(jobs.pointer(words[_REGIONS]), (words[_REGION_COUNT], 3), np.float64)
    pieces = numba.carray(jobs.pointer(words[_PIECES]), (words[_PIECE_COUNT], 2), np.float64)
    more = numba.carray(jobs.pointer(words[_MORE]), (words[_MORE_SIZE],), np.float64)
    points = numba.carray(jobs.pointer(words[_POINTS]), (2, words[_POINT_COUNT]), np.float64)
    summary = numba.carray(jobs.pointer(words[_SUMMARY]), (2,), np.float64)
    values, spare, pool, bits = _parts_of(numba.carray(jobs.pointer(memory), (ROOM,), np.uint64))
    error = 0.0
    if not words[_IS_EVALUATED]:
        _draw_pool(words[_SEED : _SEED + 4].view(np.uint32), RANGES[0, 0], WIDTH, bits, CELLS)
        if rule.size == 0:
            return
        error = approximate_wave(rule, pool, regions, values)
    inputs, first = points[0], points.shape[1] - more.size
    for i in range(more.size):
        inputs[first + i] = more[i]
    spread = _draw_strata(bits, pool, values, error, rule, regions, spare, BINS, WIDTH, RANGES, pieces, SIZE, inputs)
    summary[0] = spread
    if rule.size:
        evaluate_rule(rule, np.empty((1, 0)), inputs, regions, points[1])
        summary[1] = counting.find_most_within(points[1, : first - SIZE], spread)


@exact_kernel(
    "int64(int64[:, ::1], int64, boolean, int64, int64, int64, int64, float64[::1], float64[:, ::1], float64[:, ::1],"
    " float64[::1], float64[:, ::1], float64[::1])"
)
def begin_draw(
    board: Any, address: int, is_evaluated: bool, first: int, second: int, third: int, fourth: int, rule: Any,
    regions: Any, pieces: Any, more: Any, points: Any, summary: Any,
) -> int:  # fmt: skip
    """Begins to draw the inputs of all strata. Of a function that loops do not know, it is done at once, by two calls.

    The first of these draws the pool, the second the strata; see `parts_of`.

    Args:
        board: see `find_gym.core.kernels.jobs.begin`.
        address: that of `draw_job`.
        is_evaluated: whether the pool has been drawn, and its outputs have been written.
        first: the first of the four words that seed the generator.
        second: the second one.
        third: the third one.
        fourth: the last one.
        rule: see `find_gym.categories.numeric.kernels.evaluating`; of size 0 for a function that loops do not know.
        regions: see `find_gym.categories.numeric.kernels.evaluating.evaluate`.
        pieces: the exceptions, disjoint, shape `(k, 2)`.
        more: inputs that are not drawn, shape `(n,)`.
        points: where to write the inputs: uniform, dense, balanced, in the exceptions if there are any, beyond, each of
            `SIZE`, m, and those that are not drawn; then the outputs of the rule, shape `(2, 4 m + n)` or
            `(2, 5 m + n)`.
        summary: where to write the spread of the outputs, see `find_gym.categories.numeric.spread`, and how many of
            those that are not beyond the best constant predicts, see `counting.most_within`, shape `(2,)`.

    Returns:
        The number of the job.
    """
    number = jobs.OWN if rule.size == 0 else jobs.number_for_job(board)
    words = jobs.words_of_job(board, number)
    words[_IS_EVALUATED] = is_evaluated
    words[_SEED], words[_SEED + 1], words[_SEED + 2], words[_SEED + 3] = first, second, third, fourth
    words[_RULE], words[_RULE_SIZE] = rule.ctypes.data, rule.size
    words[_REGIONS], words[_REGION_COUNT] = regions.ctypes.data, regions.shape[0]
    words[_PIECES], words[_PIECE_COUNT] = pieces.ctypes.data, pieces.shape[0]
    words[_MORE], words[_MORE_SIZE] = more.ctypes.data, more.size
    words[_POINTS], words[_POINT_COUNT] = points.ctypes.data, points.shape[1]
    words[_SUMMARY] = summary.ctypes.data
    return jobs.begin(board, number, address, words)
