"""Which rows of a table inputs have; see `find_gym.categories.numeric.estimation.columns`."""

from __future__ import annotations

import math
from typing import Any

from find_gym.core.kernels.compiling import exact_kernel

# What is known of each row: the number of the call, or of the fits under way, that asked for it last; whether it was
# asked for again since it was last to be forgotten. Then which row is the next one to be forgotten.
_NUMBER, _AGAIN, _NEXT = range(3)


@exact_kernel("int64(float64[::1], int64[:, ::1], int64, int64, float64[::1], int64[::1], int64[::1])")
def find_rows(inputs: Any, marks: Any, number: int, first: int, x: Any, rows: Any, missing: Any) -> int:
    """Finds the rows of inputs, and gives rows to those that have none.

    Where all rows are taken, inputs that were asked for again stay rather than others.

    Args:
        inputs: the input of each row, NaN for none, shape `(m,)`; updated in place.
        marks: what is known of the rows, shape `(3, m)`, zeros at first; updated in place.
        number: the number, not 0, of the fits that are under way, or of the call: rows that were asked for by the same
            stay what they are.
        first: what the first of these rows is called.
        x: the inputs to look for, shape `(n,)`.
        rows: where to write their rows, shape `(n,)`.
        missing: where to write the rows that have got other inputs, shape `(n,)`.

    Returns:
        How many rows have got other inputs; -1 where these are too many, of which none has a row then.
    """
    size, place, found = inputs.size, marks[_NEXT, 0], 0
    for i in range(x.size):
        # -0.0 becomes 0.0, lest which one came first decide on the values of both.
        value, own = x[i] + 0.0, -1
        for k in range(size):
            if inputs[k] == value:
                own = k
        if own >= 0:
            marks[_AGAIN, own] = 1
        else:
            looks = 0
            while looks <= 2 * size and (marks[_NUMBER, place] == number or marks[_AGAIN, place]):
                marks[_AGAIN, place] = 0
                place = (place + 1) % size
                looks += 1
            if looks > 2 * size:
                for k in range(found):
                    inputs[missing[k] - first] = math.nan
                return -1
            own, place = place, (place + 1) % size
            inputs[own] = value
            missing[found] = first + own
            found += 1
        marks[_NUMBER, own] = number
        rows[i] = first + own
    marks[_NEXT, 0] = place
    return found
