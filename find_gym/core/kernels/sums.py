"""Sums that are added in the order in which NumPy adds them, and so are rounded alike."""

from __future__ import annotations

from typing import Any

from find_gym.core.kernels.compiling import exact_borrowing_helper

# NumPy adds eight sums side by side, and halves what is longer.
_LONGEST = 128


@exact_borrowing_helper
def _sum_of_few(values: Any) -> float:
    """Adds up at most 128 numbers."""
    whole = values.size // 8 * 8 if values.size >= 8 else 0
    total = -0.0
    if whole:
        a, b, c, d = values[0], values[1], values[2], values[3]
        e, f, g, h = values[4], values[5], values[6], values[7]
        for i in range(8, whole, 8):
            a, b, c, d = a + values[i], b + values[i + 1], c + values[i + 2], d + values[i + 3]
            e, f, g, h = e + values[i + 4], f + values[i + 5], g + values[i + 6], h + values[i + 7]
        total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for i in range(whole, values.size):
        total += values[i]
    return total


@exact_borrowing_helper
def _pairwise(values: Any) -> float:
    if values.size <= _LONGEST:
        return _sum_of_few(values)
    half = values.size // 2 // 8 * 8
    return _pairwise(values[:half]) + _pairwise(values[half:])


@exact_borrowing_helper
def pairwise_sum(values: Any) -> float:
    """Returns the sum of numbers side by side in memory, shape `(n,)`, as `numpy.sum` adds them."""
    return 0.0 + _pairwise(values)
