"""Rules evaluated in blocks of points, each operation rounded as the table of atoms has it in NumPy.

A rule is an array: its nodes in postfix order, each of them four integers (its kind, the address of the loop of NumPy
that it calls or 0, how many constants there are, and how many of these are in the second part of a quotient), and then
its constants.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_borrowing_helper, exact_helper, exact_kernel
from find_gym.core.kernels.ufuncs import apply_loop

# The numbers of a node before its constants.
HEADER = 4

SUM, PRODUCT = 0, 1
# The values of an atom that is not known here, as they are.
GIVEN = 2
LINEAR, POLYNOMIAL, RATIONAL, ABSOLUTE, ROOT, STEP, RELU, RECIPROCAL = range(3, 11)
RECTANGLE, SQUARE_WAVE, CONSTANT, CEIL, FLOOR, SIGNUM = range(11, 17)
# From here on, those that call a loop of NumPy.
LOGARITHM, GAUSSIAN, WAVE, SINE, COSINE, SIGMOID = range(17, 23)

_BLOCK = 1024
_BOUND = 1e-9
# Up to which angle, and with which error at most, sines are approximated: the polynomial's is 6.1e-12, that of an angle
# without its half turns 1.4e-12, and both NumPy's own and that of rounding the polynomial are some 1e-16.
_LARGEST_ANGLE, _ERROR = 1e4, 1e-11
_LEAST_ERROR = 1e-290


@exact_borrowing_helper
def _polynomial(c: Any, x: Any, y: Any) -> None:
    y[:] = c[0]
    for k in range(1, c.size):
        coefficient = c[k]
        for i in range(x.size):
            y[i] = y[i] * x[i] + coefficient


@exact_borrowing_helper
def _rational(c: Any, first: int, x: Any, room: Any, y: Any) -> None:
    _polynomial(c[:first], x, y)
    _polynomial(c[first:], x, room)
    for i in range(x.size):
        y[i] = y[i] / room[i] if room[i] != 0.0 else math.nan


@exact_borrowing_helper
def _reciprocal(factor: float, x: Any, y: Any) -> None:
    for i in range(x.size):
        y[i] = 1.0 / (factor * x[i]) if x[i] != 0.0 else math.nan


@exact_borrowing_helper
def _shape(kind: int, c: Any, x: Any, y: Any) -> None:
    """Writes the shape that an atom of straight lines scales and shifts."""
    if kind == ABSOLUTE:
        for i in range(x.size):
            y[i] = abs(x[i])
    elif kind == STEP:
        at_zero = c[2]
        for i in range(x.size):
            y[i] = 1.0 if x[i] > 0.0 else 0.0 if x[i] < 0.0 else at_zero if x[i] == 0.0 else math.nan
    elif kind == RELU:
        leak = c[2]
        for i in range(x.size):
            y[i] = leak * x[i] if leak * x[i] > x[i] else x[i]
    elif kind == ROOT and c[2] != 1.0:
        for i in range(x.size):
            y[i] = math.sqrt(x[i]) if x[i] >= 0.0 else math.nan
    else:
        for i in range(x.size):
            y[i] = x[i]


@exact_borrowing_helper
def _affine(factor: float, offset: float, y: Any) -> None:
    for i in range(y.size):
        y[i] = factor * y[i] + offset


@exact_borrowing_helper
def _jumping(kind: int, c: Any, x: Any, y: Any) -> None:
    """Writes the values of an atom that is flat between its jumps."""
    if kind == RECTANGLE:
        half = c[0] / 2
        for i in range(x.size):
            y[i] = 1.0 if abs(x[i]) <= half else 0.0
    elif kind == SQUARE_WAVE:
        period, shift = c[0] if c[0] != 0.0 else math.nan, c[1]
        for i in range(x.size):
            turns = np.floor(2 * (x[i] - shift) / period + _BOUND)
            y[i] = 1.0 if turns == 2 * np.floor(turns / 2) else -1.0
    elif kind == CONSTANT:
        y[:] = c[0]
    elif kind == CEIL:
        for i in range(x.size):
            y[i] = np.ceil(x[i])
    elif kind == FLOOR:
        for i in range(x.size):
            y[i] = np.floor(x[i])
    else:
        for i in range(x.size):
            y[i] = 1.0 if x[i] > 0.0 else -1.0 if x[i] < 0.0 else 0.0 if x[i] == 0.0 else math.nan


@exact_borrowing_helper
def _logarithm(address: int, c: Any, x: Any, room: Any, y: Any) -> None:
    # NumPy takes ten times as long where there are numbers without a logarithm.
    for i in range(x.size):
        room[i] = x[i] if x[i] > 0.0 else 1.0
    apply_loop(address, room, y)
    divisor = c[2]
    for i in range(x.size):
        y[i] = y[i] / divisor if x[i] > 0.0 else math.nan
    _affine(c[0], c[1], y)


@exact_borrowing_helper
def _gaussian(address: int, c: Any, x: Any, room: Any, y: Any) -> None:
    mean, std = c[0], c[1]
    for i in range(x.size):
        z = (x[i] - mean) / std
        room[i] = -z * z / 2
    apply_loop(address, room, y)
    divisor = std * math.sqrt(2 * math.pi)
    for i in range(x.size):
        y[i] = y[i] / divisor


@exact_borrowing_helper
def _wave(kind: int, address: int, c: Any, x: Any, room: Any, y: Any) -> None:
    period, centre = c[1], c[2]
    factor = 2 * math.pi / (period if period != 0.0 else math.nan)
    for i in range(x.size):
        room[i] = factor * (x[i] - centre)
    if kind == SIGMOID:
        for i in range(x.size):
            room[i] = room[i] / 2
    apply_loop(address, room, y)
    if kind == SIGMOID:
        _affine(0.5, 0.5, y)
    _affine(c[0], c[3], y)


@exact_borrowing_helper
def _atom(kind: int, address: int, c: Any, second: int, x: Any, room: Any, y: Any) -> None:
    """Writes the values of an atom at some points."""
    if kind == POLYNOMIAL:
        _polynomial(c, x, y)
    elif kind == RATIONAL:
        _rational(c, c.size - second, x, room, y)
    elif kind == RECIPROCAL:
        _reciprocal(c[0] if c[0] != 0.0 else math.nan, x, y)
    elif kind == LOGARITHM:
        _logarithm(address, c, x, room, y)
    elif kind == GAUSSIAN:
        _gaussian(address, c, x, room, y)
    elif kind >= WAVE:
        _wave(kind, address, c, x, room, y)
    elif kind >= RECTANGLE:
        _jumping(kind, c, x, y)
    else:
        _shape(kind, c, x, y)
        _affine(c[0], c[1], y)


@exact_borrowing_helper
def _combine(kind: int, one: Any, other: Any) -> None:
    if kind == SUM:
        for i in range(one.size):
            one[i] = one[i] + other[i]
    else:
        for i in range(one.size):
            one[i] = one[i] * other[i]


@exact_borrowing_helper
def _leave_out(x: Any, regions: Any, y: Any) -> None:
    """Replaces outputs that are not finite, and those in exceptions."""
    for i in range(y.size):
        y[i] = y[i] if abs(y[i]) < math.inf else math.nan
    for number in range(regions.shape[0] - 1, -1, -1):
        lower, upper, mean = regions[number, 0], regions[number, 1], regions[number, 2]
        for i in range(y.size):
            y[i] = mean if x[i] > lower and x[i] < upper else y[i]


@exact_borrowing_helper
def _nodes_of(rule: Any) -> int:
    count = place = 0
    while place < rule.size:
        count += 1
        place += HEADER + int(rule[place + 2])
    return count


@exact_helper
def evaluate_rule(rule: Any, given: Any, x: Any, regions: Any, y: Any) -> None:
    """Evaluates a rule with exceptions, as a part of kernels; see `evaluate`."""
    room = np.empty(_BLOCK)
    # The values of nodes that wait for their operator; the first ones stand in the outputs.
    stack = np.empty(((_nodes_of(rule) + 1) // 2, _BLOCK))
    for begin in range(0, x.size, _BLOCK):
        end = min(begin + _BLOCK, x.size)
        inputs, outputs = x[begin:end], y[begin:end]
        size = inputs.size
        depth = row = place = 0
        while place < rule.size:
            kind, address = int(rule[place]), int(rule[place + 1])
            count, second = int(rule[place + 2]), int(rule[place + 3])
            place += HEADER + count
            if kind <= PRODUCT:
                depth -= 1
                _combine(kind, outputs if depth == 1 else stack[depth - 1, :size], stack[depth, :size])
                continue
            values = outputs if depth == 0 else stack[depth, :size]
            depth += 1
            if kind == GIVEN:
                for i in range(size):
                    values[i] = given[row, begin + i]
                row += 1
            else:
                _atom(kind, address, rule[place - count : place], second, inputs, room[:size], values)
        _leave_out(inputs, regions, outputs)


@exact_borrowing_helper
def approximate_wave(rule: Any, x: Any, regions: Any, y: Any) -> float:
    """Evaluates a sine or a cosine with exceptions nearly, in a small part of the time.

    Args:
        rule: see above.
        x: inputs, from -128 to 128, shape `(n,)`.
        regions: see `evaluate`.
        y: where to write the outputs, shape `(n,)`; those in exceptions are not approximated.

    Returns:
        The greatest error of an output; infinity where there are no outputs, as the rule is another one.
    """
    if rule.size != HEADER + 4 or not SINE <= rule[0] <= COSINE:
        return math.inf
    amplitude, period, centre, offset = rule[HEADER], rule[HEADER + 1], rule[HEADER + 2], rule[HEADER + 3]
    factor = 2 * math.pi / (period if period != 0.0 else math.nan)
    # The last term is for what follows, rounded here and in NumPy.
    error = _ERROR * abs(amplitude) + 1e-15 * (abs(amplitude) + abs(offset))
    if not (abs(factor) * (128.0 + abs(centre)) <= _LARGEST_ANGLE and _LEAST_ERROR < error < math.inf):
        return math.inf
    ahead = 0.5 if rule[0] == COSINE else 0.0
    for i in range(x.size):
        angle = factor * (x[i] - centre)
        halves = np.floor(angle * (1 / math.pi) + (ahead + 0.5))
        left = angle - (halves - ahead) * math.pi
        sign = 1.0 - 2.0 * (halves - 2.0 * np.floor(0.5 * halves))
        square = left * left
        # The first terms of the sine's series.
        series = 1 - square * (1 / 156) * (1 - square * (1 / 210))
        series = 1 - square * (1 / 72) * (1 - square * (1 / 110) * series)
        series = 1 - square * (1 / 20) * (1 - square * (1 / 42) * series)
        series = 1 - square * (1 / 6) * series
        y[i] = amplitude * (sign * left * series) + offset
    _leave_out(x, regions, y)
    return error


@exact_kernel("void(float64[::1], float64[:, ::1], float64[::1], float64[:, ::1], float64[::1])")
def evaluate(rule: Any, given: Any, x: Any, regions: Any, y: Any) -> None:
    """Evaluates a rule with exceptions.

    Args:
        rule: see above.
        given: the values of atoms that are not known here, in their order, shape `(m, n)`, m > 0 or n = 0.
        x: inputs, shape `(n,)`.
        regions: lower bound, upper bound and mean of each exception, shape `(r, 3)`; the first one counts.
        y: where to write the outputs, NaN where undefined, shape `(n,)`.
    """
    evaluate_rule(rule, given, x, regions, y)
