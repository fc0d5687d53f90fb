"""Numbers of any size as bounded features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Outputs of FIND's functions reach about 1e15 (products of polynomials); larger ones are clipped.
ASINH_LIMIT = float(np.arcsinh(1e15))
LOG_LOW, LOG_HIGH = -9.0, 15.0
MAGNITUDES = (10**LOG_LOW, 10**LOG_HIGH)


def squash(y: FloatArray) -> FloatArray:
    """Maps outputs to [-1, 1] by asinh: linear near 0, logarithmic far away; undefined becomes 0."""
    return squash_finite(filled(y))


def squash_finite(y: FloatArray) -> FloatArray:
    """Does the same for numbers that are known to be finite."""
    return _between(np.arcsinh(y) / ASINH_LIMIT, -1.0, 1.0)


def unsquash(value: FloatArray) -> FloatArray:
    """The inverse of `squash`."""
    return np.sinh(np.asarray(value) * ASINH_LIMIT)


def relative(y: FloatArray) -> FloatArray:
    """Maps outputs to [-1, 1] in units of the largest magnitude of their row; undefined becomes 0."""
    finite = filled(y)
    largest = np.max(np.abs(finite), axis=-1, keepdims=True, initial=0.0)
    return np.divide(finite, largest, out=np.zeros_like(finite), where=largest > 0)


def log_magnitude(y: FloatArray) -> FloatArray:
    """Maps outputs to [0, 1] by the logarithm of their magnitude, from 1e-9 to 1e15; 0 and undefined become 0."""
    return scaled_log(np.abs(filled(y)))


def scaled_log(magnitude: FloatArray) -> FloatArray:
    """Does the same for magnitudes, which are known to be finite."""
    return (np.log10(_between(magnitude, *MAGNITUDES)) - LOG_LOW) / (LOG_HIGH - LOG_LOW)


def filled(y: FloatArray) -> FloatArray:
    """Replaces NaN by 0 and infinities by the largest numbers; most often there is nothing to replace."""
    return y if np.count_nonzero(np.isfinite(y)) == np.size(y) else np.nan_to_num(y)


def _between(y: FloatArray, low: float, high: float) -> FloatArray:
    """Clips; for small arrays several times as fast as `np.clip`."""
    return np.minimum(np.maximum(y, low), high)
