"""The fixed bank of probe inputs of the `tokens` interface."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_PER_SIDE = 32
_SCALE = 1.5
_GOLDEN, _SILVER = 0.6180339887498949, 0.4142135623730951


def numeric_probes() -> NDArray[np.float64]:
    """Returns the 65 numeric probes, sorted, from -128 to 128, 0 among them, shape `(65,)`.

    They are spaced evenly in asinh(x / 1.5), so densely near 0, with a jitter of irrational steps that differs on both
    sides: an even spacing would alias short periods.
    """

    def side(step: float) -> NDArray[np.float64]:
        index = np.arange(_PER_SIDE)
        jitter = 0.6 * (np.mod((index + 1) * step, 1.0) - 0.5)
        jitter[-1] = 0.0
        position = (index + 1 + jitter) / _PER_SIDE
        return np.round(_SCALE * np.sinh(position * np.arcsinh(128.0 / _SCALE)), 3)

    return np.concatenate([-side(_SILVER)[::-1], [0.0], side(_GOLDEN)])
