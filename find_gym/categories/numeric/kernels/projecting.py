"""What spans of functions leave of outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.algebra import orthonormal
from find_gym.core.kernels.compiling import kernel


@kernel("int64(float64[::1], float64[:, ::1], boolean[::1], float64[::1], float64[::1])")
def project_out(offset: Any, columns: Any, window: Any, y: Any, rest: Any) -> int:
    """Projects a span out of the outputs in a window.

    Args:
        offset: what is in all functions of the span, shape `(n,)`.
        columns: what is combined in them, shape `(k, n)`.
        window: which of the outputs count, shape `(n,)`.
        y: the outputs, shape `(n,)`.
        rest: where to write what the span leaves of those in the window, one after the other, shape `(n,)`.

    Returns:
        The rank of the span in the window; -1 where it is not finite there.
    """
    size = columns.shape[0]
    places = np.flatnonzero(window)
    part, basis = np.empty((size, places.size)), np.empty((size, places.size))
    for i in range(places.size):
        rest[i] = y[places[i]] - offset[places[i]]
        if not np.isfinite(offset[places[i]]):
            return -1
    for k in range(size):
        for i in range(places.size):
            part[k, i] = columns[k, places[i]]
            if not np.isfinite(part[k, i]):
                return -1
    rank = orthonormal(part, basis, np.empty(size, np.int64))
    for k in range(rank):
        share = 0.0
        for i in range(places.size):
            share += basis[k, i] * rest[i]
        for i in range(places.size):
            rest[i] -= share * basis[k, i]
    return rank
