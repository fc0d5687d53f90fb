"""The atoms as loops: value and derivatives at all points at once.

Each formula has the arguments of `linear`: the constants, which follow each other; how many there are, in the first and
in the second part (a quotient has two); the inputs and how many there are; and where to write the values, `(n,)`, and
the derivatives by each constant, `(k, n)` in one row. An atom that has none here is evaluated by NumPy; see `foreign`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from find_gym.core.kernels.compiling import borrowing_helper

_TWO_PI = 2 * math.pi
_ROOT_OF_TWO_PI = math.sqrt(2 * math.pi)


def linear(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        slope[i] = x[i]
        slope[n + i] = 1.0
        value[i] = c[0] * x[i] + c[1]


def polynomial(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        power = 1.0
        total = 0.0
        for k in range(first - 1, -1, -1):
            slope[k * n + i] = power
            total += c[k] * power
            power *= x[i]
        value[i] = total


def rational(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        above = 0.0
        for k in range(first):
            above = above * x[i] + c[k]
        below = 0.0
        for k in range(first, first + second):
            below = below * x[i] + c[k]
        if below == 0.0:
            below = math.nan
        value[i] = above / below
        power = 1.0 / below
        for k in range(first - 1, -1, -1):
            slope[k * n + i] = power
            power *= x[i]
        power = -value[i] / below
        for k in range(first + second - 1, first - 1, -1):
            slope[k * n + i] = power
            power *= x[i]


def absolute(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        slope[i] = abs(x[i])
        slope[n + i] = 1.0
        value[i] = c[0] * abs(x[i]) + c[1]


def root(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        shape = x[i] if c[2] == 1.0 else math.sqrt(x[i]) if x[i] >= 0.0 else math.nan
        slope[i] = shape
        slope[n + i] = 1.0
        slope[2 * n + i] = 0.0
        value[i] = c[0] * shape + c[1]


def logarithm(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    of_base = math.log(c[2]) if c[2] > 0.0 and c[2] != 1.0 else math.nan
    for i in range(n):
        shape = math.log(x[i]) / of_base if x[i] > 0.0 else math.nan
        slope[i] = shape
        slope[n + i] = 1.0
        slope[2 * n + i] = -c[0] * shape / (c[2] * of_base)
        value[i] = c[0] * shape + c[1]


def step(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        shape = 1.0 if x[i] > 0.0 else c[2] if x[i] == 0.0 else 0.0
        slope[i] = shape
        slope[n + i] = 1.0
        slope[2 * n + i] = c[0] if x[i] == 0.0 else 0.0
        value[i] = c[0] * shape + c[1]


def relu(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        leaking = c[2] * x[i] > x[i]
        shape = c[2] * x[i] if leaking else x[i]
        slope[i] = shape
        slope[n + i] = 1.0
        slope[2 * n + i] = c[0] * x[i] if leaking else 0.0
        value[i] = c[0] * shape + c[1]


def reciprocal(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    factor = c[0] if c[0] != 0.0 else math.nan
    for i in range(n):
        value[i] = 1.0 / (factor * x[i]) if x[i] != 0.0 else math.nan
        slope[i] = -value[i] / factor


def gaussian(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    std = c[1] if c[1] != 0.0 else math.nan
    for i in range(n):
        z = (x[i] - c[0]) / std
        value[i] = math.exp(-z * z / 2) / (std * _ROOT_OF_TWO_PI)
        slope[i] = value[i] * z / std
        slope[n + i] = value[i] * (z * z - 1) / std


def rectangle(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        value[i] = 1.0 if abs(x[i]) <= c[0] / 2 else 0.0
        slope[i] = 0.0


def square_wave(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    period = c[0] if c[0] != 0.0 else math.nan
    for i in range(n):
        # The same tolerance at the bounds as in the table of atoms.
        turns = math.floor(2 * (x[i] - c[1]) / period + 1e-9)
        value[i] = 1.0 if turns == 2 * math.floor(turns / 2) else -1.0
        slope[i] = 0.0
        slope[n + i] = 0.0


def constant(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        value[i] = c[0]
        slope[i] = 1.0


def ceil(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        value[i] = math.ceil(x[i])


def floor(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        value[i] = math.floor(x[i])


def signum(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        value[i] = 1.0 if x[i] > 0.0 else -1.0 if x[i] < 0.0 else 0.0


@borrowing_helper
def _wave(c: Any, x: Any, n: int, i: int, shape: float, steepness: float, value: Any, slope: Any) -> None:
    """Writes an atom `a g(2 pi / p (x - c)) + d` at one point, given g and its derivative there."""
    steepness *= c[0]
    slope[i] = shape
    slope[n + i] = -steepness * _TWO_PI / c[1] * (x[i] - c[2]) / c[1]
    slope[2 * n + i] = -steepness * _TWO_PI / c[1]
    slope[3 * n + i] = 1.0
    value[i] = c[0] * shape + c[3]


@borrowing_helper
def _phase(c: Any, x: float) -> float:
    return _TWO_PI / (c[1] if c[1] != 0.0 else math.nan) * (x - c[2])


def tanh(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        shape = math.tanh(_phase(c, x[i]))
        _wave(c, x, n, i, shape, 1 - shape * shape, value, slope)


def sin(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        phase = _phase(c, x[i])
        _wave(c, x, n, i, math.sin(phase), math.cos(phase), value, slope)


def cos(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        phase = _phase(c, x[i])
        _wave(c, x, n, i, math.cos(phase), -math.sin(phase), value, slope)


def tan(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        shape = math.tan(_phase(c, x[i]))
        _wave(c, x, n, i, shape, 1 + shape * shape, value, slope)


def erf(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        phase = _phase(c, x[i])
        _wave(c, x, n, i, math.erf(phase), 2 / math.sqrt(math.pi) * math.exp(-phase * phase), value, slope)


def sigmoid(c: Any, first: int, second: int, x: Any, n: int, value: Any, slope: Any) -> None:
    for i in range(n):
        half = math.tanh(_phase(c, x[i]) / 2)
        _wave(c, x, n, i, 0.5 + 0.5 * half, 0.25 * (1 - half * half), value, slope)


FORMULAS: dict[str, Callable[..., None]] = {
    one.__name__: one
    for one in (
        linear, polynomial, rational, absolute, root, logarithm, step, relu, tanh, sin, cos, reciprocal, gaussian,
        rectangle, square_wave, constant, ceil, floor, signum, tan, erf, sigmoid,
    )
}  # fmt: skip
