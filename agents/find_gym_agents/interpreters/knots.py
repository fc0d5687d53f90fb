"""Knots: the few of many queries that a description under the cap on complexity can hold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.inputs import tolerance_of
from find_gym.categories.numeric.spread import spread_of
from find_gym.scoring import MalformedError, Submission, prepare_code

FloatArray = NDArray[np.float64]
Predict = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]

# Digits that knots are written with.
_DIGITS = 5


def longest_that_fits(write: Callable[[int], Submission], most: int, cap: float) -> Submission:
    """Returns the longest of submissions whose code is within the cap on complexity.

    Args:
        write: writes the submission with so many entries; more of them take more code.
        most: the greatest number of entries.
        cap: the cap, in bits.
    """
    longest = write(most)
    if _fits(longest, cap):
        return longest
    low, high = 0, most - 1
    while low < high:
        middle = (low + high + 1) // 2
        if _fits(write(middle), cap):
            low = middle
        else:
            high = middle - 1
    return write(low)


def _fits(submission: Submission, cap: float) -> bool:
    try:
        prepare_code(submission.code, cap=cap)
    except MalformedError:
        return False
    return True


def choose_knots(x: FloatArray, y: FloatArray, count: int, predict: Predict) -> NDArray[np.intp]:
    """Chooses knots one by one, each where the prediction from those before is worst in units of the tolerance.

    Args:
        x: sorted inputs, shape `(n,)`.
        y: their outputs, finite, shape `(n,)`.
        count: the greatest number of knots.
        predict: `(inputs, knots' inputs, knots' outputs) -> outputs`.

    Returns:
        Sorted indices of the knots, shape `(k,)` with `k <= count`.
    """
    if x.size <= count:
        return np.arange(x.size)
    tolerance = tolerance_of(y, spread_of(y))
    chosen = [0, x.size - 1][:count]
    while len(chosen) < count:
        knots = np.sort(chosen)
        error = np.abs(predict(x, x[knots], y[knots]) - y) / tolerance
        error[knots] = -1.0
        chosen.append(int(error.argmax()))
    return np.sort(chosen)


def defined_span(x: FloatArray, defined: NDArray[np.bool_]) -> tuple[float | None, float | None]:
    """Returns the bounds of the part of the range where the function is defined, None where it has none on that side.

    Args:
        x: sorted inputs, shape `(n,)`.
        defined: where the function was, shape `(n,)`; somewhere at least.

    Returns:
        Lower and upper bound, half way between the last undefined and the first defined input.
    """
    first, last = np.flatnonzero(defined)[[0, -1]]
    low = None if first == 0 else round(float(x[first - 1] + x[first]) / 2, 3)
    high = None if last == x.size - 1 else round(float(x[last] + x[last + 1]) / 2, 3)
    return low, high


def write_list(values: FloatArray) -> str:
    """Writes numbers as a Python list with five significant digits."""
    return f"[{', '.join(repr(float(f'{value:.{_DIGITS}g}')) for value in values)}]"
