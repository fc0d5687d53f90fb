"""Which points of the evidence follow a rule of which exceptions are claimed: combinations of intervals, compared.

An interval is three integers: its kind, the position of its first point in order of their inputs, and one after that of
its last point. A combination has at most one for each kind that is claimed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.algebra import copy_to
from find_gym.core.kernels.compiling import borrowing_helper, helper, kernel

# Where exceptions of each kind lie: at the start, at the end, anywhere.
BELOW, ABOVE, INSIDE = range(3)
# FIND's spread of the outputs inside a corrupted region.
STD = 0.1
# The range of some dozens of normal draws is five to seven standard deviations.
_RANGE = 7 * STD
# Runs of jittering outputs that are looked at for each kind of exception, the longest first.
RUNS = 4
# An outlier costs no more than this, so that one does not extend an exception over all that lies between.
_OUTLIER = 30.0
# What a point gains that may not lie in an exception.
_FORBIDDEN = -1e6
# What each output inside costs, without its deviation from the mean.
_LEVEL = math.log(STD * math.sqrt(2 * math.pi))
# Nats for the bounds and the mean of an exception, for each e-fold of the evidence.
_CONSTANTS = 3.0
# Rounding errors of an output: relative to itself, and to the greatest of all, which shares constants with it.
OWN_ROUNDING = 1e-9
SHARED_ROUNDING = 3e-12
# Squared deviations beyond this cost no more: an output that a rule does not explain is one outlier, whatever its size.
_WORST = 1e4

# Rounds of moving the bounds of exceptions and fitting again, and combinations that are tried at first where several
# are claimed. Rules of many atoms take long to fit, and are seldom found at all.
_ROUNDS, _FEW_ROUNDS = 4, 2
_COMBINATIONS, _FEW_COMBINATIONS = 8, 3

# The state of a search: the combination that is looked at, the one behind the last of this round, how many there are,
# how many rounds are left, how many points have been fitted, and the best fit and combination so far.
_CURRENT, _END, _SIZE, _LEFT, _FITS, _BEST_FIT, BEST = range(7)


@borrowing_helper
def outside_cost(residuals: Any, scale: float, y: Any, cost: Any) -> None:
    """Writes the negative log-likelihood of each output under a rule with normal noise.

    Args:
        residuals: outputs less the rule, shape `(n,)`, not finite where the rule is undefined.
        scale: the standard deviation of the noise.
        y: outputs, shape `(n,)`; their size bounds how exact a rule can be.
        cost: where to write the result, shape `(n,)`.
    """
    greatest = 0.0
    for i in range(y.size):
        greatest = max(greatest, abs(y[i]))
    for i in range(y.size):
        deviation = max(scale, OWN_ROUNDING * abs(y[i]) + SHARED_ROUNDING * greatest + 1e-300)
        ratio = residuals[i] / deviation
        square = ratio * ratio
        cost[i] = 0.5 * (square if square < _WORST else _WORST) + math.log(deviation * math.sqrt(2 * math.pi))


@borrowing_helper
def interval_cost(y: Any, start: int, stop: int) -> float:
    """Returns the negative log-likelihood of the outputs inside an exception, and what its constants cost."""
    total = _CONSTANTS * math.log(y.size + 1.0)
    if stop > start:
        # Beside the first output, the scatter is not lost in rounding errors.
        first = second = 0.0
        for i in range(start, stop):
            centred = y[i] - y[start]
            first += centred
            second += centred * centred
        scatter = second - first * first / (stop - start)
        total += (stop - start) * _LEVEL + max(scatter, 0.0) / (2 * STD * STD)
    return total


@borrowing_helper
def _run_from(y: Any, start: int, step: int) -> int:
    """Returns how many outputs, from one on, have a range that draws of a narrow normal distribution may have."""
    low = high = y[start]
    count = 0
    while 0 <= start + step * count < y.size:
        value = y[start + step * count]
        low, high = min(low, value), max(high, value)
        if not high - low <= _RANGE:
            break
        count += 1
    return count


@borrowing_helper
def jittering(y: Any, kind: int, runs: Any) -> int:
    """Writes runs of outputs that look like draws of a narrow normal distribution, the longest first.

    Args:
        y: outputs in order of their inputs, shape `(n,)`.
        kind: the kind of exception that they may be.
        runs: where to write start and stop of each, shape `(2 * RUNS,)`.

    Returns:
        How many there are.
    """
    count, found = y.size, 0
    if kind != INSIDE:
        length = _run_from(y, 0, 1) if kind == BELOW else _run_from(y, count - 1, -1)
        # All that is narrow, or parts of it where the rule itself is narrow as well.
        for quarter in range(1, 4):
            part = length if length < count else quarter * count // 4
            if part > 0:
                runs[2 * found] = 0 if kind == BELOW else count - part
                runs[2 * found + 1] = part if kind == BELOW else count
                found += 1
            if length < count:
                break
        return found
    before = 0
    for start in range(count):
        stop = start + _run_from(y, start, 1)
        varies = False
        for i in range(start + 1, stop):
            varies = varies or y[i] != y[start]
        # Exact repetition is a plateau of the rule, no draws.
        if stop > before and 2 <= stop - start < count and varies:
            place = found
            while place > 0 and runs[2 * place - 1] - runs[2 * place - 2] < stop - start:
                place -= 1
            if place < RUNS:
                found = min(found + 1, RUNS)
                for later in range(2 * found - 1, 2 * place + 1, -1):
                    runs[later] = runs[later - 2]
                runs[2 * place], runs[2 * place + 1] = start, stop
        before = max(before, stop)
    return found


@borrowing_helper
def best_run(y: Any, outside: Any, usable: Any, kind: int) -> tuple[int, int, float]:
    """Finds the run of outputs that gains most likelihood as an exception.

    Args:
        y: outputs in order of their inputs, shape `(n,)`.
        outside: negative log-likelihood of each output under the rule, shape `(n,)`.
        usable: which may lie in the run, shape `(n,)`.
        kind: the kind of exception.

    Returns:
        Its start, its stop and what it gains; 0 where there is none.
    """
    count = y.size
    best_start, best_stop, best = 0, 0, 0.0
    for start in range(1 if kind == BELOW else count):
        gain = first = second = 0.0
        for stop in range(start + 1, count + 1):
            i = stop - 1
            # Outputs that differ by more from their neighbour are no draws.
            if i > start and not abs(y[i] - y[i - 1]) <= _RANGE:
                break
            # Beside the first output, the scatter is not lost in rounding errors.
            centred = y[i] - y[start]
            gain += min(outside[i], _OUTLIER) - _LEVEL if usable[i] else _FORBIDDEN
            first += centred
            second += centred * centred
            if (kind == ABOVE and stop < count) or stop - start == count:
                continue
            scatter = max(second - first * first / (stop - start), 0.0)
            value = gain - scatter / (2 * STD * STD)
            if value > best:
                best_start, best_stop, best = start, stop, value
    return best_start, best_stop, best


@helper
def begin_search(kinds: int, simple: bool, y: Any, size: int) -> Any:
    """Returns the state of a search for exceptions, with the combinations that are tried first.

    Args:
        kinds: the kinds of exceptions, two bits for each: 1 more than the kind; the first in the lowest. 0 for none.
        simple: whether the rule is simple enough to try many.
        y: outputs in order of their inputs, shape `(n,)`.
        size: how long a fit is, as an array.

    Returns:
        The state; the combinations, the number of intervals of each first; which points were fitted; the fits, and
        behind each what every output costs outside of exceptions with it; and the cost of the best combination.
    """
    claimed = np.empty(32, np.int64)
    count = 0
    while kinds > 0:
        claimed[count] = kinds % 4 - 1
        kinds //= 4
        count += 1
    first = _COMBINATIONS if simple else _FEW_COMBINATIONS
    rounds = _ROUNDS if simple else _FEW_ROUNDS
    most = first * (rounds + 1) if count > 0 else 0
    state, least = np.zeros(BEST + 1 + count, np.int64), np.zeros(1)
    copy_to(claimed[:count], state[BEST + 1 :])
    state[BEST] = -1
    # All of the best combination is returned, what stands behind its intervals included.
    combinations, masks = np.zeros((most, 1 + 3 * count), np.int64), np.empty((most, y.size), np.int64)
    fits = np.empty((most, size + y.size))
    if count > 0:
        _combine(y, claimed[:count], first - 1, combinations, state)
        state[_LEFT] = rounds
    return state, combinations, masks, fits, least


@helper
def _combine(y: Any, claimed: Any, most: int, combinations: Any, state: Any) -> None:
    """Writes combinations of one run of jittering outputs, or none, for each kind, those that cover most first."""
    count = claimed.size
    runs, found, chosen = np.empty((count, 2 * RUNS), np.int64), np.empty(count, np.int64), np.zeros(count, np.int64)
    one, covers, size = np.zeros(1 + 3 * count, np.int64), np.zeros(most + 1, np.int64), 0
    for k in range(count):
        found[k] = jittering(y, claimed[k], runs[k])
    while True:
        place = count - 1
        while place >= 0 and chosen[place] == found[place]:
            chosen[place] = 0
            place -= 1
        if place < 0:
            break
        chosen[place] += 1
        one[0], length = 0, 0
        for k in range(count):
            if chosen[k] > 0:
                start, stop = runs[k, 2 * chosen[k] - 2], runs[k, 2 * chosen[k] - 1]
                _append(one, claimed[k], start, stop)
                length += stop - start
        if _overlap(one):
            continue
        place = size
        while place > 0 and covers[place - 1] < length:
            place -= 1
        if place < most:
            size = min(size + 1, most)
            for later in range(size - 1, place, -1):
                covers[later] = covers[later - 1]
                copy_to(combinations[later - 1], combinations[later])
            covers[place] = length
            copy_to(one, combinations[place])
    # The combination without any comes last but is always tried: exceptions may be too short to be seen by themselves.
    combinations[size, 0] = 0
    state[_SIZE] = state[_END] = size + 1


@borrowing_helper
def _append(combination: Any, kind: int, start: int, stop: int) -> None:
    at = 1 + 3 * combination[0]
    combination[at], combination[at + 1], combination[at + 2] = kind, start, stop
    combination[0] += 1


@borrowing_helper
def _overlap(combination: Any) -> bool:
    for one in range(combination[0]):
        for other in range(one):
            start, stop = combination[2 + 3 * one], combination[3 + 3 * one]
            if combination[2 + 3 * other] < stop and start < combination[3 + 3 * other]:
                return True
    return False


@borrowing_helper
def leave_out(combination: Any, outside: Any) -> None:
    """Writes which points lie in none of the intervals of a combination."""
    for i in range(outside.size):
        outside[i] = True
    for one in range(combination[0]):
        for i in range(combination[2 + 3 * one], combination[3 + 3 * one]):
            outside[i] = False


@borrowing_helper
def _is_known(combinations: Any, size: int, combination: Any) -> bool:
    for row in range(size):
        same = combinations[row, 0] == combination[0]
        for k in range(1, 1 + 3 * combination[0]):
            same = same and combinations[row, k] == combination[k]
        if same:
            return True
    return False


@borrowing_helper
def _reassign(y: Any, cost: Any, search: Any, usable: Any) -> None:
    """Adds the combination of the best interval of each kind in turn, given what each output costs outside of them."""
    state, combinations, _, _, _ = search
    size = state[_SIZE]
    if size == combinations.shape[0]:
        return
    better = combinations[size]
    better[0] = 0
    for k in range(BEST + 1, state.size):
        leave_out(better, usable)
        start, stop, gain = best_run(y, cost, usable, state[k])
        if gain > 0:
            _append(better, state[k], start, stop)
    if not _is_known(combinations, size, better):
        state[_SIZE] += 1


@borrowing_helper
def next_points(y: Any, search: Any, usable: Any) -> bool:
    """Writes which points are to be fitted next; returns whether there are such.

    If so, their fit has to be kept by `keep_fit` before the next call. Combinations soon agree in their points, which
    are fitted once.
    """
    state, combinations, masks, fits, least = search
    while True:
        if state[_CURRENT] == state[_END]:
            state[_LEFT] -= 1
            state[_END] = state[_SIZE]
            if state[_LEFT] <= 0 or state[_CURRENT] == state[_END]:
                return False
        combination = combinations[state[_CURRENT]]
        leave_out(combination, usable)
        some, fit = False, -1
        for i in range(y.size):
            some = some or usable[i]
        for known in range(state[_FITS]):
            same = True
            for i in range(y.size):
                same = same and masks[known, i] == usable[i]
            if same:
                fit = known
                break
        if some and fit < 0:
            return True
        if some:
            cost = fits[fit, fits.shape[1] - y.size :]
            total = 0.0
            for i in range(y.size):
                if usable[i]:
                    total += cost[i]
            for one in range(combination[0]):
                total += interval_cost(y, combination[2 + 3 * one], combination[3 + 3 * one])
            if state[BEST] < 0 or total < least[0]:
                least[0], state[_BEST_FIT], state[BEST] = total, fit, state[_CURRENT]
            _reassign(y, cost, search, usable)
        state[_CURRENT] += 1


@helper
def keep_fit(y: Any, search: Any, usable: Any, fit: Any, residuals: Any, scale: float) -> None:
    """Keeps the fit to the points that were asked for.

    Args:
        y: outputs, shape `(n,)`.
        search: the state of the search.
        usable: the points, shape `(n,)`.
        fit: the fit.
        residuals: outputs less rule, shape `(n,)`.
        scale: their standard deviation.
    """
    state, _, masks, fits, _ = search
    copy_to(usable, masks[state[_FITS]])
    copy_to(fit, fits[state[_FITS]])
    outside_cost(residuals, scale, y, fits[state[_FITS], fits.shape[1] - y.size :])
    state[_FITS] += 1


@helper
def take_best(search: Any, usable: Any, fit: Any) -> None:
    """Writes the fit with the best combination, and which points lie outside of that."""
    state, combinations, _, fits, _ = search
    leave_out(combinations[state[BEST]], usable)
    copy_to(fits[state[_BEST_FIT], : fit.size], fit)


@kernel("void(float64[::1], float64, float64[::1], float64[::1])")
def cost_outside(residuals: Any, scale: float, y: Any, cost: Any) -> None:
    """Writes what each output costs; see `outside_cost`."""
    outside_cost(residuals, scale, y, cost)


@kernel("float64(float64[::1], int64, int64)")
def cost_inside(y: Any, start: int, stop: int) -> float:
    """Returns what the outputs inside an exception cost; see `interval_cost`."""
    return interval_cost(y, start, stop)


@kernel("int64(float64[::1], int64, int64[::1])")
def jittering_runs(y: Any, kind: int, runs: Any) -> int:
    """Writes runs of outputs that jitter; see `jittering`."""
    return jittering(y, kind, runs)


@kernel("void(float64[::1], float64[::1], boolean[::1], int64, float64[::1])")
def find_best_run(y: Any, outside: Any, usable: Any, kind: int, best: Any) -> None:
    """Writes start, stop and gain of the best run; see `best_run`."""
    best[0], best[1], best[2] = best_run(y, outside, usable, kind)
