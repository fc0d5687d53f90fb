"""Where to look first: inputs spread over the query range, and densely near 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from find_gym.functions import QUERY_RANGE

_SCALE = 3.0
_GOLDEN = 0.6180339887498949


def spread_inputs(count: int) -> NDArray[np.float64]:
    """Returns inputs that cover the query range, half of them evenly and half densely near 0.

    The places are moved by irrational steps, because an even spacing would alias short periods. From three inputs on,
    both ends of the range are among them.

    Args:
        count: how many; a non-negative integer.

    Returns:
        Different inputs, sorted, float64 of shape `(count,)`.

    Example:
        >>> spread_inputs(3).tolist()
        [-128.0, 0.0, 128.0]
    """
    low, high = QUERY_RANGE
    ends = [low, high] if count >= 3 else []
    inner = count - len(ends)
    dense = (inner + 1) // 2
    near = _SCALE * np.sinh(_places(dense) * np.arcsinh(high / _SCALE))
    even = _places(inner - dense, offset=0.37) * high
    inputs = np.sort(np.round(np.concatenate([ends, near, even]), 5))
    # Where both series meet in one place, half a unit of the last digit tells them apart.
    inputs[1:][np.diff(inputs) == 0] += 5e-6
    return inputs


def _places(count: int, offset: float = 0.0) -> NDArray[np.float64]:
    """Returns places in (-1, 1), one in each of `count` equal cells; a single one is 0 where there is no offset."""
    index = np.arange(count)
    jitter = 0.6 * (np.mod(index * _GOLDEN + offset, 1.0) - 0.5) if count > 1 or offset else np.zeros(count)
    return (2 * index + 1 + 2 * jitter) / max(count, 1) - 1
