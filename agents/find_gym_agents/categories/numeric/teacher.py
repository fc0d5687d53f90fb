"""The teacher of imitation for functions of numbers. It sees the truth; the policy that imitates it does not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# What a place in a gap counts beside what a probe would correct.
_GAP_SHARE = 0.3
_FAR = 16


def ask_where_lines_fail(
    truth: FloatArray,
    tolerance: FloatArray,
    positions: FloatArray,
    begun: IntArray,
    lengths: IntArray,
    rng: np.random.Generator,
) -> IntArray:
    """Asks numeric functions, one probe after the other, where straight lines between the answers err most.

    Args:
        truth: noise-free outputs at the bank, NaN where undefined, shape `(batch, probes)`.
        tolerance: the error at each probe that counts as 1, positive, of the same shape.
        positions: the inputs of the bank, ascending, shape `(probes,)`.
        begun: probes that are asked in any case, different ones in a row, shape `(batch, steps)`.
        lengths: how many of those, before the teacher begins, shape `(batch,)`.
        rng: breaks ties.

    Returns:
        The probes asked, different ones in a row, int64 of shape `(batch, steps)`.
    """
    batch, count = truth.shape
    defined = np.isfinite(truth)
    y = np.nan_to_num(truth)
    places = np.arange(count)
    asked = np.zeros(truth.shape, dtype=np.bool_)
    sequence = np.zeros(begun.shape, dtype=np.int64)
    rows = np.arange(batch)
    for step in range(begun.shape[1]):
        left = np.maximum.accumulate(np.where(asked, places, -1), axis=1)
        right = np.minimum.accumulate(np.where(asked, places, count)[:, ::-1], axis=1)[:, ::-1]
        start, stop = np.clip(left, 0, count - 1), np.clip(right, 0, count - 1)
        wrong = errors_of_lines(y, defined, tolerance, positions, start, stop)
        gap = np.minimum(np.minimum(places - left, right - places), _FAR) / _FAR
        worth = wrong * (_GAP_SHARE + gap) + 0.05 * gap + 0.1 * rng.random(truth.shape)
        worth[asked] = -1.0
        chosen = np.where(step < lengths, begun[:, step], worth.argmax(axis=1))
        # What would have begun the row later on may have been asked by now.
        sequence[:, step] = chosen
        asked[rows, chosen] = True
    return sequence


def errors_of_lines(
    y: FloatArray,
    defined: NDArray[np.bool_],
    tolerance: FloatArray,
    positions: FloatArray,
    start: IntArray,
    stop: IntArray,
) -> FloatArray:
    """Returns how wrong straight lines between two answers are at each input, in [0, 1], shape `(batch, inputs)`.

    Args:
        y: noise-free outputs, anything where undefined, shape `(batch, inputs)`.
        defined: where they are defined, of the same shape.
        tolerance: the error that counts as 1, positive, of the same shape.
        positions: the inputs, ascending, shape `(inputs,)`.
        start: the place of the answer where the line begins, shape `(batch, inputs)`.
        stop: the place of the answer where it ends.
    """
    before, after = (np.take_along_axis(y, ends, 1) for ends in (start, stop))
    run = positions[stop] - positions[start]
    share = np.divide(positions - positions[start], run, out=np.zeros_like(run), where=run > 0)
    error = np.abs(before + share * (after - before) - y)
    wrong = np.divide(error, tolerance, out=np.ones_like(y), where=error < tolerance)
    ends_defined = np.take_along_axis(defined, start, 1) & np.take_along_axis(defined, stop, 1)
    return np.where(ends_defined & defined, wrong, ends_defined != defined)


def error_scale(truth: FloatArray) -> FloatArray:
    """Returns what errors are measured in: the size of each value or the spread of its row, whichever is more.

    Args:
        truth: noise-free outputs, NaN where undefined, shape `(batch, probes)`.
    """
    low, high = np.nanpercentile(truth, [25, 75], axis=1)
    spread = np.where(high > low, high - low, np.nanstd(truth, axis=1))
    return np.maximum(np.abs(np.nan_to_num(truth)), np.where(spread > 0, spread, 1.0)[:, None])
