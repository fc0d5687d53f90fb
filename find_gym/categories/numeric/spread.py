"""The spread of a function's outputs: the unit in which errors are judged."""

from __future__ import annotations

import numpy as np

from find_gym.categories.numeric.atoms import FloatArray

# The greatest error that counts as right, as a share of the value or of the spread, whichever is more.
RELATIVE_TOLERANCE = 0.05
# Floating-point noise around a truth of exactly 0.
ABSOLUTE_TOLERANCE = 1e-9


def defined_only(values: FloatArray) -> FloatArray:
    """Returns those of some numbers `(n,)` that are finite; the same array where all are."""
    finite = np.isfinite(values)
    return values if np.count_nonzero(finite) == finite.size else values[finite]


def spread_of(values: FloatArray) -> float:
    """Returns the interquartile range of the defined values, or their standard deviation where that is 0.

    Args:
        values: any numbers, shape `(n,)`.
    """
    defined = defined_only(values)
    if defined.size == 0:
        return 0.0
    ordered = np.sort(defined)
    return quantile(ordered, 0.75) - quantile(ordered, 0.25) or float(np.std(defined))


def quantile(ordered: FloatArray, share: float) -> float:
    """Returns the value below which a share of the values lies, as `numpy.quantile` does, without sorting again.

    Args:
        ordered: finite values in ascending order, shape `(n,)`, n > 0.
        share: in [0, 1].
    """
    place = (ordered.size - 1) * share
    below = int(place)
    low, high = float(ordered[below]), float(ordered[min(below + 1, ordered.size - 1)])
    return between(low, high, place - below)


def between(low: float, high: float, weight: float) -> float:
    """Returns the number between two others where the second one has a weight in [0, 1)."""
    # From the nearer end, as NumPy does.
    return low + (high - low) * weight if weight < 0.5 else high - (high - low) * (1 - weight)
