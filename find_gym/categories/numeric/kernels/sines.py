"""Estimates of sines and cosines: the periods that are drawn, else any other.

The table has the periods in its first row, those that are drawn before the others; then a row for each known input: the
sines with all periods, then the cosines.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from find_gym.categories.numeric.kernels import asking
from find_gym.categories.numeric.kernels.algebra import least_squares
from find_gym.categories.numeric.kernels.scanning import select, take_least
from find_gym.core.kernels.compiling import borrowing_helper, exact_helper, exact_kernel, helper
from find_gym.core.kernels.ufuncs import apply_loop

SIN, COS = range(2)
# Periods handed on from a scan.
_STARTS = 2

# Between these lie the centres that FIND draws, rounding included.
_LEAST_CENTRE, _GREATEST_CENTRE = 0.05, 6.35
# How many centres, half a period apart, are tried, and the least period for which they are.
_MOST_CENTRES = 6
_LEAST_PERIOD = 1e-6
# All other periods are looked at where the best of those that are drawn leaves this share of the power …
_POOR = 1e-6
# … and replace them only where one is better by far, because there are many more to choose from …
_BETTER = 0.25
# … and where there are enough points for a fit of four constants to mean something.
_FEW = 8
# So few periods are all solved exactly; of more, those of the greatest power.
_FEW_PERIODS, _SOLVED = 80, 50
# Keeps normal equations solvable, as a share of the weights.
_RIDGE = 1e-9


@helper
def _scan(table: Any, first: int, size: int, rows: Any, target: Any, multiplier: Any, chosen: Any) -> float:
    """Finds the periods with which a sine, a cosine and an offset explain the data best.

    Args:
        table: the sines, then the cosines, at known inputs, shape `(m, 2 g)`.
        first: the number of the first period to look at.
        size: how many there are to look at.
        rows: which rows of the table the data are at, shape `(n,)`.
        target: what the wave times the multiplier should be, shape `(n,)`.
        multiplier: factors, shape `(n,)`.
        chosen: where to write the numbers of the best periods, the best first, -1 for none, shape `(c,)`.

    Returns:
        The misfit of the best one, to within a small share of the power.
    """
    total, level = 0.0, 0.0
    for i in range(rows.size):
        total += multiplier[i] * multiplier[i]
        level += multiplier[i] * target[i]
    total = max(total, 1e-300)
    tried = np.arange(first, first + (size if size <= _FEW_PERIODS else _SOLVED))
    if size > _FEW_PERIODS:
        _strongest(table, first, size, rows, target, multiplier, level / total, tried)
    costs, order = np.empty(tried.size), np.full(chosen.size, -1)
    for one in range(tried.size):
        costs[one] = _misfit(table, rows, target, multiplier, total, tried[one])
    best = math.inf
    for one in range(tried.size):
        best = min(best, costs[one])
    take_least(costs, chosen.size, order)
    for place in range(chosen.size):
        chosen[place] = tried[order[place]] if order[place] >= 0 else -1
    return best


@helper
def _strongest(
    table: Any, first: int, size: int, rows: Any, target: Any, multiplier: Any, level: float, tried: Any
) -> None:
    """Writes the periods of the greatest power."""
    half = table.shape[1] // 2
    sine, cosine = np.zeros(size), np.zeros(size)
    for i in range(rows.size):
        centred = multiplier[i] * (target[i] - multiplier[i] * level)
        sines, cosines = table[rows[i], first : first + size], table[rows[i], half + first : half + first + size]
        for g in range(size):
            sine[g] += sines[g] * centred
            cosine[g] += cosines[g] * centred
    weakness = np.empty(size)
    for g in range(size):
        power = sine[g] * sine[g] + cosine[g] * cosine[g]
        weakness[g] = -power if math.isfinite(power) else math.inf
    limit = select(weakness.copy(), size, tried.size - 1)
    found = 0
    # Those within the limit, then as many at it as there is room for.
    for g in range(size):
        if weakness[g] < limit:
            tried[found] = first + g
            found += 1
    for g in range(size):
        if found < tried.size and weakness[g] == limit:
            tried[found] = first + g
            found += 1


@borrowing_helper
def _misfit(table: Any, rows: Any, target: Any, multiplier: Any, total: float, g: int) -> float:
    """Solves for sine, cosine and offset with one period by elimination, and returns the misfit."""
    size = table.shape[1] // 2
    ss = cc = sc = s = c = st = ct = t = 0.0
    for i in range(rows.size):
        sine, cosine = table[rows[i], g] * multiplier[i], table[rows[i], size + g] * multiplier[i]
        ss += sine * sine
        cc += cosine * cosine
        sc += sine * cosine
        s += sine * multiplier[i]
        c += cosine * multiplier[i]
        st += sine * target[i]
        ct += cosine * target[i]
        t += multiplier[i] * target[i]
    ridge = _RIDGE * total
    ss += ridge
    cc += ridge
    one = total + ridge
    # The offset first, then the cosine.
    ss -= s * s / one
    sc -= s * c / one
    cc -= c * c / one
    st -= s * t / one
    ct -= c * t / one
    a = (st - sc * ct / cc) / (ss - sc * sc / cc)
    b = (ct - sc * a) / cc
    d = (t - s * a - c * b) / one
    cost = 0.0
    for i in range(rows.size):
        rest = target[i] - multiplier[i] * (a * table[rows[i], g] + b * table[rows[i], size + g] + d)
        cost += rest * rest
    return cost if cost < math.inf else math.inf


@exact_helper
def plainest_turn(first: float, half: float, begin: int, end: int) -> int:
    """Returns which number of half periods, from begin to end, leads from a centre to one nearest to one decimal.

    Distances are compared to six digits of a tenth, so that of centres that are equally near the first is taken.
    """
    best, least = begin, math.inf
    for turn in range(begin, end + 1):
        tenths = (first + turn * half) * 10
        distance = np.round(abs(tenths - np.round(tenths)) * 1e6)
        if distance < least:
            best, least = turn, distance
    return best


@helper
def _solve(period: float, cosine: bool, x: Any, target: Any, multiplier: Any, c: Any) -> bool:
    """Writes amplitude, period, centre and offset of a wave with a period; the centre in (0, 6.3] where possible.

    Half a period more of centre is a change of sign, so several centres are the same; the one nearest to one decimal is
    taken.
    """
    columns, solution = np.empty((3, x.size)), np.empty(3)
    for i in range(x.size):
        phase = 2 * math.pi / period * x[i]
        columns[0, i] = math.sin(phase) * multiplier[i]
        columns[1, i] = math.cos(phase) * multiplier[i]
        columns[2, i] = multiplier[i]
    least_squares(columns, target, solution)
    if not math.isfinite(solution[0] + solution[1] + solution[2]):
        return False
    amplitude, half = math.hypot(solution[0], solution[1]), period / 2
    angle = math.atan2(solution[0], solution[1]) if cosine else math.atan2(-solution[1], solution[0])
    centre = angle * period / (2 * math.pi)
    begin, end = math.ceil((_LEAST_CENTRE - centre) / half), math.floor((_GREATEST_CENTRE - centre) / half)
    if begin <= end:
        turn = plainest_turn(centre, half, begin, end)
        amplitude = -amplitude if turn % 2 else amplitude
        centre += turn * half
    c[0], c[1], c[2], c[3] = amplitude, period, centre, solution[2]
    return True


@helper
def _estimate(
    cosine: bool, split: int, x: Any, target: Any, multiplier: Any, rows: Any, table: Any, answer: Any
) -> int:
    chosen, others = np.empty(_STARTS, np.int64), np.empty(_STARTS, np.int64)
    power = 0.0
    for i in range(x.size):
        power += target[i] * target[i]
    misfit = _scan(table, 0, split, rows, target, multiplier, chosen)
    if misfit > _POOR * power and x.size >= _FEW:
        rest = table.shape[1] // 2 - split
        if _scan(table, split, rest, rows, target, multiplier, others) < _BETTER * misfit:
            chosen = others
    found = 0
    for place in range(_STARTS):
        if chosen[place] >= 0 and _solve(
            table[0, chosen[place]], cosine, x, target, multiplier, answer[found, asking.CONSTANTS :]
        ):
            answer[found, asking.LAYOUT] = answer[found, asking.SIZE] = 4
            found += 1
    return found


@helper
def _other_centres(answer: Any) -> int:
    """Writes the same wave with other centres, half periods apart, of which only some may be plain."""
    c = answer[0, asking.CONSTANTS :].copy()
    if not c[1] > _LEAST_PERIOD:
        return 1
    half = c[1] / 2
    begin, end = math.ceil((_LEAST_CENTRE - c[2]) / half), math.floor((_GREATEST_CENTRE - c[2]) / half)
    found = 0
    for turn in range(begin, min(end, begin + _MOST_CENTRES - 1) + 1):
        answer[found, asking.LAYOUT] = answer[found, asking.SIZE] = 4
        for k in range(4):
            answer[found, asking.CONSTANTS + k] = c[k]
        answer[found, asking.CONSTANTS] = -c[0] if turn % 2 else c[0]
        answer[found, asking.CONSTANTS + 2] = c[2] + turn * half
        found += 1
    return max(found, 1)


@exact_kernel("void(int64, int64, float64[::1], int64, float64[::1], float64[:, ::1])")
def tabulate(sine: int, cosine: int, frequencies: Any, kept: int, x: Any, values: Any) -> None:
    """Writes the sines and cosines of many frequencies, most of them evenly spaced: these follow from a few.

    Args:
        sine: the address of the loop of NumPy's `sin`; see `find_gym.core.kernels.ufuncs`.
        cosine: that of its `cos`.
        frequencies: p that are kept as they are; the first of g others; and by how much the first one of these, two,
            four … are raised to be the next ones; shape `(p + 1 + t,)`.
        kept: how many are kept as they are, p.
        x: inputs, shape `(m,)`.
        values: where to write the sines of all frequencies, then the cosines, shape `(m, 2 (p + g))`.
    """
    size = values.shape[1] // 2
    phases, own_sines, own_cosines = np.empty((3, frequencies.size))
    for i in range(x.size):
        for g in range(frequencies.size):
            phases[g] = x[i] * frequencies[g]
        apply_loop(sine, phases, own_sines)
        apply_loop(cosine, phases, own_cosines)
        sines, cosines = values[i, :size], values[i, size:]
        for g in range(kept + 1):
            sines[g], cosines[g] = own_sines[g], own_cosines[g]
        done, turn = 1, kept + 1
        while done < size - kept:
            next_one = kept + done
            for g in range(min(done, size - next_one)):
                one, other = sines[kept + g], cosines[kept + g]
                sines[next_one + g] = one * own_cosines[turn] + other * own_sines[turn]
                cosines[next_one + g] = other * own_cosines[turn] - one * own_sines[turn]
            done, turn = 2 * done, turn + 1


def sines(words: Any, x: Any, target: Any, multiplier: Any, rows: Any, table: Any, answer: Any) -> int:
    """Answers questions about sines and cosines; see `find_gym.categories.numeric.kernels.asking`."""
    mode, kind, count = words[asking.MODE], words[asking.KIND], words[asking.COUNT]
    found = numba.carray(answer, (asking.ROWS, words[asking.ROW]))
    c = found[0, asking.CONSTANTS :]
    if (mode == asking.CANONICAL or mode == asking.CANONICAL_NOISY) and kind == SIN and c[1] < 0.0:
        c[0], c[1] = -c[0], -c[1]
        return 1
    if mode == asking.EQUIVALENTS:
        return _other_centres(found)
    if mode != asking.ESTIMATES:
        return 0
    inputs, factors = numba.carray(x, (count,)), numba.carray(multiplier, (count,))
    goal, places = numba.carray(target, (count,)), numba.carray(rows, (count,))
    waves = numba.carray(table, (words[asking.HEIGHT], words[asking.WIDTH]))
    return _estimate(kind == COS, words[asking.SPLIT], inputs, goal, factors, places, waves, found)
