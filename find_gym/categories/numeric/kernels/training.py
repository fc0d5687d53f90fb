"""Networks with one input, one hidden ReLU layer of any size and one output, evaluated and trained; see `networks`.

Each operation is rounded as NumPy would round it, in the same order, so that the same seed gives the same weights on
every platform: sums are not reordered, and no product is merged with a sum.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_helper, exact_kernel


@exact_helper
def _place(x: Any, value: float, guess: int) -> int:
    """Returns how many of the ascending numbers are less than a value, NaN being the greatest; the guess is near."""
    if math.isnan(value):
        return x.size
    place = guess
    while place > 0 and not x[place - 1] < value:
        # Not near: by halves.
        if guess - place >= 16:
            low, high = 0, place
            while low < high:
                middle = (low + high) // 2
                if x[middle] < value:
                    low = middle + 1
                else:
                    high = middle
            return low
        place -= 1
    while place < x.size and x[place] < value:
        if place - guess >= 16:
            low, high = place, x.size
            while low < high:
                middle = (low + high) // 2
                if x[middle] < value:
                    low = middle + 1
                else:
                    high = middle
            return low
        place += 1
    return place


@exact_helper
def _sort_by(knots: Any, order: Any) -> None:
    """Sorts units by their knots, those with the same one by their number, from an order that is nearly right."""
    for i in range(1, order.size):
        unit = order[i]
        j = i - 1
        while j >= 0 and (knots[order[j]] > knots[unit] or (knots[order[j]] == knots[unit] and order[j] > unit)):
            order[j + 1] = order[j]
            j -= 1
        order[j + 1] = unit


@exact_helper
def _gradient(
    x: Any, moments: Any, targets: Any, parameters: Any, knots: Any, order: Any, residual: Any, gradient: Any
) -> None:
    """Writes the gradient of the mean squared error over all training points.

    On each piece between two knots the network is `slope x + level`; the residual's running sums up to a knot are those
    of the pieces before it. A unit with a positive weight is active after its knot, one with a negative weight before.
    """
    size = knots.size
    slope = level = 0.0
    for unit in range(size):
        w, b, v = parameters[unit], parameters[size + unit], parameters[2 * size + unit]
        knots[unit] = _place(x, -b / (w if w != 0.0 else 1e-300), knots[unit])
        slope += 0.0 if w > 0.0 else w * v
        level += 0.0 if w > 0.0 else b * v
    _sort_by(knots, order)
    level += parameters[3 * size]
    slope_change = level_change = first = second = 0.0
    edge = 0
    for piece in range(size + 1):
        if piece > 0:
            unit = order[piece - 1]
            w, b, v = parameters[unit], parameters[size + unit], parameters[2 * size + unit]
            slope_change += abs(w) * v
            level_change += (b if w > 0.0 else -b) * v
        following = knots[order[piece]] if piece < size else x.size
        own_slope, own_level = slope_change + slope, level_change + level
        ones = moments[0, following] - moments[0, edge]
        sums = moments[1, following] - moments[1, edge]
        squares = moments[2, following] - moments[2, edge]
        first += own_slope * sums + own_level * ones
        second += own_slope * squares + own_level * sums
        residual[0, piece] = first - targets[0, following]
        residual[1, piece] = second - targets[1, following]
        edge = following
    scale = 2.0 / x.size
    for piece in range(size):
        unit = order[piece]
        w, b, v = parameters[unit], parameters[size + unit], parameters[2 * size + unit]
        one, other = residual[0, piece], residual[1, piece]
        if w > 0.0:
            one, other = residual[0, size] - one, residual[1, size] - other
        gradient[unit] = v * other * scale
        gradient[size + unit] = v * one * scale
        gradient[2 * size + unit] = (w * other + b * one) * scale
    gradient[3 * size] = residual[0, size] * scale


@exact_kernel("void(float64[::1], float64[:, ::1], float64[:, ::1], float64[::1], int64, float64)")
def train(x: Any, moments: Any, targets: Any, parameters: Any, steps: int, rate: float) -> None:
    """Minimises the mean squared error by Adam (Kingma and Ba 2015), in place.

    Args:
        x: the training inputs, ascending, shape `(n,)`.
        moments: running sums of 1, x and x² over the first k of them, shape `(3, n + 1)`.
        targets: running sums of y and x y, shape `(2, n + 1)`.
        parameters: weights and biases of the h hidden units, output weights, output bias, shape `(3 h + 1,)`.
        steps: the number of steps.
        rate: the learning rate.
    """
    count = parameters.size
    size = count // 3
    knots, order, residual = np.zeros(size, np.int64), np.arange(size), np.empty((2, size + 1))
    gradient, first, second = np.empty(count), np.zeros(count), np.zeros(count)
    decay_first, decay_second = 1.0, 1.0
    for _ in range(steps):
        _gradient(x, moments, targets, parameters, knots, order, residual, gradient)
        decay_first *= 0.9
        decay_second *= 0.999
        own_rate, unbiased = rate / (1 - decay_first), 1 - decay_second
        for k in range(count):
            first[k] += 0.1 * (gradient[k] - first[k])
            second[k] += 0.001 * (gradient[k] * gradient[k] - second[k])
            parameters[k] -= own_rate * first[k] / (math.sqrt(second[k] / unbiased) + 1e-8)


@exact_kernel("void(float64[:, ::1], float64[::1], float64[::1])")
def evaluate(units: Any, x: Any, y: Any) -> None:
    """Adds the outputs of a network, one unit after the other.

    Args:
        units: the weights, the biases and the output weights of the hidden units, shape `(3, units)`.
        x: inputs, shape `(n,)`.
        y: what to add them to, shape `(n,)`.
    """
    for unit in range(units.shape[1]):
        weight, bias, output = units[0, unit], units[1, unit], units[2, unit]
        for i in range(x.size):
            hidden = weight * x[i] + bias
            # What is not a number stays so.
            y[i] += output * (0.0 if hidden < 0.0 else hidden)
