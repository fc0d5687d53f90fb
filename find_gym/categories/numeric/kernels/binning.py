"""Numbers in bins."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.compiling import helper, kernel


@helper
def _end_of_run(values: Any, start: int) -> int:
    """Returns where the equal values that begin at a place end."""
    stop = start + 1
    while stop < values.size and values[stop] == values[start]:
        stop += 1
    return stop


@kernel("void(float64[::1], int64[::1], int64[::1])")
def sort_into_bins(values: Any, sizes: Any, places: Any) -> None:
    """Cuts the range of numbers into equal bins.

    Args:
        values: the numbers, finite, shape `(n,)`, n > 0.
        sizes: where to write how many each bin has, shape `(b,)`.
        places: where to write the positions of the numbers, bin after bin, in each in their order, shape `(n,)`.
    """
    count, bins = values.size, sizes.size
    low = high = values[0]
    for i in range(count):
        low, high = min(low, values[i]), max(high, values[i])
    width = high - low if high > low else 1.0
    chosen = np.empty(count, np.uint8)
    sizes[:] = 0
    for i in range(count):
        chosen[i] = np.uint8(min((values[i] - low) / width * bins, bins - 1.0))
    # Neighbours are mostly in the same bin, and counted together.
    start = 0
    while start < count:
        stop = _end_of_run(chosen, start)
        sizes[chosen[start]] += stop - start
        start = stop
    following = np.empty(bins, np.int64)
    total = 0
    for b in range(bins):
        following[b] = total
        total += sizes[b]
    start = 0
    while start < count:
        stop = _end_of_run(chosen, start)
        place = following[chosen[start]]
        for i in range(stop - start):
            places[place + i] = start + i
        following[chosen[start]] = place + stop - start
        start = stop
