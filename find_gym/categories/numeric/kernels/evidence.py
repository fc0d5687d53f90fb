"""What evidence says of a rule: residuals, outliers and noise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.models import linearise
from find_gym.categories.numeric.kernels.scanning import select
from find_gym.core.kernels.compiling import borrowing_helper, exact_helper, helper, kernel

# Scale of a normal distribution over the median of its absolute values.
_MAD = 1.4826
# Rounding errors of an output, relative to its size.
_ROUNDING = 1e-9
# All floats beyond are integers.
_FRACTIONS = 2.0**53


@borrowing_helper
def median(values: Any, count: int) -> float:
    """Returns the median of the first values, in which it changes their order."""
    middle = count // 2
    select(values, count, middle)
    if count % 2 == 1:
        return values[middle]
    below = values[0]
    for i in range(middle):
        below = max(below, values[i])
    # The sum of the two may overflow.
    return below / 2 + values[middle] / 2


@helper
def inspect(model: Any, vector: Any, x: Any, y: Any, usable: Any, residuals: Any, summary: Any) -> None:
    """Compares a rule with the evidence.

    Args:
        model: the rule.
        vector: its constants, shape `(k,)`.
        x: inputs, shape `(n,)`.
        y: outputs, shape `(n,)`.
        usable: which points it was fitted to, shape `(n,)`.
        residuals: where to write output less rule, NaN where that is undefined, shape `(n,)`.
        summary: where to write the robust standard deviation of the residuals of usable points, their root mean square,
            and how many there are: 3 numbers.
    """
    count = x.size
    nodes, factors, slope = np.empty((model[2], count)), np.empty((model[2], count)), np.empty((vector.size, count))
    linearise(model, vector, x, nodes, factors, slope)
    known, square = 0, 0.0
    sizes = np.empty(count)
    for i in range(count):
        value = nodes[model[2] - 1, i]
        residuals[i] = y[i] - value if math.isfinite(value) else math.nan
        if usable[i] and math.isfinite(residuals[i]):
            sizes[known] = abs(residuals[i])
            known += 1
    for i in range(known):
        square += sizes[i] * sizes[i]
    summary[0] = _MAD * median(sizes, known) if known > 0 else 0.0
    summary[1] = math.sqrt(square / known) if known > 0 else 0.0
    summary[2] = known


@exact_helper
def weighted(x: Any, target: Any, multiplier: Any) -> Any:
    """Returns the points that a rule has to go through for multiplier times rule to be the target.

    Args:
        x: inputs, shape `(n,)`.
        target: shape `(n,)`.
        multiplier: shape `(n,)`.

    Returns:
        Inputs, outputs and weights, without those of weight 0, shape `(3, m)`.
    """
    evidence = np.empty((3, np.count_nonzero(multiplier)))
    count = 0
    for i in range(x.size):
        if multiplier[i] != 0.0:
            evidence[0, count] = x[i]
            evidence[1, count] = target[i] / multiplier[i]
            evidence[2, count] = abs(multiplier[i])
            count += 1
    return evidence


@kernel("float64(float64[::1], float64[::1], boolean[::1])")
def noise_mean(x: Any, y: Any, usable: Any) -> float:
    """Returns the mean of Poisson noise; see `poisson_mean`."""
    return poisson_mean(x, y, usable)


@borrowing_helper
def poisson_mean(x: Any, y: Any, usable: Any) -> float:
    """Returns half the mean square by which outputs of the same input differ, if only by integers, to an integer.

    Args:
        x: inputs in ascending order, shape `(n,)`.
        y: outputs, shape `(n,)`.
        usable: which points count, shape `(n,)`.

    Returns:
        The number, at least 1; 0 where no input was repeated, or the differences are no integers.
    """
    largest = 0.0
    for i in range(x.size):
        if usable[i]:
            largest = max(largest, abs(y[i]))
    tolerance = min(1e-6 + _ROUNDING * largest, 0.01)
    total, repeated, found, before = 0.0, 0, 0, -1
    for i in range(x.size):
        if not usable[i]:
            continue
        if before >= 0 and x[i] == x[before]:
            change = abs(y[i] - y[before])
            repeated += 1
            total += change * change
            if change > _ROUNDING * largest:
                if not abs(change - np.rint(change)) <= tolerance or max(abs(y[i]), abs(y[before])) > _FRACTIONS:
                    return 0.0
                found += 1
        before = i
    return max(1.0, np.rint(total / repeated / 2)) if found > 0 else 0.0
