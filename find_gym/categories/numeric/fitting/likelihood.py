"""How likely evidence is under a rule with exceptions, in nats."""

from __future__ import annotations

import math

import numpy as np

from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.fitting.regions import REGION_STD, Interval
from find_gym.categories.numeric.kernels import exceptions

# A misfit of this share of the power is rounding error.
EXACT_SHARE = 1e-20
OWN_ROUNDING, SHARED_ROUNDING = exceptions.OWN_ROUNDING, exceptions.SHARED_ROUNDING
# Normal deviations of the spread, or of the steps, inside an exception, below which its outputs are no draws.
_TOO_CLOSE = -4.0


def exact_tolerance(y: FloatArray) -> FloatArray:
    """Returns how far from outputs `(n,)` an exact rule may be."""
    return OWN_ROUNDING * np.abs(y) + SHARED_ROUNDING * np.abs(y).max(initial=0.0) + 1e-300


def outside_cost(residuals: FloatArray, scale: float, y: FloatArray) -> FloatArray:
    """Returns the negative log-likelihood of each output under a rule with normal noise.

    Args:
        residuals: outputs less the rule, shape `(n,)`, NaN where the rule is undefined.
        scale: the standard deviation of the noise.
        y: outputs, shape `(n,)`; their size bounds how exact a rule can be.
    """
    cost = np.empty(y.size)
    exceptions.cost_outside(np.ascontiguousarray(residuals), scale, np.ascontiguousarray(y), cost)
    return cost


def is_credible(values: FloatArray) -> bool:
    """Whether outputs can be independent draws inside an exception: no two alike, and not much too close together.

    Args:
        values: the outputs inside, shape `(n,)`.
    """
    freedom = values.size - 1
    if freedom < 1:
        return True
    if np.unique(values).size < values.size:
        return False
    steps = np.diff(values)
    centred = values - values.mean()
    # Von Neumann's ratio: 2 for independent draws, with a standard deviation of about 2 / sqrt(n); near 0 if smooth.
    ratio = float(steps @ steps) / max(float(centred @ centred), 1e-300)
    if (ratio - 2) * math.sqrt(values.size) / 2 < _TOO_CLOSE:
        return False
    # Chi-squared, made normal by its cube root (Wilson and Hilferty 1931).
    share = float(values.var()) * values.size / freedom / REGION_STD**2
    width = 2 / (9 * freedom)
    return (share ** (1 / 3) - (1 - width)) / math.sqrt(width) > _TOO_CLOSE


def intervals_cost(intervals: tuple[Interval, ...] | list[Interval], y: FloatArray) -> float:
    """Returns the negative log-likelihood of the outputs inside exceptions, and what their constants cost.

    Args:
        intervals: the exceptions.
        y: outputs in order of their inputs, shape `(n,)`.
    """
    outputs = np.ascontiguousarray(y)
    return sum([exceptions.cost_inside(outputs, interval.start, interval.stop) for interval in intervals], 0.0)
