"""Decoys among the held-out inputs of numeric functions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.function import QUERY_RANGE
from find_gym.categories.numeric.inputs import POINTS_PER_STRATUM

FloatArray = NDArray[np.float64]

CROWD = 1536
"""How many inputs code gets from the stratum "exception" and its decoys together."""


def numeric_decoys(rng: np.random.Generator, pieces: FloatArray) -> FloatArray:
    """Draws decoys among which the inputs of the stratum "exception" are spread evenly over the query range.

    They fill the range outside of the exception as densely as these inputs fill the exception, if that is at least a
    sixteenth of the range; a narrower one stands out less than without them.

    Args:
        rng: draws them.
        pieces: the exception as disjoint intervals, shape `(k, 2)`, sorted; none where there is no exception.

    Returns:
        `CROWD` inputs, less the `POINTS_PER_STRATUM` of an exception if there is one.
    """
    low, high = QUERY_RANGE
    widths = np.diff([low, *pieces.ravel().tolist(), high])
    inside = np.arange(widths.size) % 2 == 1
    held_out = POINTS_PER_STRATUM if pieces.size else 0
    weights = widths * CROWD / (high - low)
    if held_out:
        weights[inside] *= max(0.0, 1 - held_out / weights[inside].sum())
        outside = weights[~inside].sum()
        if outside > 0:
            weights[~inside] *= (CROWD - held_out - weights[inside].sum()) / outside
    piece = rng.choice(widths.size, size=CROWD - held_out, p=weights / weights.sum())
    starts = np.cumsum(widths) - widths + low
    return starts[piece] + widths[piece] * rng.random(piece.size)
