"""Corrupted regions drawn in a compiled loop, from a generator of NumPy; see `find_gym.core.kernels.generators`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.ordering import spread_of
from find_gym.core.kernels.compiling import exact_helper, exact_kernel
from find_gym.core.kernels.generators import draw_integer, draw_uniform

BELOW, ABOVE, INSIDE = range(3)

# Bounds and widths are drawn in tenths, widths from 5 to 25.
_SCALE = 10.0
_LEAST_WIDTH, _WIDTHS = 50, 201
_MOST_UNCHANGED = 0.8
# Of the largest magnitude: a mean that is nearer to 0 is rounding error.
_ROUNDING = 1e-9


@exact_kernel("float64(float64[::1])")
def mean_of(values: Any) -> float:
    """Returns the mean of the finite ones of some numbers `(n,)`: 0 for rounding error, NaN where there are none."""
    total, largest, count = 0.0, 0.0, 0
    for i in range(values.size):
        if abs(values[i]) < math.inf:
            total += values[i]
            largest = max(largest, abs(values[i]))
            count += 1
    mean = total / count
    return 0.0 if abs(mean) < _ROUNDING * largest else mean


@exact_helper
def _draw_kind(generator: int, shares: Any, total: float) -> int:
    """Draws a kind as `find_gym.core.draws.choose` does."""
    threshold, kind = draw_uniform(generator) * total, BELOW
    for number in range(shares.shape[0]):
        if shares[number, 1] > 0.0:
            kind = int(shares[number, 0])
            threshold -= shares[number, 1]
            if threshold < 0.0:
                break
    return kind


@exact_helper
def _draw_region(generator: int, shares: Any, total: float, first: int, count: int, region: Any) -> None:
    kind = _draw_kind(generator, shares, total)
    step = first + draw_integer(generator, count)
    region[0] = -math.inf if kind == BELOW else step / _SCALE
    if kind == INSIDE:
        step += _LEAST_WIDTH + draw_integer(generator, _WIDTHS)
    region[1] = math.inf if kind == ABOVE else step / _SCALE


@exact_helper
def _is_discernible(x: Any, same: Any, region: Any, left: Any) -> bool:
    """Whether a region changes at least a fifth of the outputs in it that are left over by those before it."""
    lower, upper = region
    inside = unchanged = 0
    for i in range(x.size):
        is_inside = left[i] & (x[i] > lower) & (x[i] < upper)
        inside += is_inside
        unchanged += is_inside & same[i]
        left[i] &= not is_inside
    return inside > 0 and unchanged / inside <= _MOST_UNCHANGED


@exact_kernel(
    "boolean(int64, float64[:, ::1], float64, int64, int64, float64[::1], float64[::1], float64, float64, int64, "
    "float64[:, ::1])"
)
def draw_regions(
    generator: int,
    shares: Any,
    total: float,
    first: int,
    count: int,
    x: Any,
    outputs: Any,
    mean: float,
    tolerance: float,
    tries: int,
    regions: Any,
) -> bool:
    """Draws regions until each of them changes at least a fifth of the outputs in it.

    Args:
        generator: the address of a generator.
        shares: kinds with their relative shares, shape `(k, 2)`.
        total: their sum.
        first: the least bound, in tenths.
        count: how many bounds there are.
        x: inputs, shape `(n,)`.
        outputs: those of the rule, shape `(n,)`.
        mean: the output in the regions.
        tolerance: how far apart two outputs may be to count as the same, as a share of the rule's or of the spread of
            the rule's outputs.
        tries: how often to draw at most.
        regions: where to write the bounds of each region, shape `(r, 2)`.

    Returns:
        Whether such regions were found.
    """
    low, high = math.inf, -math.inf
    for i in range(x.size):
        low = outputs[i] if outputs[i] < low else low
        high = outputs[i] if outputs[i] > high else high
    same, left = np.empty(x.size, np.bool_), np.empty(x.size, np.bool_)
    for attempt in range(-1, tries):
        if attempt <= 0:
            # What can be told even in units of the range can be told in those of the spread, which takes more time to
            # find: the same regions are looked at once more.
            unit = high - low if attempt < 0 else min(spread_of(outputs), high - low)
            for i in range(x.size):
                same[i] = abs(mean - outputs[i]) <= tolerance * max(abs(outputs[i]), unit)
        if attempt != 0:
            for number in range(regions.shape[0]):
                _draw_region(generator, shares, total, first, count, regions[number])
        left[:] = True
        discernible = True
        for number in range(regions.shape[0]):
            discernible = discernible and _is_discernible(x, same, regions[number], left)
        if discernible:
            return True
    return False
