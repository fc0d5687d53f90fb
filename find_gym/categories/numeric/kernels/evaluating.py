"""Rules evaluated in blocks of points, each operation rounded as the table of atoms has it in NumPy.

A rule is a list of nodes in postfix order, each of them four integers: its kind, the place of its first constant, how
many constants there are, and how many of these are in the second part (of a quotient). Sines, exponentials and the like
are NumPy's, whose last bits no other library has: one loop writes their arguments, another one takes their values.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_helper, exact_kernel

SUM, PRODUCT = 0, 1
# The values of other atoms, as they are.
GIVEN = 2
LINEAR, POLYNOMIAL, RATIONAL, ABSOLUTE, ROOT, STEP, RELU, RECIPROCAL = range(3, 11)
RECTANGLE, SQUARE_WAVE, CONSTANT, CEIL, FLOOR, SIGNUM = range(11, 17)
# From here on, those whose arguments are written first.
LOGARITHM, GAUSSIAN, WAVE, SIGMOID = range(17, 21)

_BLOCK = 1024
_BOUND = 1e-9


@exact_helper
def _polynomial(c: Any, x: Any, y: Any) -> None:
    y[:] = c[0]
    for k in range(1, c.size):
        coefficient = c[k]
        for i in range(x.size):
            y[i] = y[i] * x[i] + coefficient


@exact_helper
def _rational(c: Any, first: int, x: Any, room: Any, y: Any) -> None:
    _polynomial(c[:first], x, y)
    _polynomial(c[first:], x, room)
    for i in range(x.size):
        y[i] = y[i] / room[i] if room[i] != 0.0 else math.nan


@exact_helper
def _reciprocal(factor: float, x: Any, y: Any) -> None:
    for i in range(x.size):
        y[i] = 1.0 / (factor * x[i]) if x[i] != 0.0 else math.nan


@exact_helper
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
        y[:] = x


@exact_helper
def _affine(factor: float, offset: float, y: Any) -> None:
    for i in range(y.size):
        y[i] = factor * y[i] + offset


@exact_helper
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


@exact_helper
def _of_given(kind: int, c: Any, given: Any, y: Any) -> None:
    """Writes the values of an atom whose shape NumPy has worked out."""
    y[:] = given
    if kind == LOGARITHM or kind == GAUSSIAN:
        divisor = c[2] if kind == LOGARITHM else c[1] * math.sqrt(2 * math.pi)
        for i in range(y.size):
            y[i] = y[i] / divisor
    if kind == LOGARITHM:
        _affine(c[0], c[1], y)
    elif kind == SIGMOID:
        _affine(0.5, 0.5, y)
    if kind >= WAVE:
        _affine(c[0], c[3], y)


@exact_helper
def _atom(kind: int, c: Any, second: int, x: Any, given: Any, room: Any, y: Any) -> None:
    """Writes the values of an atom at some points."""
    if kind == GIVEN or kind >= LOGARITHM:
        _of_given(kind, c, given, y)
    elif kind == POLYNOMIAL:
        _polynomial(c, x, y)
    elif kind == RATIONAL:
        _rational(c, c.size - second, x, room, y)
    elif kind == RECIPROCAL:
        _reciprocal(c[0] if c[0] != 0.0 else math.nan, x, y)
    elif kind >= RECTANGLE:
        _jumping(kind, c, x, y)
    else:
        _shape(kind, c, x, y)
        _affine(c[0], c[1], y)


@exact_kernel("void(int64[:, ::1], float64[::1], float64[::1], float64[:, ::1])")
def write_arguments(code: Any, numbers: Any, x: Any, rows: Any) -> None:
    """Writes the arguments of NumPy's functions.

    Args:
        code: the rule, shape `(nodes, 4)`.
        numbers: its constants.
        x: inputs, shape `(n,)`.
        rows: where to write, a row for each atom that is not computed from its constants alone, shape `(m, n)`.
    """
    row = -1
    for node in range(code.shape[0]):
        kind, first = code[node, 0], code[node, 1]
        if kind == GIVEN or kind >= LOGARITHM:
            row += 1
        if kind == LOGARITHM:
            for i in range(x.size):
                rows[row, i] = x[i] if x[i] > 0.0 else math.nan
        elif kind == GAUSSIAN:
            mean, std = numbers[first], numbers[first + 1]
            for i in range(x.size):
                z = (x[i] - mean) / std
                rows[row, i] = -z * z / 2
        elif kind >= WAVE:
            period, centre = numbers[first + 1], numbers[first + 2]
            factor = 2 * math.pi / (period if period != 0.0 else math.nan)
            for i in range(x.size):
                phase = factor * (x[i] - centre)
                rows[row, i] = phase / 2 if kind == SIGMOID else phase


@exact_kernel("void(int64[:, ::1], float64[::1], float64[::1], float64[:, ::1], float64[:, ::1], float64[::1])")
def evaluate(code: Any, numbers: Any, x: Any, given: Any, regions: Any, y: Any) -> None:
    """Evaluates a rule with exceptions.

    Args:
        code: the rule, shape `(nodes, 4)`.
        numbers: its constants.
        x: inputs, shape `(n,)`.
        given: the values of NumPy's functions, or of other atoms, shape `(m, n)`.
        regions: lower bound, upper bound and mean of each exception, shape `(r, 3)`; the first one counts.
        y: where to write the outputs, NaN where undefined, shape `(n,)`.
    """
    stack, room = np.empty((code.shape[0], _BLOCK)), np.empty(_BLOCK)
    for begin in range(0, x.size, _BLOCK):
        end = min(begin + _BLOCK, x.size)
        count, depth, row = end - begin, 0, -1
        for node in range(code.shape[0]):
            kind, first = code[node, 0], code[node, 1]
            if kind <= PRODUCT:
                depth -= 1
                one, other = stack[depth - 1], stack[depth]
                for i in range(count):
                    one[i] = one[i] + other[i] if kind == SUM else one[i] * other[i]
                continue
            row += 1 if kind == GIVEN or kind >= LOGARITHM else 0
            _atom(
                kind, numbers[first : first + code[node, 2]], code[node, 3], x[begin:end],
                given[max(row, 0), begin:end], room[:count], stack[depth, :count],
            )  # fmt: skip
            depth += 1
        for i in range(count):
            y[begin + i] = stack[0, i] if abs(stack[0, i]) < math.inf else math.nan
        for number in range(regions.shape[0] - 1, -1, -1):
            lower, upper, mean = regions[number, 0], regions[number, 1], regions[number, 2]
            for i in range(begin, end):
                y[i] = mean if x[i] > lower and x[i] < upper else y[i]
