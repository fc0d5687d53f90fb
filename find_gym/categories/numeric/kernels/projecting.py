"""What spans of functions leave of outputs.

Spans are packed: what is in all functions of each, shape `(s, n)`; what is combined in them, one after the other, shape
`(k, n)`; and which of these rows are the first of each, and one more, shape `(s + 1,)`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.algebra import orthonormal, take_off
from find_gym.core.kernels.compiling import helper, kernel


@helper
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
    take_off(basis, rank, rest[: places.size])
    return rank


@helper
def _leaves_nothing(rest: Any, window: Any, y: Any, own: float, shared: float) -> bool:
    """Whether what a span leaves of the outputs in a window is rounding errors; see `exact_tolerance`."""
    greatest = 0.0
    for i in range(y.size):
        if window[i]:
            greatest = max(greatest, abs(y[i]))
    place = 0
    for i in range(y.size):
        if window[i]:
            if not abs(rest[place]) <= own * abs(y[i]) + shared * greatest + 1e-300:
                return False
            place += 1
    return True


@kernel(
    "void(float64[:, ::1], float64[:, ::1], int64[::1], boolean[::1], float64[::1], float64, float64, float64[:, ::1])"
)
def project_all(
    offsets: Any, columns: Any, starts: Any, window: Any, y: Any, own: float, shared: float, left: Any
) -> None:
    """Projects each of several spans out of the outputs in a window.

    Args:
        offsets: see above, as for the next two.
        columns: the same.
        starts: the same.
        window: which of the outputs count, shape `(n,)`.
        y: the outputs, shape `(n,)`.
        own: rounding errors of an output, relative to itself.
        shared: rounding errors of all outputs, relative to the greatest.
        left: where to write the rank of each span, -1 where it is undefined; the sum of squares that it leaves; and
            whether that is rounding errors, shape `(s, 3)`.
    """
    rest, count = np.empty(y.size), np.count_nonzero(window)
    for one in range(offsets.shape[0]):
        rank = project_out(offsets[one], columns[starts[one] : starts[one + 1]], window, y, rest)
        left[one, 0], left[one, 1], left[one, 2] = rank, 0.0, 0.0
        if rank >= 0:
            for i in range(count):
                left[one, 1] += rest[i] * rest[i]
            left[one, 2] = _leaves_nothing(rest, window, y, own, shared)


@kernel("void(float64[:, ::1], float64[:, ::1], int64[::1], float64[::1], float64, float64, int64, int64[:, ::1])")
def exact_ends(
    offsets: Any, columns: Any, starts: Any, y: Any, own: float, shared: float, spare: int, lengths: Any
) -> None:
    """Finds how many points from either end on each of several spans leaves rounding errors of, by bisection.

    Args:
        offsets: see above, as for the next two.
        columns: the same.
        starts: the same.
        y: the outputs, shape `(n,)`.
        own: rounding errors of an output, relative to itself.
        shared: rounding errors of all outputs, relative to the greatest.
        spare: how many points beyond its functions a span has to explain.
        lengths: where to write how many points these are from the first on, and from the last on, 0 where they are too
            few, shape `(s, 2)`.
    """
    count, rest, window = y.size, np.empty(y.size), np.empty(y.size, np.bool_)
    for one in range(offsets.shape[0]):
        basis = columns[starts[one] : starts[one + 1]]
        for side in range(2):
            lengths[one, side] = 0
            low, high = 0, count
            middle = basis.shape[0] + spare + 1
            # The least length first.
            while middle < high:
                for i in range(count):
                    window[i] = i < middle if side == 0 else i >= count - middle
                rank = project_out(offsets[one], basis, window, y, rest)
                exact = rank >= 0 and middle >= rank + spare and _leaves_nothing(rest, window, y, own, shared)
                if exact:
                    low = middle
                elif low == 0:
                    break
                else:
                    high = middle
                middle = (low + high) // 2
                if middle == low:
                    break
            lengths[one, side] = low
