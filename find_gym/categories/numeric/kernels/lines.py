"""Estimates of atoms that are linear in their constants, or are so with a few values of the others."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from find_gym.categories.numeric.kernels import asking
from find_gym.categories.numeric.kernels.algebra import least_squares
from find_gym.core.kernels.compiling import borrowing_helper, helper

LINEAR, POLYNOMIAL, CONSTANT, ABSOLUTE, STEP, RELU, ROOT, LOGARITHM, RECIPROCAL, WITHOUT_CONSTANTS = range(10)

# The greatest leak that is fitted: the derivative by the leak ends at 1.
_MOST_LEAK = 1 - 1e-9
# The base of logarithms can't be told from the factor: this one is the plainest.
_PLAIN_BASE = 10.0
# Factors that are this near to one decimal, in tenths, are plain.
_NEAR = 1e-6
# A misfit of this share of the power is rounding error.
_EXACT = 1e-20
# The degree of a line; of NumPy's type, so that what takes it is not compiled for this number.
_LINE: Any = np.int64(1)
# A reciprocal of which nothing is known.
_FAR = 10.0


@borrowing_helper
def _write_basis(kind: int, x: float, degree: int, weight: float, columns: Any, place: int) -> int:
    """Writes the functions that an atom combines, at one point, times a weight; returns how many they are."""
    count = 2
    if kind == POLYNOMIAL:
        count = degree + 1
        power = weight
        for k in range(degree, -1, -1):
            columns[k, place] = power
            power *= x
        return count
    if kind == CONSTANT:
        columns[0, place] = weight
        return 1
    if kind == LINEAR:
        columns[0, place] = x * weight
    elif kind == ABSOLUTE:
        columns[0, place] = abs(x) * weight
    elif kind == STEP:
        columns[0, place] = (1.0 if x > 0.0 else 0.5 if x == 0.0 else 0.0) * weight
    elif kind == ROOT:
        columns[0, place] = (math.sqrt(x) if x >= 0.0 else math.nan) * weight
    elif kind == LOGARITHM:
        columns[0, place] = (math.log(x) / math.log(_PLAIN_BASE) if x > 0.0 else math.nan) * weight
    elif kind == RELU:
        columns[0, place] = max(x, 0.0) * weight
        columns[1, place] = min(x, 0.0) * weight
        count = 3
    columns[count - 1, place] = weight
    return count


@helper
def _solve(kind: int, x: Any, target: Any, multiplier: Any, degree: int, keep: Any, solution: Any) -> float:
    """Solves for the coefficients of the basis on the points to keep; returns the misfit."""
    columns, goal = np.empty((max(degree + 1, 3), x.size)), np.empty(x.size)
    count = size = 0
    for i in range(x.size):
        if keep[i]:
            size = _write_basis(kind, x[i], degree, multiplier[i], columns, count)
            goal[count] = target[i]
            count += 1
    packed = np.empty((size, count))
    for k in range(size):
        for i in range(count):
            packed[k, i] = columns[k, i]
    cost, _ = least_squares(packed, goal[:count], solution[:size])
    return cost


@helper
def _leaky(x: Any, target: Any, multiplier: Any, c: Any) -> None:
    """Writes factor, offset and leak for slopes right and left and an offset.

    Where the slopes ask for a leak outside [0, 1], the best at either end.
    """
    right, left, offset = c[0], c[1], c[2]
    if right != 0.0 and 0.0 <= left / right <= 1.0:
        c[1], c[2] = offset, min(left / right, _MOST_LEAK)
        return
    columns, solution, least = np.empty((2, x.size)), np.empty(2), math.inf
    for leak in (0.0, _MOST_LEAK):
        for i in range(x.size):
            columns[0, i] = max(x[i], leak * x[i]) * multiplier[i]
            columns[1, i] = multiplier[i]
        cost, _ = least_squares(columns, target, solution)
        if leak == 0.0 or cost < least:
            least = cost
            c[0], c[1], c[2] = solution[0], solution[1], leak


@borrowing_helper
def _from_basis(kind: int, x: Any, target: Any, multiplier: Any, c: Any) -> int:
    """Turns coefficients of the basis into constants, in place; returns how many these are."""
    if kind == RELU:
        _leaky(x, target, multiplier, c)
    elif kind == STEP:
        total, count = 0.0, 0
        for i in range(x.size):
            if x[i] == 0.0 and multiplier[i] != 0.0:
                total += target[i] / multiplier[i]
                count += 1
        # The value at 0 is a separate constant.
        c[2] = (total / count - c[1]) / c[0] if c[0] != 0.0 and count > 0 else 0.5
    return 3


@helper
def _on_part(kind: int, x: Any, target: Any, multiplier: Any, answer: Any) -> int:
    """Solves for factor and offset where a root or a logarithm is defined; a line counts as a root as well."""
    keep, found, power = np.empty(x.size, np.bool_), 0, 0.0
    costs = np.empty(2)
    for i in range(x.size):
        power += target[i] * target[i]
    for attempt in range(2 if kind == ROOT else 1):
        count = 0
        for i in range(x.size):
            keep[i] = attempt == 1 or x[i] > 0.0 or (kind == ROOT and x[i] == 0.0)
            count += keep[i]
        # A root or logarithm that is undefined at most of the evidence is not what was seen.
        if 2 * count < x.size or count < 1:
            continue
        row = answer[found]
        row[asking.LAYOUT] = row[asking.SIZE] = 3
        c = row[asking.CONSTANTS :]
        # Of those that are exact, the first.
        costs[found] = max(
            _solve(LINEAR if attempt == 1 else kind, x, target, multiplier, _LINE, keep, c), _EXACT * power
        )
        c[2] = _PLAIN_BASE if kind == LOGARITHM else 2.0 - attempt
        found += 1
    if found == 2 and costs[1] < costs[0]:
        for k in range(answer.shape[1]):
            kept = answer[0, k]
            answer[0, k] = answer[1, k]
            answer[1, k] = kept
    return found


@borrowing_helper
def _reciprocal(x: Any, target: Any, multiplier: Any) -> float:
    power = product = 0.0
    for i in range(x.size):
        if x[i] != 0.0:
            inverse = multiplier[i] / x[i]
            power += inverse * inverse
            product += inverse * target[i]
    coefficient = product / power if power > 0.0 else 0.0
    return 1.0 / coefficient if coefficient != 0.0 and math.isfinite(1.0 / coefficient) else _FAR


@helper
def _estimate(kind: int, x: Any, target: Any, multiplier: Any, degree: int, answer: Any) -> int:
    if kind == ROOT or kind == LOGARITHM:
        return _on_part(kind, x, target, multiplier, answer)
    row, c = answer[0], answer[0, asking.CONSTANTS :]
    size = 3 if kind == STEP or kind == RELU else degree + 1 if kind == POLYNOMIAL else 2
    if kind == WITHOUT_CONSTANTS:
        size = 0
    elif kind == RECIPROCAL:
        size = 1
        c[0] = _reciprocal(x, target, multiplier)
    else:
        keep, some = np.empty(x.size, np.bool_), False
        for i in range(x.size):
            keep[i] = kind != STEP or x[i] != 0.0
            some = some or keep[i]
        if not some:
            keep[:] = True
        _solve(kind, x, target, multiplier, degree, keep, c)
        if kind == STEP or kind == RELU:
            _from_basis(kind, x, target, multiplier, c)
        elif kind == CONSTANT:
            size = 1
    row[asking.LAYOUT] = row[asking.SIZE] = size
    return 1


@borrowing_helper
def _plain_base(c: Any) -> int:
    """Chooses the base of a logarithm, which only scales the factor, such that the factor has one decimal."""
    factor, chosen = c[0] / math.log(c[2]), _PLAIN_BASE
    for tenth in range(10, 101):
        # The plainest base, then those that are drawn.
        base = _PLAIN_BASE if tenth == 10 else tenth / 10
        tenths = factor * math.log(base) * 10
        if abs(tenths - np.rint(tenths)) < _NEAR:
            chosen = base
            break
    c[0] = factor * math.log(chosen)
    c[2] = chosen
    return 1


@borrowing_helper
def _write_functions(kind: int, x: Any, degree: int, block: Any) -> int:
    """Writes the functions that an atom combines behind the first row; returns how many they are."""
    count = 1
    for i in range(x.size):
        if kind == RECIPROCAL:
            block[1, i] = 1.0 / x[i] if x[i] != 0.0 else math.nan
        else:
            count = _write_basis(kind, x[i], degree, 1.0, block[1:], i)
    return count


def lines(words: Any, x: Any, target: Any, multiplier: Any, rows: Any, table: Any, answer: Any) -> int:
    """Answers questions about atoms that are linear; see `find_gym.categories.numeric.kernels.asking`."""
    mode, kind, count = words[asking.MODE], words[asking.KIND], words[asking.COUNT]
    found = numba.carray(answer, (asking.ROWS, words[asking.ROW]))
    if mode == asking.CANONICAL and kind == LOGARITHM:
        return _plain_base(found[0, asking.CONSTANTS :])
    points = numba.carray(x, (count,)), numba.carray(target, (count,)), numba.carray(multiplier, (count,))
    if mode == asking.ESTIMATES:
        return _estimate(kind, points[0], points[1], points[2], words[asking.DEGREE], found)
    if mode == asking.BASIS or mode == asking.SPAN:
        degree = words[asking.DEGREE]
        return _write_functions(kind, points[0], degree, numba.carray(answer, (2 + max(degree, 2), count)))
    if mode == asking.FROM_BASIS and (kind == STEP or kind == RELU):
        found[0, asking.LAYOUT] = found[0, asking.SIZE] = 3
        return _from_basis(kind, points[0], points[1], points[2], found[0, asking.CONSTANTS :]) // 3
    return 0
