"""How many outputs are predicted within their tolerances."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.evaluating import evaluate_rule
from find_gym.categories.numeric.kernels.ordering import finish_sorting, sort_roughly
from find_gym.categories.numeric.spread import ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE
from find_gym.core.kernels.compiling import exact_borrowing_helper, exact_helper, exact_kernel
from find_gym.core.kernels.sums import pairwise_sum


@exact_borrowing_helper
def tolerance(truth: float, spread: float) -> float:
    """Returns the greatest error that counts as right; see `find_gym.categories.numeric.inputs.tolerance_of`."""
    return max(RELATIVE_TOLERANCE * max(abs(truth), spread), ABSOLUTE_TOLERANCE)


@exact_helper
def _squared_error(truth: Any, predicted: Any) -> float:
    errors, squares = np.empty(truth.size), np.empty(truth.size)
    count = 0
    for i in range(truth.size):
        if np.isfinite(truth[i]):
            error = truth[i] - predicted[i]
            errors[count], squares[count] = error * error, truth[i] * truth[i]
            count += 1
    return pairwise_sum(errors[:count]) / pairwise_sum(squares[:count])


@exact_kernel("float64(float64[::1], float64[::1])")
def squared_error(truth: Any, predicted: Any) -> float:
    """Returns a sum of squared errors over that of squares; see `paper.normalised_squared_error`.

    Args:
        truth: the true outputs, not finite where undefined, shape `(n,)`.
        predicted: the predicted outputs, shape `(n,)`.
    """
    return _squared_error(truth, predicted)


@exact_kernel(
    "void(float64[::1], float64[:, ::1], float64[::1], float64[:, ::1], float64, float64, int64, float64[::1])"
)
def count_right(
    rule: Any, regions: Any, predicted: Any, points: Any, spread: float, largest: float, size: int, shares: Any
) -> None:
    """Counts which outputs are right: within the tolerance or, where the truth is undefined, undefined as well.

    Args:
        rule: what predicts them; of size 0 where they are given.
        regions: its exceptions; see `find_gym.categories.numeric.kernels.evaluating.evaluate`.
        predicted: the outputs that are given, shape `(n,)`.
        points: the inputs and the true outputs, not finite where undefined, shape `(2, n)`.
        spread: that of the truth.
        largest: a number of greater size counts as undefined where the truth is.
        size: the number of outputs of each part, one part after the other.
        shares: where to write the share of each part that is right, that of all parts but the last, and the squared
            error of the outputs that follow the parts (see `squared_error`), shape `(p + 2,)`.
    """
    truth = points[1]
    if rule.size:
        predicted = np.empty(truth.size)
        evaluate_rule(rule, np.empty((1, 0)), points[0], regions, predicted)
    parts, total = shares.size - 2, 0
    for part in range(parts):
        count = 0
        for i in range(part * size, (part + 1) * size):
            # Neither is near, where the prediction is undefined.
            is_near = abs(predicted[i] - truth[i]) <= tolerance(truth[i], spread)
            is_undefined = not abs(predicted[i]) <= largest
            count += is_near if abs(truth[i]) < math.inf else is_undefined
        shares[part] = count / size
        total += count if part + 1 < parts else 0
    shares[parts] = total / ((parts - 1) * size)
    shares[parts + 1] = _squared_error(truth[parts * size :], predicted[parts * size :])


@exact_helper
def find_most_within(truth: Any, spread: float) -> int:
    """Returns how many outputs the best constant predicts; see `most_within`."""
    defined, count = np.empty(truth.size), 0
    for i in range(truth.size):
        if np.isfinite(truth[i]):
            defined[count] = truth[i]
            count += 1
    defined = defined[:count]
    sort_roughly(defined)
    begins, ends = np.empty(count), np.empty(count)
    for i in range(count):
        allowed = tolerance(defined[i], spread)
        begins[i], ends[i] = defined[i] - allowed, defined[i] + allowed
    # Tolerances, too, put few of them out of order.
    finish_sorting(begins)
    finish_sorting(ends)
    # Where an interval begins, those overlap that began before and have not ended; the bounds count as inside. Their
    # number is never taken to fall, so that it ends as the greatest.
    ended = 0
    for i in range(count):
        ended += ends[ended] < begins[i]
    return max(truth.size - count, count - ended)


@exact_kernel("int64(float64[::1], float64)")
def most_within(truth: Any, spread: float) -> int:
    """Returns how many outputs the best constant predicts, or the best description that says "undefined".

    Args:
        truth: the true outputs, not finite where undefined, shape `(n,)`.
        spread: that of the truth.
    """
    return find_most_within(truth, spread)
