"""Arrays as compiled loops take them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def loop_array(values: ArrayLike) -> NDArray[np.float64]:
    """Returns numbers as float64, contiguous, aligned and writeable; the same array where it is that already.

    Users pass integers, slices and memory that is read-only, which loops compiled for given types refuse.

    Example:
        >>> loop_array(np.arange(6)[::-2]).tolist()
        [5.0, 3.0, 1.0]
    """
    array = np.asarray(values, dtype=np.float64)
    return array if array.flags.carray else array.copy()
