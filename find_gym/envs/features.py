"""Numbers of any size as bounded features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Outputs of FIND's functions reach about 1e15 (products of polynomials); larger ones are clipped.
_ASINH_LIMIT = float(np.arcsinh(1e15))
_LOG_LOW, _LOG_HIGH = -9.0, 15.0


def squash(y: FloatArray) -> FloatArray:
    """Maps outputs to [-1, 1] by asinh: linear near 0, logarithmic far away; undefined becomes 0."""
    return np.clip(np.arcsinh(np.nan_to_num(y)) / _ASINH_LIMIT, -1.0, 1.0)


def unsquash(value: FloatArray) -> FloatArray:
    """The inverse of `squash`."""
    return np.sinh(np.asarray(value) * _ASINH_LIMIT)


def relative(y: FloatArray) -> FloatArray:
    """Maps outputs to [-1, 1] in units of the largest magnitude among them; undefined becomes 0."""
    filled = np.nan_to_num(y)
    largest = np.max(np.abs(filled), initial=0.0)
    return filled / largest if largest > 0 else filled


def log_magnitude(y: FloatArray) -> FloatArray:
    """Maps outputs to [0, 1] by the logarithm of their magnitude, from 1e-9 to 1e15; 0 and undefined become 0."""
    magnitude = np.clip(np.abs(np.nan_to_num(y)), 10**_LOG_LOW, 10**_LOG_HIGH)
    return (np.log10(magnitude) - _LOG_LOW) / (_LOG_HIGH - _LOG_LOW)
