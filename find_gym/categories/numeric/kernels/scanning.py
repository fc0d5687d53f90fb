"""Scans: how well each of many shapes explains the data, given their values at all inputs in a table."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.algebra import orthonormal, take_off
from find_gym.core.kernels.compiling import borrowing_helper, helper, kernel

# Shapes of which less than this share varies are as good as constant.
_FLAT = 1e-9
# Shapes whose sums are kept in the processor's nearest memory.
_BLOCK = 128
# Costs that are compared at a time: so many that the loop over them stays one, and is vectorised.
_AT_ONCE = 64


@helper
def _least_of(costs: Any) -> int:
    """Returns the place of the least finite cost, the first of several, or -1 where there is none.

    Several are compared at a time, with the least so far of each place among these.
    """
    lowest, whole, least = np.full(_AT_ONCE, math.inf), costs.size - costs.size % _AT_ONCE, math.inf
    for begin in range(0, whole, _AT_ONCE):
        for k in range(_AT_ONCE):
            cost = costs[begin + k]
            lowest[k] = cost if (cost < lowest[k]) & (cost > -math.inf) else lowest[k]
    for k in range(_AT_ONCE):
        least = min(least, lowest[k])
    for g in range(whole, costs.size):
        if -math.inf < costs[g] < least:
            least = costs[g]
    if least < math.inf:
        for g in range(costs.size):
            if costs[g] == least:
                return g
    return -1


@borrowing_helper
def take_least(costs: Any, wanted: int, chosen: Any) -> int:
    """Writes the places of the least finite costs and returns how many there are; spoils the costs."""
    for found in range(wanted):
        best = _least_of(costs)
        if best < 0:
            return found
        chosen[found] = best
        costs[best] = math.inf
    return wanted


@borrowing_helper
def select(values: Any, count: int, place: int) -> float:
    """Returns which of the first values has a place in their order; changes this order (Hoare's selection)."""
    low, high = 0, count - 1
    while low < high:
        pivot, i, j = values[place], low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while pivot < values[j]:
                j -= 1
            if i <= j:
                kept = values[i]
                values[i] = values[j]
                values[j] = kept
                i += 1
                j -= 1
        if j < place:
            low = i
        if place < i:
            high = j
    return float(values[place])


@helper
def scan_affine(
    table: Any, first: int, size: int, rows: Any, target: Any, multiplier: Any, chosen: Any, found: Any
) -> int:
    """Solves for factor and offset of each shape; finds those that explain the data best.

    Args:
        table: the values of shapes at known inputs, shape `(m, s)`.
        first: the number of the first shape.
        size: how many there are, g.
        rows: which of them the data are at, shape `(n,)`.
        target: what the shape times the multiplier should be, shape `(n,)`.
        multiplier: factors, shape `(n,)`.
        chosen: where to write the numbers of the best shapes, the best first, shape `(c,)`.
        found: where to write their factor and offset, shape `(c, 2)`.

    Returns:
        How many there are, at most c.
    """
    total, level = 0.0, 0.0
    for i in range(rows.size):
        total += multiplier[i] * multiplier[i]
        level += multiplier[i] * target[i]
    total = max(total, 1e-300)
    level /= total
    costs, sums = np.empty(size), np.empty((3, _BLOCK))
    for begin in range(first, first + size, _BLOCK):
        end = min(begin + _BLOCK, first + size)
        _sum_block(table, begin, end, rows, target, multiplier, sums)
        _cost_block(sums, total, level, costs[begin - first : end - first])
    count = take_least(costs, chosen.size, chosen)
    for place in range(count):
        mean = square = product = 0.0
        for i in range(rows.size):
            value = table[rows[i], first + chosen[place]] * multiplier[i]
            mean += value * multiplier[i]
            square += value * value
            product += value * target[i]
        variance = square - mean * mean / total
        factor = (product - mean * level) / variance if _FLAT * total < variance < math.inf else 0.0
        found[place, 0], found[place, 1] = factor, level - factor * mean / total
    return int(count)


@borrowing_helper
def _sum_block(table: Any, begin: int, end: int, rows: Any, target: Any, multiplier: Any, sums: Any) -> None:
    """Writes the sums of some shapes, of their squares, and of their products with the target."""
    mean, square, product = sums[0], sums[1], sums[2]
    mean[:], square[:], product[:] = 0.0, 0.0, 0.0
    for i in range(rows.size):
        values = table[rows[i], begin:end]
        weight = multiplier[i] * multiplier[i]
        goal = multiplier[i] * target[i]
        for g in range(end - begin):
            value = values[g]
            mean[g] += value * weight
            square[g] += value * value * weight
            product[g] += value * goal


@borrowing_helper
def _cost_block(sums: Any, total: float, level: float, costs: Any) -> None:
    """Writes the misfits of shapes with the best factor and offset, less a constant; 0 where they are flat."""
    mean, square, product, share = sums[0], sums[1], sums[2], 1.0 / total
    for g in range(costs.size):
        variance = square[g] - mean[g] * mean[g] * share
        covariance = product[g] - mean[g] * level
        usable = variance > _FLAT * total and variance < math.inf
        costs[g] = -covariance * covariance / variance if usable else 0.0


@helper
def scan_fixed(table: Any, rows: Any, target: Any, multiplier: Any, chosen: Any) -> int:
    """Finds the distinct shapes that explain the data best as they are; see `scan_affine`."""
    size = table.shape[1]
    costs = np.zeros(size)
    for i in range(rows.size):
        row = rows[i]
        weight = multiplier[i] * multiplier[i]
        goal = -2.0 * multiplier[i] * target[i]
        for g in range(size):
            value = table[row, g]
            costs[g] += value * value * weight + value * goal
    return distinct(table, rows, costs, chosen)


@kernel("int64(float64[:, ::1], int64[::1], float64[::1], int64[::1])")
def take_distinct(table: Any, rows: Any, costs: Any, chosen: Any) -> int:
    """Writes the numbers of the distinct shapes of least cost; see `distinct`."""
    return distinct(table, rows, costs, chosen)


@helper
def distinct(table: Any, rows: Any, costs: Any, chosen: Any) -> int:
    """Writes the numbers of the distinct shapes of least cost, and returns how many there are; spoils the costs."""
    size = table.shape[1]
    alike = np.empty(size, np.int64)
    for found in range(chosen.size):
        best = _least_of(costs)
        if best < 0:
            return found
        least = costs[best]
        # Of shapes that look the same at all inputs, the middle one stands for the others.
        count = 0
        limit = least + 1e-9 * abs(least) + 1e-12
        for g in range(size):
            if costs[g] <= limit:
                same = True
                for i in range(rows.size):
                    same = same and table[rows[i], g] == table[rows[i], best]
                if same:
                    alike[count] = g
                    count += 1
        chosen[found] = alike[count // 2]
        for place in range(count):
            costs[alike[place]] = math.inf
    return chosen.size


@kernel(
    "void(float64[:, ::1], int64[::1], boolean, float64[::1], float64[:, ::1], float64[::1], float64[::1],"
    " float64[::1])"
)
def scan_beside(
    table: Any, rows: Any, product: bool, offset: Any, columns: Any, target: Any, multiplier: Any, costs: Any
) -> None:
    """Finds the least misfit for each shape beside a span; see `cost_beside`."""
    cost_beside(table, rows, product, offset, columns, target, multiplier, costs)


@helper
def cost_beside(
    table: Any, rows: Any, product: bool, offset: Any, columns: Any, target: Any, multiplier: Any, costs: Any
) -> None:
    """Finds the least misfit for each shape added to, or multiplied by, any function of a span.

    Args:
        table: the values of g shapes at known inputs, shape `(m, g)`.
        rows: which of them the data are at, shape `(n,)`.
        product: whether it is multiplied.
        offset: what is in all functions of the span, shape `(n,)`.
        columns: what is combined in them, shape `(k, n)`.
        target: what the sum or product times the multiplier should be, shape `(n,)`.
        multiplier: factors, shape `(n,)`.
        costs: where to write the misfits, shape `(g,)`.
    """
    size, count = table.shape[1], rows.size
    signs = product
    for i in range(count if product else 0):
        row, others = rows[i], 0
        for g in range(size):
            others += table[row, g] * table[row, g] != 1.0
        signs = others == 0
        if not signs:
            break
    if product and not signs:
        _scan_products(table, rows, offset, columns, target, multiplier, costs)
        return
    scaled, basis = np.empty(columns.shape), np.empty(columns.shape)
    places = np.empty(columns.shape[0], np.int64)
    for k in range(columns.shape[0]):
        for i in range(count):
            scaled[k, i] = columns[k, i] * multiplier[i]
    rank = orthonormal(scaled, basis, places)
    rest, factor = np.empty(count), np.empty(count)
    # A factor of 1 or -1 keeps lengths, so it may as well multiply the target, and be on the other side.
    for i in range(count):
        rest[i] = multiplier[i] * offset[i] if signs else target[i] - multiplier[i] * offset[i]
        factor[i] = target[i] if signs else multiplier[i]
    take_off(basis, rank, rest)
    power = 0.0
    for i in range(count):
        power += rest[i] * rest[i]
    projected = np.empty((rank, _BLOCK))
    for begin in range(0, size, _BLOCK):
        end = min(begin + _BLOCK, size)
        some = costs[begin:end]
        some[:] = power
        projected[:] = 0.0
        # What is read of the table serves all sums at once.
        for i in range(count):
            values = table[rows[i], begin:end]
            square, double = factor[i] * factor[i], -2.0 * factor[i] * rest[i]
            for g in range(some.size):
                some[g] += values[g] * values[g] * square + values[g] * double
            for k in range(rank):
                entry, sums = basis[k, i] * factor[i], projected[k]
                for g in range(some.size):
                    sums[g] += values[g] * entry
        for k in range(rank):
            for g in range(some.size):
                some[g] -= projected[k, g] * projected[k, g]


@helper
def _scan_products(table: Any, rows: Any, offset: Any, columns: Any, target: Any, multiplier: Any, costs: Any) -> None:
    """Solves for each distinct shape by itself: in a narrow pulse, a basis of the whole range is ill-conditioned."""
    size, count = columns.shape
    scaled, basis = np.empty((size, count)), np.empty((size, count))
    places, rest = np.empty(size, np.int64), np.empty(count)
    for g in range(table.shape[1]):
        same = g > 0
        for i in range(count):
            same = same and table[rows[i], g] == table[rows[i], g - 1]
        if same:
            costs[g] = costs[g - 1]
            continue
        for i in range(count):
            weight = multiplier[i] * table[rows[i], g]
            rest[i] = target[i] - weight * offset[i]
            for k in range(size):
                scaled[k, i] = columns[k, i] * weight if weight != 0.0 else 0.0
        rank = orthonormal(scaled, basis, places)
        take_off(basis, rank, rest)
        costs[g] = 0.0
        for i in range(count):
            costs[g] += rest[i] * rest[i]
