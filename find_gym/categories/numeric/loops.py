"""Numeric functions as compiled loops take them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.function import NumericBlackBox, NumericFunction
from find_gym.categories.numeric.variants import Region

NO_NUMBERS, _NO_BOUNDS = np.empty(0), np.empty((0, 3))
# What stands for a function that loops do not know.
NO_LOOPS = NO_NUMBERS, _NO_BOUNDS


def loops_of(function: NumericBlackBox) -> tuple[FloatArray, FloatArray]:
    """Returns the truth of a function as loops evaluate it.

    Returns:
        Its rule, of size 0 if they can't, and its exceptions; see `find_gym.categories.numeric.kernels.evaluating`.
    """
    if type(function) is not NumericFunction:
        return NO_LOOPS
    spec = function.spec
    # Whoever gives a function another truth is judged by that.
    if spec.network is not None or "truth" in vars(function):
        return NO_LOOPS
    rule = spec.rule.compiled
    return NO_LOOPS if rule.given else (rule.nodes, bounds_of(spec.regions))


def bounds_of(regions: Sequence[Region]) -> FloatArray:
    """Returns the lower bound, the upper bound and the mean of each exception, shape `(r, 3)`."""
    if not regions:
        return _NO_BOUNDS
    return np.array([(region.lower, region.upper, region.mean) for region in regions], dtype=np.float64)
