"""Held-out inputs drawn in compiled loops, bit for bit as NumPy's generator would draw them."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.binning import cut, sort_into_bins
from find_gym.core.kernels.compiling import exact_helper, exact_kernel
from find_gym.core.kernels.draws import fill, integer, seed, uniform

_MANTISSA = np.uint64(11)
_BLOCK = 512


@exact_kernel("void(uint32[::1], float64[::1], float64, float64[::1], uint64[::1])")
def draw_pool(entropy: Any, cells: Any, width: float, pool: Any, words: Any) -> None:
    """Draws one input in each of some cells, and the bits of what is drawn later.

    Args:
        entropy: seeds the generator, shape `(n,)`.
        cells: where the cells begin, shape `(c,)`.
        width: that of each.
        pool: where to write the inputs, shape `(c,)`.
        words: where to write the bits that follow.
    """
    state = np.empty(4, np.uint64)
    seed(entropy, state)
    block = np.empty(_BLOCK, np.uint64)
    for begin in range(0, cells.size, _BLOCK):
        inputs, starts = pool[begin : begin + _BLOCK], cells[begin : begin + _BLOCK]
        fill(state, block[: inputs.size])
        for i in range(inputs.size):
            inputs[i] = np.int64(block[i] >> _MANTISSA) * 2.0**-53 * width + starts[i]
    fill(state, words)


@exact_helper
def _draw_between(words: Any, cursor: Any, low: float, high: float, x: Any) -> None:
    for i in range(x.size):
        x[i] = low + (high - low) * uniform(words, cursor)


@exact_helper
def _defined_only(pool: Any, values: Any) -> Any:
    """Returns the inputs whose outputs are finite, and these."""
    inputs, outputs = np.empty(values.size), np.empty(values.size)
    count = 0
    for i in range(values.size):
        inputs[count], outputs[count] = pool[i], values[i]
        count += np.isfinite(values[i])
    return inputs[:count], outputs[:count]


@exact_helper
def _draw_balanced(
    words: Any, cursor: Any, pool: Any, values: Any, ordered: Any, unit: float, bins: int, width: float, x: Any
) -> None:
    """Draws inputs whose outputs cover the range of outputs evenly; see `inputs.NumericInputs`."""
    bounds, ends = np.empty(bins - 1), np.empty(bins + 1, np.int64)
    turns, sizes, places = np.empty(x.size, np.int64), np.empty(x.size, np.int64), np.empty(values.size, np.int64)
    cut(ordered, unit, bounds, ends, turns, sizes)
    sort_into_bins(values, bounds, ends, places)
    for i in range(x.size):
        x[i] = pool[places[ends[turns[i]] + integer(words, cursor, sizes[i])]]
    # Within half a cell of the chosen point, so that a bump of few cells does not repeat the same inputs.
    for i in range(x.size):
        x[i] += width * (uniform(words, cursor) - 0.5)


@exact_kernel(
    "void(uint64[::1], float64[::1], float64[::1], float64[::1], float64, int64, float64, float64[:, ::1], "
    "float64[:, ::1], float64[::1], float64[:, ::1])"
)
def draw_strata(
    words: Any,
    pool: Any,
    values: Any,
    ordered: Any,
    unit: float,
    bins: int,
    width: float,
    ranges: Any,
    pieces: Any,
    shares: Any,
    strata: Any,
) -> None:
    """Draws the inputs of all strata.

    Args:
        words: the generator's bits, more than enough.
        pool: inputs to choose from, shape `(n,)`.
        values: their outputs, not finite where undefined, shape `(n,)`.
        ordered: those that are defined, in ascending order, shape `(d,)`.
        unit: of the distance from the median; see `cut`.
        bins: how many to cut the outputs into.
        width: that of the pool's cells.
        ranges: the ranges of the first two strata and of what lies beyond, shape `(3, 2)`.
        pieces: the exceptions, disjoint, shape `(k, 2)`.
        shares: the share of the exceptions' length that lies in each and those before it, shape `(k,)`.
        strata: where to write the inputs: uniform, dense, balanced, in the exceptions if there are any, beyond; shape
            `(s, m)`.
    """
    cursor = np.array([0, -1])
    low, high = ranges[0]
    _draw_between(words, cursor, low, high, strata[0])
    _draw_between(words, cursor, ranges[1, 0], ranges[1, 1], strata[1])
    balanced = strata[2]
    if ordered.size == 0:
        _draw_between(words, cursor, low, high, balanced)
    else:
        if ordered.size < values.size:
            pool, values = _defined_only(pool, values)
        _draw_balanced(words, cursor, pool, values, ordered, unit, bins, width, balanced)
        for i in range(balanced.size):
            balanced[i] = min(max(balanced[i], low), high)
    if pieces.shape[0] > 0:
        inside = strata[3]
        chosen = np.empty(inside.size, np.int64)
        for i in range(inside.size):
            chosen[i] = np.searchsorted(shares, uniform(words, cursor), side="right")
        for i in range(inside.size):
            begin, end = pieces[chosen[i]]
            inside[i] = begin + (end - begin) * uniform(words, cursor)
    beyond = strata[strata.shape[0] - 1]
    _draw_between(words, cursor, ranges[2, 0], ranges[2, 1], beyond)
    for i in range(1, beyond.size, 2):
        beyond[i] = -beyond[i]
