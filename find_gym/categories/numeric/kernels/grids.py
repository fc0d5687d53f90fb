"""Estimates of atoms whose constants are searched on a grid: bell curves, pulses and smooth steps.

The table has the points of the grid in its first rows, one for each of their coordinates; then the shapes at these
points, a row for each known input.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from find_gym.categories.numeric.kernels import asking
from find_gym.categories.numeric.kernels.algebra import least_squares
from find_gym.categories.numeric.kernels.scanning import scan_affine, scan_fixed
from find_gym.core.kernels.compiling import borrowing_helper, helper, kernel

GAUSSIAN, RECTANGLE, SQUARE_WAVE, TANH, TAN, ERF, SIGMOID = range(7)
# Starts handed on from a scan: neighbours on the grid often look alike until they are refined.
STARTS = 4
# Those of shapes that are not multiplied.
_FIXED_STARTS = 2
# The highest outputs, through whose logarithms a parabola is laid.
_HIGHEST = 12
_LEAST_HEIGHT = 1e-300
# From here on, the steps are 1 or -1 to the last bit.
_SATURATED = 20.0


@helper
def _parabola(x: Any, target: Any, multiplier: Any, c: Any) -> bool:
    """Writes mean and deviation of a bell curve: without noise, the logarithm is a parabola, even far out."""
    heights, count = np.full(x.size, -math.inf), 0
    for i in range(x.size):
        if multiplier[i] > 0.0 and target[i] > _LEAST_HEIGHT:
            heights[i] = target[i] / multiplier[i]
            count += 1
    if count < 3:
        return False
    count = min(count, _HIGHEST)
    columns, goal, solution = np.empty((3, count)), np.empty(count), np.empty(3)
    for place in range(count):
        best = 0
        for i in range(x.size):
            if heights[i] > heights[best]:
                best = i
        columns[0, place], columns[1, place], columns[2, place] = x[best] * x[best], x[best], 1.0
        goal[place] = math.log(heights[best])
        heights[best] = -math.inf
    least_squares(columns, goal, solution)
    if not solution[0] < 0.0:
        return False
    c[0], c[1] = -solution[1] / (2.0 * solution[0]), math.sqrt(-0.5 / solution[0])
    return True


@helper
def _fixed(kind: int, x: Any, target: Any, multiplier: Any, rows: Any, table: Any, answer: Any) -> int:
    """Writes the points of the grid at which an atom without linear constants explains the target best."""
    # A pulse is not refined, so that the best one is the best.
    chosen, found = np.empty(_FIXED_STARTS if kind == GAUSSIAN else 1, np.int64), 0
    size = 1 if kind == RECTANGLE else 2
    if kind == GAUSSIAN and _parabola(x, target, multiplier, answer[0, asking.CONSTANTS :]):
        found = 1
    for place in range(scan_fixed(table, rows, target, multiplier, chosen)):
        for k in range(size):
            answer[found, asking.CONSTANTS + k] = table[k, chosen[place]]
        found += 1
    for row in range(found):
        answer[row, asking.LAYOUT] = answer[row, asking.SIZE] = size
    return found


@helper
def _affine(split: int, target: Any, multiplier: Any, rows: Any, table: Any, answer: Any) -> int:
    """Writes the points of both parts of the grid at which a multiple of a shape, plus an offset, is the best."""
    rest = table.shape[1] - split
    chosen, solved, found = np.empty(STARTS, np.int64), np.empty((STARTS, 2)), 0
    wanted = STARTS // 2 if rest > 0 else STARTS
    for part in range(2 if rest > 0 else 1):
        first = split * part
        count = scan_affine(table, first, rest if part else split, rows, target, multiplier, chosen[:wanted], solved)
        for place in range(count):
            row, point = answer[found], first + chosen[place]
            row[asking.LAYOUT] = row[asking.SIZE] = 4
            row[asking.CONSTANTS], row[asking.CONSTANTS + 3] = solved[place, 0], solved[place, 1]
            row[asking.CONSTANTS + 1], row[asking.CONSTANTS + 2] = table[0, point], table[1, point]
            found += 1
    return found


@borrowing_helper
def _canonical(kind: int, c: Any) -> int:
    """Turns what is odd in a constant about, where that is negative."""
    if kind == GAUSSIAN and c[1] < 0.0:
        c[1] = -c[1]
        return 1
    if (kind >= TANH and kind <= ERF) and c[1] < 0.0:
        c[0], c[1] = -c[0], -c[1]
        return 1
    return 0


@kernel("void(float64[::1], float64[:, ::1], float64[:, ::1])")
def tabulate_erf(x: Any, grid: Any, values: Any) -> None:
    """Writes the error function, for inputs `(n,)` on points `(2, g)` of its grid, `(n, g)`.

    Far from the step, which is where most points are, nothing is computed. (NumPy has no error function.)
    """
    for i in range(x.size):
        for g in range(grid.shape[1]):
            u = 2 * math.pi / grid[0, g] * (x[i] - grid[1, g])
            saturated = 1.0 if u > 0.0 else -1.0
            values[i, g] = math.erf(u) if abs(u) < _SATURATED or not u == u else saturated


def grids(words: Any, x: Any, target: Any, multiplier: Any, rows: Any, table: Any, answer: Any) -> int:
    """Answers questions about atoms on a grid; see `find_gym.categories.numeric.kernels.asking`."""
    mode, kind, count, width = words[asking.MODE], words[asking.KIND], words[asking.COUNT], words[asking.WIDTH]
    found = numba.carray(answer, (asking.ROWS, words[asking.ROW]))
    if mode == asking.CANONICAL or mode == asking.CANONICAL_NOISY:
        return _canonical(kind, found[0, asking.CONSTANTS :])
    if mode != asking.ESTIMATES:
        return 0
    inputs, factors = numba.carray(x, (count,)), numba.carray(multiplier, (count,))
    goal, places = numba.carray(target, (count,)), numba.carray(rows, (count,))
    shapes = numba.carray(table, (words[asking.HEIGHT], width))
    if kind >= TANH:
        return _affine(words[asking.SPLIT], goal, factors, places, shapes, found)
    return _fixed(kind, inputs, goal, factors, places, shapes, found)
