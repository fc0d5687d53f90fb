"""Least squares by reflections (Householder 1958). A matrix is held by its columns, each a row of an array."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import borrowing_helper, helper, kernel

# Columns of which no more than this share is left once the others are projected out are redundant.
_REDUNDANT = 1e-13
# Rows of which no more than this share is left are combinations of others, as far as a quick look is concerned.
_DEPENDENT = 1e-9


@borrowing_helper
def copy_to(source: Any, target: Any) -> None:
    """Copies a vector to the start of another.

    An assignment to a slice would also have the error compiled where lengths differ, which takes seconds.
    """
    for k in range(source.size):
        target[k] = source[k]


@borrowing_helper
def length(rows: Any, row: int, first: int, count: int) -> float:
    """Returns the length of a row from its entry `first` on."""
    part, total = rows[row, first:count], 0.0
    for i in range(part.size):
        total += part[i] * part[i]
    return math.sqrt(total)


@borrowing_helper
def power_of(values: Any) -> float:
    """Returns the sum of squares."""
    total = 0.0
    for i in range(values.size):
        total += values[i] * values[i]
    return total


@borrowing_helper
def take_off(basis: Any, rank: int, rest: Any) -> None:
    """Takes off a vector, in place, what the first rows of an orthonormal basis explain of it."""
    for k in range(rank):
        share = 0.0
        for i in range(rest.size):
            share += basis[k, i] * rest[i]
        for i in range(rest.size):
            rest[i] -= share * basis[k, i]


@borrowing_helper
def reflect(rows: Any, heads: Any, column: int, count: int, first: int, end: int) -> None:
    """Applies the reflection that was made for a column to other rows, from `first` to before `end`."""
    if heads[column] == 0.0:
        return
    # Loops from 0 on are vectorised; an index that might be negative, for all that is seen of it, prevents that.
    direction, head = rows[column, column + 1 : count], heads[column]
    # Half the squared length of the reflected direction is -diagonal * head.
    share = -1.0 / (rows[column, column] * head)
    for row in range(first, end):
        other, total = rows[row, column + 1 : count], head * rows[row, column]
        for i in range(direction.size):
            total += direction[i] * other[i]
        total *= share
        rows[row, column] -= total * head
        for i in range(direction.size):
            other[i] -= total * direction[i]


@borrowing_helper
def make_reflection(rows: Any, heads: Any, column: int, count: int) -> None:
    """Makes the reflection that leaves a column nothing below its diagonal, where it keeps the direction instead."""
    size = length(rows, column, column, count)
    heads[column] = 0.0
    if size > 0.0:
        if rows[column, column] > 0.0:
            size = -size
        heads[column] = rows[column, column] - size
        rows[column, column] = size


@borrowing_helper
def triangularise(rows: Any, heads: Any, columns: int, count: int) -> None:
    """Reflects the first `columns` rows to an upper triangle, the others along with them.

    Afterwards the entry of the triangle in line i and column j stands at `rows[j, i]`.
    """
    for column in range(min(columns, count)):
        make_reflection(rows, heads, column, count)
        reflect(rows, heads, column, count, column + 1, rows.shape[0])


@borrowing_helper
def back_substitute(rows: Any, columns: int, target: int, solution: Any) -> None:
    """Solves the upper triangle of the first rows for the row `target`."""
    for j in range(columns - 1, -1, -1):
        value = rows[target, j]
        for k in range(j + 1, columns):
            value -= rows[k, j] * solution[k]
        solution[j] = value / rows[j, j]


@borrowing_helper
def _pivoted(rows: Any, heads: Any, order: Any, columns: int, count: int) -> int:
    """Reflects columns to a triangle, the longest of what is left of them first; returns their rank."""
    largest = 0.0
    for column in range(min(columns, count)):
        best, best_length = column, -1.0
        for other in range(column, columns):
            size = length(rows, other, column, count)
            if size > best_length:
                best, best_length = other, size
        if column == 0:
            largest = best_length
        if not best_length > _REDUNDANT * largest:
            return column
        if best != column:
            for i in range(count):
                kept = rows[column, i]
                rows[column, i] = rows[best, i]
                rows[best, i] = kept
            place = order[column]
            order[column] = order[best]
            order[best] = place
        make_reflection(rows, heads, column, count)
        reflect(rows, heads, column, count, column + 1, columns)
    return min(columns, count)


@helper
def least_squares(columns: Any, target: Any, solution: Any) -> tuple[float, int]:
    """Solves least squares for columns `(k, n)`; returns the misfit and the rank.

    The columns are scaled to the same length first, and taken in the order of how much they add; those that add nothing
    have the coefficient 0. Where numbers are not finite, or overflow, the coefficients are NaN and the misfit is
    infinite.
    """
    size, count = columns.shape
    return _least_squares_in(
        columns, target, np.empty((size + 2, count)), np.empty((4, size)), np.empty(size, np.int64), solution
    )


@borrowing_helper
def _least_squares_in(columns: Any, target: Any, rows: Any, room: Any, order: Any, solution: Any) -> tuple[float, int]:
    """Solves least squares as `least_squares` does, given room for what is worked out on the way."""
    size, count = columns.shape
    scale, heads, found, part, residual = room[0], room[1], room[2], room[3], rows[size + 1]
    finite = True
    for j in range(size):
        order[j] = j
        scale[j] = length(columns, j, 0, count)
        finite = finite and math.isfinite(scale[j])
        if scale[j] == 0.0:
            scale[j] = 1.0
        for i in range(count):
            rows[j, i] = columns[j, i] / scale[j]
    for i in range(count):
        finite = finite and math.isfinite(target[i])
    if not finite:
        for j in range(size):
            solution[j] = math.nan
        return math.inf, size
    rank = _pivoted(rows, heads, order, size, count)
    for j in range(size):
        found[j] = 0.0
    for i in range(count):
        residual[i] = target[i]
    # Exact data must give exact constants: once more for what the rounding errors leave.
    for _ in range(2):
        for i in range(count):
            rows[size, i] = residual[i]
        for j in range(rank):
            reflect(rows, heads, j, count, size, size + 1)
        back_substitute(rows, rank, size, part)
        for j in range(rank):
            found[order[j]] += part[j]
        for i in range(count):
            residual[i] = target[i]
        for j in range(size):
            factor = found[j] / scale[j]
            for i in range(count):
                residual[i] -= factor * columns[j, i]
    cost = 0.0
    for i in range(count):
        cost += residual[i] * residual[i]
    for j in range(size):
        solution[j] = found[j] / scale[j]
    return (cost if cost < math.inf else math.inf), rank


@kernel("int64(float64[:, ::1], float64[::1], float64[::1])")
def solve(columns: Any, target: Any, solution: Any) -> int:
    """Solves least squares, writes the misfit behind the coefficients and returns the rank; see `least_squares`."""
    solution[columns.shape[0]], rank = least_squares(columns, target, solution)
    return rank


@borrowing_helper
def orthonormal(rows: Any, basis: Any, places: Any) -> int:
    """Writes orthonormal rows that span the same space, and which rows they were made of; returns how many there are.

    Each row is made perpendicular to those before it, twice; what is left of redundant ones, and rows that overflow,
    are left out.

    Args:
        rows: shape `(k, n)`.
        basis: where to write the orthonormal rows, shape `(k, n)`.
        places: where to write the positions of rows that are no combinations of earlier ones, shape `(k,)`.
    """
    size, count = rows.shape
    rank = 0
    for row in range(size):
        norm = length(rows, row, 0, count)
        if not (norm > 0.0 and norm < math.inf) or rank == count:
            continue
        for i in range(count):
            basis[rank, i] = rows[row, i] / norm
        for _ in range(2):
            for other in range(rank):
                share = 0.0
                for i in range(count):
                    share += basis[other, i] * basis[rank, i]
                for i in range(count):
                    basis[rank, i] -= share * basis[other, i]
        norm = length(basis, rank, 0, count)
        if norm > _DEPENDENT:
            for i in range(count):
                basis[rank, i] /= norm
            places[rank] = row
            rank += 1
    return rank


@kernel("int64(float64[:, ::1], float64[:, ::1], int64[::1])")
def orthonormalise(rows: Any, basis: Any, places: Any) -> int:
    """Makes rows orthonormal; see `orthonormal`."""
    return orthonormal(rows, basis, places)
