"""Numbers in bins."""

from __future__ import annotations

from typing import Any

from find_gym.categories.numeric.kernels.compiling import kernel


@kernel("void(float64[::1], float64[::1], int64[::1], int64[::1])")
def sort_into_bins(values: Any, bounds: Any, firsts: Any, places: Any) -> None:
    """Sorts positions by the bins of their numbers.

    Args:
        values: the numbers, finite, shape `(n,)`.
        bounds: the least number of each bin but the first, ascending, shape `(b - 1,)`.
        firsts: where each bin begins in `places`, shape `(b,)`.
        places: where to write the positions of the numbers, bin after bin, in each in their order, shape `(n,)`.
    """
    following = firsts.copy()
    # Neighbours are mostly in the same bin.
    chosen = 0
    for i in range(values.size):
        while chosen < bounds.size and values[i] >= bounds[chosen]:
            chosen += 1
        while chosen > 0 and values[i] < bounds[chosen - 1]:
            chosen -= 1
        places[following[chosen]] = i
        following[chosen] += 1
