"""Concepts of entity functions, drawn by their numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_kernel
from find_gym.core.kernels.generators import draw_bits, draw_integer, draw_uniform


@exact_kernel("int64(int64, int64[::1], int64, int64, int64, int64, int64[::1])")
def draw_function(generator: int, splits: Any, wanted: int, used: int, forms: int, attempts: int, drawn: Any) -> int:
    """Draws concepts, a region and a seed, again while the concepts are of another split.

    Args:
        generator: draws; see `find_gym.core.kernels.generators`.
        splits: the number of the split of each concept, shape `(concepts,)`, three or more.
        wanted: the greatest number among those of the concepts that are used, -1 for any.
        used: how many of three concepts are used.
        forms: how many forms a region may have, 0 for no region.
        attempts: how often to draw at most.
        drawn: where to write the places of three concepts, the region's form, 1 if its bias is positive or else 0, and
            the seed, shape `(6,)`.

    Returns:
        How many attempts are left, -1 where none has found concepts of the split.
    """
    for attempt in range(attempts):
        number = 0
        while number < 3:
            place = draw_integer(generator, splits.size)
            if (number < 1 or place != drawn[0]) and (number < 2 or place != drawn[1]):
                drawn[number] = place
                number += 1
        if forms > 0:
            drawn[3] = draw_integer(generator, forms)
            drawn[4] = draw_uniform(generator) < 0.5
        drawn[5] = np.int64(draw_bits(generator) >> np.uint64(1))
        split = 0
        for number in range(used):
            split = max(split, splits[drawn[number]])
        if wanted < 0 or split == wanted:
            return attempts - attempt - 1
    return -1
