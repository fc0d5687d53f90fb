"""Held-out inputs drawn in compiled loops, bit for bit as NumPy's generator would draw them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.binning import cut, pick
from find_gym.categories.numeric.kernels.evaluating import evaluate_rule
from find_gym.categories.numeric.kernels.ordering import BLOCK, count_blocks, find_extremes, median_and_spread
from find_gym.core.kernels.compiling import exact_borrowing_helper, exact_helper, exact_kernel
from find_gym.core.kernels.draws import fill, integer, seed, uniform
from find_gym.core.kernels.sums import pairwise_sum

_MANTISSA = np.uint64(11)
_LEAST_SPREAD = 1e-270


@exact_helper
def _draw_pool(entropy: Any, low: float, width: float, words: Any, pool: Any) -> None:
    """Draws one input in each of some cells that lie side by side, and the bits of what is drawn later."""
    state = np.empty(4, np.uint64)
    seed(entropy, state)
    fill(state, words)
    for i in range(pool.size):
        pool[i] = np.int64(words[i] >> _MANTISSA) * 2.0**-53 * width + (low + i * width)


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


@exact_helper
def _draw_balanced(
    words: Any,
    cursor: Any,
    pool: Any,
    values: Any,
    lows: Any,
    highs: Any,
    spare: Any,
    bins: int,
    width: float,
    x: Any,
) -> float:
    """Draws inputs whose outputs cover the range of outputs evenly; returns the spread. See `inputs.draw_inputs`."""
    median, spread = median_and_spread(values, lows, highs, spare)
    # Where most of a bell curve is next to nothing, the rest is no multiple of the spread that a float can hold.
    unit = max(spread, _LEAST_SPREAD) if spread != 0.0 else 1.0
    bounds, reached = np.empty(bins + 1), np.empty((lows.size + 1, bins + 1), np.int64)
    cut(values, lows, highs, median, unit, bounds, reached)
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
    return spread


@exact_helper
def _draw_strata(
    words: Any,
    pool: Any,
    values: Any,
    spare: Any,
    bins: int,
    width: float,
    ranges: Any,
    pieces: Any,
    size: int,
    x: Any,
) -> float:
    """Draws the inputs of all strata from the bits that follow those of the pool; returns the spread of the outputs."""
    cursor = np.empty(2, np.int64)
    cursor[0], cursor[1] = pool.size, -1
    low, high = ranges[0, 0], ranges[0, 1]
    _draw_between(words, cursor, low, high, x[:size])
    _draw_between(words, cursor, ranges[1, 0], ranges[1, 1], x[size : 2 * size])
    balanced = x[2 * size : 3 * size]
    while True:
        lows, highs = np.empty(count_blocks(values)), np.empty(count_blocks(values))
        find_extremes(values, lows, highs)
        defined = 0
        for number in range(lows.size):
            defined += -math.inf < lows[number] and highs[number] < math.inf
        if defined == lows.size:
            break
        pool, values = _defined_only(pool, values, lows, highs)
    spread = 0.0
    if values.size == 0:
        _draw_between(words, cursor, low, high, balanced)
    else:
        spread = _draw_balanced(words, cursor, pool, values, lows, highs, spare, bins, width, balanced)
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


@exact_kernel(
    "float64(boolean, uint64[::1], int64, float64[::1], float64[:, ::1], float64[:, ::1], float64[:, ::1], float64, "
    "int64, int64, float64[::1], float64[:, ::1])"
)
def draw(
    is_evaluated: bool,
    room: Any,
    cells: int,
    rule: Any,
    regions: Any,
    pieces: Any,
    ranges: Any,
    width: float,
    bins: int,
    size: int,
    more: Any,
    points: Any,
) -> float:
    """Draws the inputs of all strata, chosen from a pool by their outputs, and evaluates a rule there.

    Of a function that loops do not know, it draws the pool in one call, and the strata in another.

    Args:
        is_evaluated: whether the pool has been drawn, and the outputs of its inputs stand behind it.
        room: the bits of the pool, in place of which it stands afterwards, those of what is drawn later, more than
            enough, the outputs of the pool, room for as many numbers, and what seeds the generator, 4 words.
        cells: the size of the pool, c.
        rule: see `find_gym.categories.numeric.kernels.evaluating`; of size 0 for a function that loops do not know.
        regions: see `find_gym.categories.numeric.kernels.evaluating.evaluate`.
        pieces: the exceptions, disjoint, shape `(k, 2)`.
        ranges: the ranges of the first two strata and of what lies beyond, shape `(3, 2)`.
        width: that of the pool's cells.
        bins: how many to cut the outputs into.
        size: how many inputs to draw for each stratum, m.
        more: inputs that are not drawn, shape `(n,)`.
        points: where to write the inputs: uniform, dense, balanced, in the exceptions if there are any, beyond, and
            those that are not drawn; then the outputs of the rule, shape `(2, 4 m + n)` or `(2, 5 m + n)`.

    Returns:
        The spread of the outputs; see `find_gym.categories.numeric.spread`.
    """
    values, spare = room[-2 * cells - 4 : -cells - 4].view(np.float64), room[-cells - 4 : -4].view(np.float64)
    words, pool, given = room[: -2 * cells - 4], room[:cells].view(np.float64), np.empty((1, 0))
    if not is_evaluated:
        _draw_pool(room[-4:].view(np.uint32), ranges[0, 0], width, words, pool)
        if rule.size == 0:
            return math.nan
        evaluate_rule(rule, given, pool, regions, values)
    inputs, first = points[0], points.shape[1] - more.size
    for i in range(more.size):
        inputs[first + i] = more[i]
    spread = _draw_strata(words, pool, values, spare, bins, width, ranges, pieces, size, inputs)
    if rule.size:
        evaluate_rule(rule, given, inputs, regions, points[1])
    return spread
