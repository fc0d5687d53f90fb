"""The loops of `ZoomTeacher`, compiled: of all gaps, each query changes two."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import helper, kernel

PARTS = 16
"""Parts of each gap of the bank: four halvings."""

# What a far place in a gap counts beside the held-out inputs in it, and where that grows to 1.
_SPREAD = 0.005
_FAR = 16 * PARTS
# Breaks ties.
_NOISE = 0.001


@helper
def _value(
    x: Any, share: Any, y: Any, tolerance: Any, noise: Any, left: Any, right: Any, wrong: Any, worth: Any
) -> None:
    """Writes what each point of a gap is worth asking; -1 where it is neither a probe nor the middle of a gap.

    Args:
        x: the grid, shape `(points,)`.
        share: see `ask`.
        y: noise-free outputs of one function on the grid.
        tolerance: the error at each point that counts as 1.
        noise: numbers in [0, 1) that break ties.
        left: the point that was asked below the gap, -1 for none.
        right: the point that was asked above it, the number of points for none.
        wrong: room for numbers, of the same shape.
        worth: where to write.
    """
    start, stop = max(left, 0), min(right, x.size - 1)
    rise = (y[stop] - y[start]) / (x[stop] - x[start]) if stop > start else 0.0
    ends = int(np.isfinite(y[start])) + int(np.isfinite(y[stop]))
    within = 0.0
    for point in range(left + 1, right):
        if ends == 2 and np.isfinite(y[point]):
            error = abs(y[start] + rise * (x[point] - x[start]) - y[point])
            wrong[point] = error / tolerance[point] if error < tolerance[point] else 1.0
        else:
            # Undefined within defined ends, or the other way round.
            wrong[point] = 1.0 if (ends == 2) != np.isfinite(y[point]) else 0.0
        within += wrong[point] * share[point]
    for point in range(left + 1, right):
        far = min(point - left, right - point, _FAR) / _FAR
        if point % PARTS == 0:
            worth[point] = within * (0.5 + wrong[point] * far) + _SPREAD * far
        elif 2 * point == left + right and left // PARTS == (right - 1) // PARTS:
            worth[point] = within
        else:
            worth[point] = -1.0
        worth[point] += _NOISE * noise[point]


@kernel(
    "void(float64[::1], float64[::1], float64[:, ::1], float64[:, ::1], float64[:, ::1], int64[:, ::1], int64[::1], "
    "int64[:, ::1])"
)
def ask(x: Any, share: Any, truth: Any, tolerance: Any, noise: Any, begun: Any, lengths: Any, sequence: Any) -> None:
    """Asks functions, one query after the other; see `ZoomTeacher.ask`.

    Args:
        x: the grid, shape `(points,)`.
        share: the share of the held-out inputs that each point stands for, shape `(points,)`.
        truth: noise-free outputs on the grid, not finite where undefined, shape `(batch, points)`.
        tolerance: the error at each point that counts as 1, of the same shape.
        noise: numbers in [0, 1) that break ties, of the same shape.
        begun: probes that are asked in any case, shape `(batch, steps)`.
        lengths: how many of those, shape `(batch,)`.
        sequence: where to write the queries, shape `(batch, steps)`.
    """
    points = x.size
    probes = (points - 1) // PARTS + 1
    for row in range(truth.shape[0]):
        # The place, probe or slot, of each point that was asked.
        places = np.full(points, -1)
        worth = np.empty(points)
        wrong = np.empty(points)
        slot = probes
        _value(x, share, truth[row], tolerance[row], noise[row], -1, points, wrong, worth)
        for step in range(sequence.shape[1]):
            chosen = PARTS * begun[row, step] if step < lengths[row] else int(np.argmax(worth))
            left, right = chosen - 1, chosen + 1
            while left >= 0 and places[left] < 0:
                left -= 1
            while right < points and places[right] < 0:
                right += 1
            if chosen % PARTS > 0:
                sequence[row, step] = probes + places[right]
                places[chosen] = slot
                slot += 1
            else:
                sequence[row, step] = chosen // PARTS
                places[chosen] = chosen // PARTS
            worth[chosen] = -1.0
            _value(x, share, truth[row], tolerance[row], noise[row], left, chosen, wrong, worth)
            _value(x, share, truth[row], tolerance[row], noise[row], chosen, right, wrong, worth)
