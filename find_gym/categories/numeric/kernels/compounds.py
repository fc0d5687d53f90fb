"""Sums and products: linear ones are solved at once, atoms on a grid scanned, the others fitted in turn.

A sum of linear atoms spans the union of their basis functions; a product, all products of two. For products that is a
relaxation: the coefficients of the span need not factorise. A span's misfit is therefore a lower bound of the rule's,
for the price of one linear least squares.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from find_gym.categories.numeric.kernels import asking
from find_gym.categories.numeric.kernels.algebra import copy_to, least_squares, orthonormal, power_of, take_off
from find_gym.categories.numeric.kernels.alternating import alternate, join
from find_gym.categories.numeric.kernels.asking import (
    ask,
    ask_about,
    constants_of,
    functions_of,
    set_model,
    write_level,
)
from find_gym.categories.numeric.kernels.estimating import EXACT, estimate
from find_gym.categories.numeric.kernels.factors import MOST_FACTORS
from find_gym.categories.numeric.kernels.models import linearise
from find_gym.categories.numeric.kernels.parts import (
    FACTOR_KIND,
    FACTORS,
    HEADER,
    HEIGHT,
    MOST_CONSTANTS,
    OTHERS,
    PARTS,
    PER_RULE,
    SAME,
    SCANNED,
    TABLE,
    WHOLE_SPAN,
    WIDTH,
    pack,
    part_of,
    parts_from,
    rows_of,
    unpack,
)
from find_gym.categories.numeric.kernels.scaling import rescale
from find_gym.categories.numeric.kernels.scanning import cost_beside, distinct
from find_gym.core.kernels import jobs
from find_gym.core.kernels.compiling import borrowing_helper, helper

SUM, PRODUCT = range(2)
# What is handed on: points of a grid for which the rest is solved, or the best of several starts.
_BEST = 3
# Starts of a rule of two linear atoms, of which the first few mostly do, and of those that take longer.
_STARTS = 40
_SLOW_STARTS = 5
# Starts that are worked out together where there are fewer points than constants: of several exact fits, the closest is
# a little better than the first.
_STARTS_AT_ONCE = 4
# A fit whose misfit is this many times that of the span is as good as any.
_ENOUGH = 1.0001
# Rectified units differ in slope between the sides of 0, and no ratio of levels tells by how much.
_SLOPES = (0.2, 0.5, 0.8)


# --- Spans ------------------------------------------------------------------------------------------------------------


@borrowing_helper
def _add_to_span(own: Any, size: int, product: bool, block: Any, count: int) -> int:
    """Adds a part with so many functions, or multiplies by it, and returns how many there are then."""
    points = block.shape[1]
    if not product:
        for i in range(points):
            block[0, i] += own[0, i]
        for k in range(size):
            for i in range(points):
                block[1 + count + k, i] = own[1 + k, i]
        return count + size
    fixed = own_fixed = False
    for i in range(points):
        fixed = fixed or block[0, i] != 0.0
        own_fixed = own_fixed or own[0, i] != 0.0
    # From the last one down, so that each is still there when it is read.
    total = count * size
    for j in range(size if fixed else 0):
        for i in range(points):
            block[1 + total + j, i] = block[0, i] * own[1 + j, i]
    total += size if fixed else 0
    for k in range(count if own_fixed else 0):
        for i in range(points):
            block[1 + total + k, i] = own[0, i] * block[1 + k, i]
    total += count if own_fixed else 0
    for k in range(count - 1, -1, -1):
        for j in range(size - 1, -1, -1):
            for i in range(points):
                block[1 + size * k + j, i] = block[1 + k, i] * own[1 + j, i]
    for i in range(points):
        block[0, i] *= own[0, i]
    return total


@helper
def _write_span(parts: Any, count: int, product: bool, x: Any, block: Any) -> int:
    """Writes the span of the whole; see `find_gym.categories.numeric.kernels.asking.functions_of`."""
    rules = parts[0]
    found = functions_of(part_of(parts, 0), asking.SPAN, x, block)
    for part in range(1, count):
        own = np.empty((1 + rules[part, asking.SPAN_SIZE], x.size))
        size = functions_of(part_of(parts, part), asking.SPAN, x, own)
        found = _add_to_span(own, size, product, block, found)
    return found


@helper
def _least_misfit(block: Any, size: int, target: Any, multiplier: Any) -> float:
    """Returns the least misfit of the functions of a span, 0 where these overflow."""
    weighed, basis, rest = np.empty((size, target.size)), np.empty((size, target.size)), np.empty(target.size)
    finite = True
    for k in range(size):
        for i in range(target.size):
            finite = finite and math.isfinite(block[1 + k, i])
            weighed[k, i] = block[1 + k, i] * multiplier[i]
    if not finite:
        return 0.0
    rank = orthonormal(weighed, basis, np.empty(size, np.int64))
    for i in range(target.size):
        rest[i] = target[i] - multiplier[i] * block[0, i]
    take_off(basis, rank, rest)
    return power_of(rest)


# --- Estimates --------------------------------------------------------------------------------------------------------


@helper
def _solve_at_once(parts: Any, x: Any, target: Any, multiplier: Any, rows: Any, part_rows: Any) -> bool:
    """Solves a sum of atoms that are linear; redundant coefficients are 0. Returns False if they are not linear."""
    rules, size = parts[0], 0
    count, points = part_rows.shape[0], x.size
    for part in range(count):
        if rules[part, asking.BASIS_SIZE] < 0:
            return False
        size += rules[part, asking.BASIS_SIZE]
    stacked, firsts = np.empty((size, points)), np.zeros(count + 1, np.int64)
    rest = target.copy()
    for part in range(count):
        block = np.empty((1 + rules[part, asking.BASIS_SIZE], points))
        own, first = functions_of(part_of(parts, part), asking.BASIS, x, block), firsts[part]
        for i in range(points):
            rest[i] -= multiplier[i] * block[0, i]
        for k in range(own):
            for i in range(points):
                stacked[first + k, i] = block[1 + k, i] * multiplier[i]
        firsts[part + 1] = first + own
    size = firsts[count]
    basis, places, coefficients = np.empty((size, points)), np.empty(size, np.int64), np.zeros(size)
    rank = orthonormal(stacked[:size], basis, places)
    for k in range(rank):
        copy_to(stacked[places[k]], basis[k])
    solution = np.empty(rank)
    if rank > 0:
        least_squares(basis[:rank], rest, solution)
    for k in range(rank):
        coefficients[places[k]] = solution[k]
        for i in range(points):
            rest[i] -= solution[k] * basis[k, i]
    goal = np.empty(points)
    for part in range(count):
        known, own = part_of(parts, part), part_rows[part]
        answer = np.empty((asking.ROWS, rules[part, asking.RULE_ROW]))
        copy_to(rest, goal)
        for k in range(firsts[part], firsts[part + 1]):
            answer[0, asking.CONSTANTS + k - firsts[part]] = coefficients[k]
            for i in range(points):
                goal[i] += coefficients[k] * stacked[k, i]
        answer[0, asking.LAYOUT] = answer[0, asking.SIZE] = firsts[part + 1] - firsts[part]
        known[3][asking.MODE] = asking.FROM_BASIS
        written = ask(known[0][asking.ADDRESS], known[3], x, goal, multiplier, rows[part], known[4], answer)
        if written == 0 and not rules[part, asking.KNOWN]:
            # Python raised an error.
            return False
        copy_to(answer[0], own)
        if written > 0:
            # What these constants do not explain of the part's share is left to the next.
            _subtract(known, own, x, multiplier, goal)
            copy_to(goal, rest)
    return True


@helper
def _subtract(known: Any, row: Any, x: Any, multiplier: Any, rest: Any) -> None:
    """Takes off factors times the values of a rule, where it is defined."""
    set_model(known, row)
    model, vector = known[2], constants_of(row)
    nodes, slope = np.empty((2, model[2], x.size)), np.empty((vector.size, x.size))
    linearise(model, vector, x, nodes[0], nodes[1], slope)
    for i in range(x.size):
        value = nodes[0, model[2] - 1, i]
        rest[i] -= multiplier[i] * value if math.isfinite(value) else 0.0


@helper
def _scan(
    structure: Any, parts: Any, product: bool, x: Any, target: Any, multiplier: Any, rows: Any, polish: bool,
    part_rows: Any, found: Any,
) -> int:  # fmt: skip
    """Scans the grid of one atom with the rest of the sum or product solved for; returns how many rows were written."""
    part, others, count = structure[SCANNED], structure[OTHERS], part_rows.shape[0]
    rules, own = parts[0], structure[HEADER + PER_RULE * part :]
    known = part_of(parts, others)
    block = np.empty((1 + rules[others, asking.SPAN_SIZE], x.size))
    size = functions_of(known, asking.SPAN, x, block)
    table = numba.carray(jobs.pointer(own[TABLE]), (own[HEIGHT], own[WIDTH]), np.float64)
    costs, chosen, misfits = np.empty(own[WIDTH]), np.empty(_BEST, np.int64), np.full(_BEST, math.inf)
    cost_beside(table, rows[part], product, block[0], block[1 : 1 + size], target, multiplier, costs)
    goal, factor, enough, written = np.empty(x.size), np.empty(x.size), EXACT * power_of(target), 0
    for place in range(distinct(table, rows[part], costs, chosen)):
        for i in range(x.size):
            value = table[rows[part, i], chosen[place]]
            goal[i] = target[i] if product else target[i] - multiplier[i] * value
            factor[i] = multiplier[i] * value if product else multiplier[i]
        rest = np.empty(rules[others, asking.RULE_ROW])
        cost = estimate(known, x, goal, factor, rows[others], polish, rest)
        if not cost < math.inf:
            continue
        if count == 2:
            copy_to(rest, part_rows[others])
        else:
            unpack(parts, rest, part, part_rows)
        grid = rules[part, asking.GRID]
        part_rows[part, asking.LAYOUT] = grid if rules[part, asking.KNOWN] else 0.0
        part_rows[part, asking.SIZE] = grid
        for k in range(grid):
            part_rows[part, asking.CONSTANTS + k] = table[k, chosen[place]]
        _keep(parts, part_rows, cost, written, misfits, found)
        written += 1
        if cost <= enough:
            break
    return written


@borrowing_helper
def _keep(parts: Any, part_rows: Any, cost: float, written: int, misfits: Any, found: Any) -> None:
    """Writes a row among those of the least misfits, in their order, of which so many were found before."""
    place = min(written, misfits.size)
    while place > 0 and cost < misfits[place - 1]:
        place -= 1
    if place == misfits.size:
        return
    for other in range(misfits.size - 1, place, -1):
        misfits[other] = misfits[other - 1]
        copy_to(found[other - 1], found[other])
    misfits[place] = cost
    pack(parts, part_rows, found[place])


@helper
def _factors(structure: Any, parts: Any, count: int, x: Any, target: Any, multiplier: Any, blocks: Any) -> Any:
    """Asks what the parts may be as factors of the outputs; returns how many answers there are for each."""
    y, numbers = np.empty(x.size), np.zeros(count, np.int64)
    for i in range(x.size):
        y[i] = target[i] / multiplier[i]
    for part in range(count):
        own, words = structure[HEADER + PER_RULE * part :], parts[2][part].copy()
        if own[SAME] < part:
            numbers[part] = numbers[own[SAME]]
            copy_to(blocks[own[SAME]].reshape(-1), blocks[part].reshape(-1))
        elif own[FACTORS] != 0:
            words[asking.MODE], words[asking.KIND], words[asking.ATOM] = asking.FACTORS, own[FACTOR_KIND], count
            numbers[part] = ask(own[FACTORS], words, x, y, multiplier, words[:0], 0, blocks[part])
    return numbers


@helper
def _write_start(number: int, product: bool, x: Any, numbers: Any, blocks: Any, values: Any) -> int:
    """Writes where to start, and the weights of the inputs; returns which part is estimated first, or -1 at the end."""
    count = values.shape[0] - 1
    for part in range(count):
        for i in range(x.size):
            values[part, i] = 1.0 if product else 0.0
    for i in range(x.size):
        values[count, i] = 1.0
    if number < count:
        return number
    number -= count
    for part in range(count):
        if number < numbers[part]:
            copy_to(blocks[part, 0, number], values[part])
            copy_to(blocks[part, 1, number], values[count])
            return int((part + 1) % count)
        number -= numbers[part]
    if number >= count * len(_SLOPES):
        return -1
    slope, part = _SLOPES[number // count], number % count
    for i in range(x.size):
        values[part, i] = max(x[i], slope * x[i])
    return int((part + 1) % count)


@helper
def _backfit(
    structure: Any, parts: Any, product: bool, x: Any, target: Any, multiplier: Any, rows: Any, polish: bool,
    part_rows: Any, found: Any,
) -> int:  # fmt: skip
    """Fits the parts in turn with the others held, from several starts, and writes what the best of these lead to.

    Without polish, for the parts of a nested rule, one start has to do: starts within starts would multiply.
    """
    count, points, misfits = part_rows.shape[0], (x, target, multiplier), np.full(_BEST, math.inf)
    values, used, atoms = np.empty((count + 1, x.size)), 0, 0
    for part in range(count):
        atoms += parts[0][part, asking.ATOMS]
    for i in range(x.size):
        used += multiplier[i] != 0.0
    at_once, most, enough = 1, 1, 0.0
    if polish:
        if used == 0:
            return 0
        enough, most, at_once = EXACT * power_of(target), _SLOW_STARTS, count
        if structure[WHOLE_SPAN] >= 0:
            block = np.empty((1 + structure[WHOLE_SPAN], x.size))
            size = _write_span(parts, count, product, x, block)
            enough += _least_misfit(block, size, target, multiplier) * _ENOUGH
            most = _STARTS if atoms == 2 else _SLOW_STARTS
        # Where there are no more points than constants, further starts lead to fits that nothing tells apart.
        if used <= structure[MOST_CONSTANTS]:
            at_once = most = _STARTS_AT_ONCE
    numbers = np.zeros(count, np.int64)
    room = count if product and used == x.size and polish else 0
    blocks, written = np.empty((room, 2, MOST_FACTORS, x.size)), 0
    for number in range(most):
        if number == count:
            if room == 0:
                break
            numbers = _factors(structure, parts, count, x, target, multiplier, blocks)
        first = _write_start(number, product, x, numbers, blocks, values)
        if first < 0:
            break
        cost = alternate(parts, product, points, rows, first, values, polish, part_rows)
        if cost < math.inf:
            _keep(parts, part_rows, cost, written, misfits, found)
            written += 1
        if (number + 1) % at_once == 0 and misfits[0] <= enough:
            break
    return min(written, _BEST)


@helper
def _estimates(
    structure: Any, parts: Any, product: bool, x: Any, target: Any, multiplier: Any, places: Any, polish: bool,
    part_rows: Any, found: Any,
) -> int:  # fmt: skip
    """Writes rows of constants, the best first, and returns how many there are."""
    rows = rows_of(structure, places)
    if not product and _solve_at_once(parts, x, target, multiplier, rows, part_rows):
        pack(parts, part_rows, found[0])
        return 1
    if structure[SCANNED] >= 0:
        # Known up to a coarse grid, and then without constants: scanned with the rest projected out.
        return _scan(structure, parts, product, x, target, multiplier, rows, polish, part_rows, found)
    return _backfit(structure, parts, product, x, target, multiplier, rows, polish, part_rows, found)


# --- Other questions --------------------------------------------------------------------------------------------------


@helper
def _ask_about_part(parts: Any, part: int, mode: int, part_rows: Any) -> bool:
    """Asks about the constants of a part; returns whether others were written in their place."""
    answer = np.empty((asking.ROWS, parts[0][part, asking.RULE_ROW]))
    copy_to(part_rows[part, : answer.shape[1]], answer[0])
    changed = ask_about(part_of(parts, part), mode, answer) > 0
    if changed:
        copy_to(answer[0], part_rows[part])
    return changed


@helper
def _choose_canonical(parts: Any, mode: int, product: bool, part_rows: Any) -> None:
    """Chooses among constants that are the same function the ones that FIND would draw."""
    rules, only_atoms = parts[0], True
    for part in range(part_rows.shape[0]):
        _ask_about_part(parts, part, mode, part_rows)
        only_atoms = only_atoms and rules[part, asking.ATOMS] == 1
    if product and only_atoms and mode == asking.CANONICAL:
        rescale(rules, part_rows)


@helper
def _shorten(parts: Any, atom: int, part_rows: Any) -> bool:
    """Takes the highest power off the polynomial that an atom is; returns False where it is none, or is short."""
    rules, part = parts[0], 0
    while atom >= rules[part, asking.ATOMS]:
        atom -= rules[part, asking.ATOMS]
        part += 1
    own = part_rows[part]
    if rules[part, asking.KNOWN]:
        size = int(own[asking.SIZE])
        if rules[part, asking.LOWERED] == asking.NEVER or size <= asking.FEWEST:
            return False
        for k in range(size - 1):
            own[asking.CONSTANTS + k] = own[asking.CONSTANTS + k + 1]
        own[asking.LAYOUT] = own[asking.SIZE] = size - 1
        return True
    parts[2][part, asking.ATOM] = atom
    return _ask_about_part(parts, part, asking.SHORTER, part_rows)


@helper
def _write_model(parts: Any, product: bool, part_rows: Any, flat: Any) -> None:
    """Writes the length of the code, the code, and decimals, least and greatest value of each constant."""
    count, size = part_rows.shape[0], 0
    for part in range(count):
        set_model(part_of(parts, part), part_rows[part])
        size += int(part_rows[part, asking.SIZE])
    model, first = join(parts, count, product), 0
    flat[0] = model.size
    for k in range(model.size):
        flat[1 + k] = model[k]
    for part in range(count):
        limits = part_of(parts, part)[1]
        for which in range(3):
            for k in range(int(part_rows[part, asking.SIZE])):
                flat[1 + model.size + which * size + first + k] = limits[which, k]
        first += int(part_rows[part, asking.SIZE])


@helper
def _write_levels(parts: Any, product: bool, level: float, part_rows: Any) -> bool:
    """Writes constants for which the whole is about constant; returns False where Python raised an error."""
    possible = True
    for part in range(part_rows.shape[0]):
        neutral = 1.0 if product else 0.0
        possible = possible and write_level(part_of(parts, part), level if part == 0 else neutral, part_rows[part])
    return possible


def compounds(words: Any, x: Any, target: Any, multiplier: Any, rows: Any, table: Any, answer: Any) -> int:
    """Answers questions about sums and products; see `find_gym.categories.numeric.kernels.asking`."""
    if words[asking.ASKED] > 1:
        # It could not be answered: a part did not answer, or there was no memory.
        return 0
    mode, product, count = words[asking.MODE], words[asking.KIND] == PRODUCT, words[asking.COUNT]
    structure = numba.carray(table, (words[asking.WIDTH],)).view(np.int64)
    parts = parts_from(structure, words[asking.DEGREE])
    found = numba.carray(answer, (asking.ROWS, words[asking.ROW]))
    part_rows = np.empty((structure[PARTS], words[asking.ROW]))
    inputs, written = numba.carray(x, (count,)), 0
    if mode == asking.SPAN:
        block = numba.carray(answer, (1 + structure[WHOLE_SPAN], count))
        written = _write_span(parts, structure[PARTS], product, inputs, block)
    elif mode == asking.ESTIMATES:
        goal, factors = numba.carray(target, (count,)), numba.carray(multiplier, (count,))
        places, polish = numba.carray(rows, (count,)), words[asking.POLISH] != 0
        written = _estimates(structure, parts, product, inputs, goal, factors, places, polish, part_rows, found)
    elif mode == asking.LEVEL:
        level = numba.carray(target, (1,))[0]
        written = int(_write_levels(parts, product, level, part_rows))
        if written > 0:
            pack(parts, part_rows, found[0])
    elif mode == asking.MODEL:
        unpack(parts, found[0], -1, part_rows)
        _write_model(parts, product, part_rows, found.reshape(-1))
        written = 1
    elif mode == asking.SHORTER:
        unpack(parts, found[0], -1, part_rows)
        written = int(_shorten(parts, words[asking.ATOM], part_rows))
        pack(parts, part_rows, found[0])
    elif mode == asking.CANONICAL or mode == asking.CANONICAL_NOISY:
        unpack(parts, found[0], -1, part_rows)
        _choose_canonical(parts, mode, product, part_rows)
        pack(parts, part_rows, found[0])
        written = 1
    words[asking.ASKED] = 0
    return int(written)
