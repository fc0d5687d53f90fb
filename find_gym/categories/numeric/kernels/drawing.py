"""Held-out inputs drawn in compiled loops, bit for bit as NumPy's generator would draw them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.binning import cut, pick
from find_gym.categories.numeric.kernels.ordering import BLOCK, count_blocks, find_extremes, median_and_spread
from find_gym.core.kernels.compiling import exact_helper, exact_kernel
from find_gym.core.kernels.draws import fill, integer, seed, uniform
from find_gym.core.kernels.sums import pairwise_sum

_MANTISSA = np.uint64(11)
_LEAST_SPREAD = 1e-270


@exact_kernel("void(uint32[::1], float64, float64, uint64[::1], float64[::1])")
def draw_pool(entropy: Any, low: float, width: float, words: Any, pool: Any) -> None:
    """Draws one input in each of some cells that lie side by side, and the bits of what is drawn later.

    Args:
        entropy: seeds the generator, shape `(n,)`.
        low: where the cells begin.
        width: that of each.
        words: where to write the bits of the inputs, and those that follow.
        pool: where to write the inputs, shape `(c,)`.
    """
    state = np.empty(4, np.uint64)
    seed(entropy, state)
    fill(state, words)
    for i in range(pool.size):
        pool[i] = np.int64(words[i] >> _MANTISSA) * 2.0**-53 * width + (low + i * width)


@exact_helper
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
    words: Any, cursor: Any, pool: Any, values: Any, lows: Any, highs: Any, bins: int, width: float, x: Any
) -> float:
    """Draws inputs whose outputs cover the range of outputs evenly; returns the spread. See `inputs.draw_inputs`."""
    # The bits of the pool have been used.
    median, spread = median_and_spread(values, lows, highs, words[: values.size].view(np.float64))
    # Where most of a bell curve is next to nothing, the rest is no multiple of the spread that a float can hold.
    unit = max(spread, _LEAST_SPREAD) if spread != 0.0 else 1.0
    bounds, reached = np.empty(bins + 1), np.empty((lows.size + 1, bins + 1), np.int64)
    cut(values, lows, highs, median, unit, bounds, reached)
    turns, sizes = np.empty(bins, np.int64), np.empty(bins, np.int64)
    filled = 0
    for number in range(bins):
        turns[filled] = number
        sizes[filled] = reached[-1, number] - reached[-1, number + 1]
        filled += sizes[filled] > 0
    for i in range(x.size):
        turn = i % filled
        x[i] = pool[pick(values, bounds, reached, turns[turn], integer(words, cursor, sizes[turn]))]
    # Within half a cell of the chosen point, so that a bump of few cells does not repeat the same inputs.
    for i in range(x.size):
        x[i] += width * (uniform(words, cursor) - 0.5)
    return spread


@exact_kernel(
    "float64(uint64[::1], float64[::1], float64[::1], int64, float64, float64[:, ::1], float64[:, ::1], int64, "
    "float64[::1])"
)
def draw_strata(
    words: Any,
    pool: Any,
    values: Any,
    bins: int,
    width: float,
    ranges: Any,
    pieces: Any,
    size: int,
    x: Any,
) -> float:
    """Draws the inputs of all strata.

    Args:
        words: the generator's bits: those of the pool, and after them more than enough.
        pool: inputs to choose from, shape `(n,)`.
        values: their outputs, not finite where undefined, shape `(n,)`.
        bins: how many to cut the outputs into.
        width: that of the pool's cells.
        ranges: the ranges of the first two strata and of what lies beyond, shape `(3, 2)`.
        pieces: the exceptions, disjoint, shape `(k, 2)`.
        size: how many inputs to draw for each stratum, m.
        x: where to write them first: uniform, dense, balanced, in the exceptions if there are any, beyond; shape
            `(4 m,)` or `(5 m,)` or more.

    Returns:
        The spread of the outputs; see `find_gym.categories.numeric.spread`.
    """
    cursor = np.array([pool.size, -1])
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
        spread = _draw_balanced(words, cursor, pool, values, lows, highs, bins, width, balanced)
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
