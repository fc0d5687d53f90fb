"""Arrays as compiled loops take them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def loop_array(values: ArrayLike, size: int | None = None) -> NDArray[np.float64]:
    """Returns numbers as float64, contiguous, aligned and writeable; the same array where it is that already.

    Users pass integers, slices and memory that is read-only, which loops compiled for given types refuse.

    Args:
        values: the numbers.
        size: how many there have to be, as loops do not see where an array ends; any shape by default.

    Raises:
        ValueError: they are not of shape `(size,)`.

    Example:
        >>> loop_array(np.arange(6)[::-2]).tolist()
        [5.0, 3.0, 1.0]
    """
    array = np.asarray(values, dtype=np.float64)
    if size is not None and array.shape != (size,):
        raise ValueError(f"expected numbers of shape {(size,)}, actual: {array.shape}")
    return array if array.flags.carray else array.copy()
