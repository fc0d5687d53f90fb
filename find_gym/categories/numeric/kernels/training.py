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
def _find_knots(x: Any, parameters: Any, knots: Any, values: Any, guesses: Any) -> None:
    """Finds between which training inputs each unit begins or ends to be active.

    Most inputs are evenly spaced, so that arithmetic tells the place of nearly all; what it says is verified.

    Args:
        x: the training inputs, ascending, between minus and plus infinity, shape `(n + 2,)`.
        parameters: see `train`.
        knots: how many inputs are less than the zero of each unit; the last ones, replaced by those of now.
        values: room for the zeros, as many.
        guesses: room for the places that arithmetic tells, as many.
    """
    size, count = knots.size, x.size - 2
    begin, last, density = x[1], np.float64(count), (count - 1) / (x[count] - x[1]) if count > 1 else 0.0
    for unit in range(size):
        w, b = parameters[unit], parameters[size + unit]
        values[unit] = -b / (w if w != 0.0 else 1e-300)
        place = np.ceil((values[unit] - begin) * density)
        place = place if place > 0.0 else 0.0
        guesses[unit] = np.int64(place if place < last else last)
    for unit in range(size):
        guess = guesses[unit]
        if x[guess] < values[unit] and values[unit] <= x[guess + 1]:
            knots[unit] = guess
        else:
            knots[unit] = _place(x[1 : count + 1], values[unit], knots[unit])


@exact_helper
def _sort_by(knots: Any, order: Any, keys: Any) -> None:
    """Sorts units by their knots, those with the same one by their number, from an order that is nearly right."""
    size = order.size
    for i in range(size):
        keys[i] = knots[order[i]] * size + order[i]
    for i in range(1, size):
        key, unit = keys[i], order[i]
        j = i
        while j > 0 and keys[j - 1] > key:
            keys[j], order[j] = keys[j - 1], order[j - 1]
            j -= 1
        keys[j], order[j] = key, unit


@exact_helper
def _residuals(sums: Any, parameters: Any, knots: Any, order: Any, terms: Any, pieces: Any, residual: Any) -> None:
    """Writes the running sums of the residual and of its product with x up to each knot, and over all inputs.

    On each piece between two knots the network is `slope x + level`; the residual's running sums up to a knot are those
    of the pieces before it. A unit with a positive weight is active after its knot, one with a negative weight before.
    Sums that have to be added one by one stand in loops of their own, so that the rest is worked out side by side.

    Args:
        sums: see `train`.
        parameters: see `train`.
        knots: between which of the inputs each unit begins or ends, shape `(h,)`.
        order: the units in order of their knots, shape `(h,)`.
        terms: room, shape `(4, h)`.
        pieces: room, shape `(4, h + 1)`.
        residual: where to write, shape `(2, h + 1)`.
    """
    size = knots.size
    for unit in range(size):
        w, b, v = parameters[unit], parameters[size + unit], parameters[2 * size + unit]
        terms[0, unit] = 0.0 if w > 0.0 else w * v
        terms[1, unit] = 0.0 if w > 0.0 else b * v
        terms[2, unit] = abs(w) * v
        terms[3, unit] = (b if w > 0.0 else -b) * v
    slope = level = slope_change = level_change = 0.0
    pieces[0, 0] = pieces[1, 0] = 0.0
    for piece in range(size):
        slope += terms[0, piece]
        level += terms[1, piece]
        slope_change += terms[2, order[piece]]
        level_change += terms[3, order[piece]]
        pieces[0, piece + 1], pieces[1, piece + 1] = slope_change, level_change
    level += parameters[3 * size]
    edge = 0
    for piece in range(size + 1):
        following = knots[order[piece]] if piece < size else sums.shape[0] - 1
        own_slope, own_level = pieces[0, piece] + slope, pieces[1, piece] + level
        ones = sums[following, 0] - sums[edge, 0]
        inputs = sums[following, 1] - sums[edge, 1]
        squares = sums[following, 2] - sums[edge, 2]
        pieces[2, piece] = own_slope * inputs + own_level * ones
        pieces[3, piece] = own_slope * squares + own_level * inputs
        residual[0, piece], residual[1, piece] = sums[following, 3], sums[following, 4]
        edge = following
    first = second = 0.0
    for piece in range(size + 1):
        first += pieces[2, piece]
        second += pieces[3, piece]
        residual[0, piece] = first - residual[0, piece]
        residual[1, piece] = second - residual[1, piece]


@exact_helper
def _gradient(parameters: Any, order: Any, residual: Any, by_unit: Any, scale: float, gradient: Any) -> None:
    """Writes the gradient of the mean squared error over all training points."""
    size = order.size
    for piece in range(size):
        unit = order[piece]
        by_unit[0, unit], by_unit[1, unit] = residual[0, piece], residual[1, piece]
    all_ones, all_inputs = residual[0, size], residual[1, size]
    for unit in range(size):
        w, b, v = parameters[unit], parameters[size + unit], parameters[2 * size + unit]
        one, other = by_unit[0, unit], by_unit[1, unit]
        one = all_ones - one if w > 0.0 else one
        other = all_inputs - other if w > 0.0 else other
        gradient[unit] = v * other * scale
        gradient[size + unit] = v * one * scale
        gradient[2 * size + unit] = (w * other + b * one) * scale
    gradient[3 * size] = all_ones * scale


@exact_kernel("void(float64[::1], float64[:, ::1], float64[::1], int64, float64)")
def train(x: Any, sums: Any, parameters: Any, steps: int, rate: float) -> None:
    """Minimises the mean squared error by Adam (Kingma and Ba 2015), in place.

    Args:
        x: the training inputs, ascending, between minus and plus infinity, shape `(n + 2,)`, n > 0.
        sums: running sums of 1, x, x², y and x y over the first k of them, shape `(n + 1, 5)`.
        parameters: weights and biases of the h hidden units, output weights, output bias, shape `(3 h + 1,)`.
        steps: the number of steps.
        rate: the learning rate.
    """
    count = parameters.size
    size = count // 3
    knots, order, (keys, guesses) = np.zeros(size, np.int64), np.arange(size), np.empty((2, size), np.int64)
    values, by_unit, residual = np.empty(size), np.empty((2, size)), np.empty((2, size + 1))
    terms, pieces = np.empty((4, size)), np.empty((4, size + 1))
    gradient, first, second = np.empty(count), np.zeros(count), np.zeros(count)
    decay_first, decay_second = 1.0, 1.0
    scale = 2.0 / (x.size - 2)
    for _ in range(steps):
        _find_knots(x, parameters, knots, values, guesses)
        _sort_by(knots, order, keys)
        _residuals(sums, parameters, knots, order, terms, pieces, residual)
        _gradient(parameters, order, residual, by_unit, scale, gradient)
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
