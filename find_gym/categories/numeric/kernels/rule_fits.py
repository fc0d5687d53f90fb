"""The whole way from evidence to the constants of a rule: estimated, refined, outliers left out, made plain."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from find_gym.categories.numeric.kernels import asking, exceptions
from find_gym.categories.numeric.kernels.algebra import copy_to
from find_gym.categories.numeric.kernels.asking import constants_of, question, set_model, write_level
from find_gym.categories.numeric.kernels.estimating import estimate, is_finite
from find_gym.categories.numeric.kernels.evidence import inspect, median, poisson_mean, weighted
from find_gym.categories.numeric.kernels.simplifying import simplify
from find_gym.core.kernels import jobs
from find_gym.core.kernels.compiling import borrowing_helper, helper, kernel

# How far to go: compared with the evidence; made plain, without outliers; all that, for evidence as it was asked, with
# the exceptions that are claimed, of which the mean of Poisson noise is taken off.
COMPARED, PLAIN, WHOLE = range(3)
# Made plain, where the constants are there already.
_RESUMED = 3
# Where the answer has what else is found: the robust standard deviation of residuals, their root mean square, and how
# many are defined. The residuals follow; where exceptions are claimed, how many points are defined, the exceptions that
# were found, as `find_gym.categories.numeric.kernels.exceptions` has combinations, and inputs and outputs of the points
# in ascending order of their inputs.
SCALE, TYPICAL, KNOWN, RESIDUALS = range(4)
# The words of a job: of each array where it lies, and what of its shape is not known otherwise; and numbers.
_RULE, _RULE_SIZE, _LIMITS, _LIMIT_COUNT, _POINTS, _POINT_COUNT, _USABLE, _USABLE_SIZE, _ROWS, _TABLE = range(10)
_TABLE_HEIGHT, _TABLE_WIDTH, _DEGREE, _STAGE, _KINDS, _POLISH, _QUICK, _ANSWER, _ANSWER_SIZE = range(10, 19)

# Residuals this many times larger, in root mean square, than half of them suggest are a sign of outliers.
_HEAVY = 3.0
# Rounds of leaving out outliers and fitting again.
_ROUNDS = 4
# Residuals within this many robust deviations are no outliers.
_INLIER = 4.0
# Rounding errors of an output, relative to its size.
_ROUNDING = 1e-9


@helper
def _points(x: Any, y: Any, rows: Any, kept: Any) -> Any:
    """Returns inputs, outputs and rows of the table of the points that are kept."""
    count = np.count_nonzero(kept)
    own_x, own_y, own_rows, place = np.empty(count), np.empty(count), np.empty(count, np.int64), 0
    for i in range(x.size):
        if kept[i]:
            own_x[place], own_y[place], own_rows[place] = x[i], y[i], rows[i]
            place += 1
    return own_x, own_y, own_rows


@helper
def _fit_to(known: Any, x: Any, y: Any, rows: Any, kept: Any, polish: bool, best: Any) -> bool:
    """Writes the row of the best constants; where nothing can be fitted, those with which the rule is level.

    Returns whether that was possible: it is, unless there was an error in what was called back.
    """
    own_x, own_y, own_rows = _points(x, y, rows, kept)
    least = estimate(known, own_x, own_y, np.ones(own_x.size), own_rows, polish, best)
    if least < math.inf and is_finite(best):
        return True
    return write_level(known, median(own_y, own_y.size) if own_y.size > 0 else 0.0, best)


@helper
def _compare(known: Any, x: Any, y: Any, usable: Any, best: Any, found: Any) -> None:
    set_model(known, best)
    inspect(known[2], constants_of(best), x, y, usable, found[RESIDUALS:], found)


@helper
def _inliers(y: Any, usable: Any, found: Any, greatest: float, kept: Any, trial: Any) -> bool:
    """Writes which points are no outliers; returns whether that makes a difference, and leaves enough of them."""
    count = same = total = 0
    for i in range(y.size):
        limit = _INLIER * found[SCALE] + _ROUNDING * abs(y[i])
        trial[i] = usable[i] and abs(found[RESIDUALS + i]) <= limit
        count += trial[i]
        total += usable[i]
        same += trial[i] == kept[i]
    return not (count < 0.5 * total or same == y.size)


@helper
def _fit(
    known: Any, x: Any, y: Any, usable: Any, rows: Any, stage: int, polish: bool, quick: bool, best: Any, found: Any
) -> bool:
    """Fits a rule to the usable points of the evidence; see `fit`."""
    if stage != _RESUMED and not _fit_to(known, x, y, rows, usable, polish and not quick, best):
        return False
    _compare(known, x, y, usable, best, found)
    if stage < PLAIN or found[KNOWN] == 0.0:
        return True
    greatest = 0.0
    for i in range(y.size):
        greatest = max(greatest, abs(y[i]))
    kept, trial = usable.copy(), usable.copy()
    trial_best, trial_found = np.empty(best.size), np.empty(RESIDUALS + x.size)
    for _ in range(1 if quick else _ROUNDS):
        if not found[TYPICAL] > _HEAVY * found[SCALE] + _ROUNDING * greatest:
            break
        if not _inliers(y, usable, found, greatest, kept, trial):
            break
        if not _fit_to(known, x, y, rows, trial, not quick, trial_best):
            break
        _compare(known, x, y, usable, trial_best, trial_found)
        if not trial_found[SCALE] < found[SCALE] or trial_found[KNOWN] == 0.0:
            break
        copy_to(trial_best, best)
        copy_to(trial_found, found)
        kept, trial = trial, kept
    for i in range(x.size):
        kept[i] = kept[i] and math.isfinite(found[RESIDUALS + i])
    own_x, own_y, _ = _points(x, y, rows, kept)
    if own_x.size > 0 and not known[0][asking.DRAWN]:
        copy_to(best, trial_best)
        simplify(known, weighted(own_x, own_y, np.ones(own_x.size)), quick, best)
        if not is_finite(best):
            copy_to(trial_best, best)
        _compare(known, x, y, usable, best, found)
    return True


@helper
def _in_order(x: Any, y: Any, rows: Any) -> Any:
    """Returns the points whose output is defined in ascending order of their inputs, those of the same as they came."""
    places, count = np.empty(x.size, np.int64), 0
    for i in range(x.size):
        if math.isfinite(x[i]) and math.isfinite(y[i]):
            places[count] = i
            count += 1
    # Shell's method with the gaps of Knuth.
    gap = 1
    while gap < count // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for i in range(gap, count):
            own, j = places[i], i
            while j >= gap and (
                x[own] < x[places[j - gap]] or (x[own] == x[places[j - gap]] and own < places[j - gap])
            ):
                places[j] = places[j - gap]
                j -= gap
            places[j] = own
        gap //= 3
    sorted_x, sorted_y, sorted_rows = np.empty(count), np.empty(count), np.empty(count, np.int64)
    for i in range(count):
        sorted_x[i], sorted_y[i], sorted_rows[i] = x[places[i]], y[places[i]], rows[places[i]]
    return sorted_x, sorted_y, sorted_rows


@borrowing_helper
def _take_off(y: Any, level: float) -> None:
    for i in range(y.size):
        y[i] -= level


@helper
def _write_exceptions(x: Any, y: Any, search: Any, answer: Any) -> None:
    """Writes the best exceptions, and the points that they are of, behind the residuals."""
    state, combinations, _, _, _ = search
    best = combinations[state[exceptions.BEST]]
    answer[0] = x.size
    for k in range(best.size):
        answer[1 + k] = best[k]
    copy_to(x, answer[1 + best.size :])
    copy_to(y, answer[1 + best.size + x.size :])


@helper
def _fit_rule(
    rule: Any, limits: Any, points: Any, usable: Any, rows: Any, table: int, height: int, width: int,
    degree: int, stage: int, kinds: int, polish: bool, quick: bool, answer: Any,
) -> bool:  # fmt: skip
    """Fits the constants of a rule, and returns whether any were found; see `begin_fit`."""
    best, found = answer[: rule[asking.RULE_ROW]], answer[rule[asking.RULE_ROW] :]
    words = question(rule, height, width, degree)
    known = rule, limits.copy(), rule[asking.CODE :].copy(), words, table
    x, y = points[0], points[1]
    if stage == WHOLE:
        x, y, rows = _in_order(x, y, rows)
        usable = np.ones(x.size, np.bool_)
        if x.size == 0:
            return False
        if kinds == 0:
            _take_off(y, poisson_mean(x, y, usable))
    simple = rule[asking.ATOMS] <= 2 and not quick
    search = exceptions.begin_search(kinds, simple, y, best.size)
    if kinds > 0:
        stage = COMPARED
    while True:
        if kinds > 0 and not exceptions.next_points(y, search, usable):
            exceptions.take_best(search, usable, best)
            _write_exceptions(x, y, search, answer[rule[asking.RULE_ROW] + RESIDUALS + points.shape[1] :])
            noise = poisson_mean(x, y, usable)
            _take_off(y, noise)
            # Where that is 0, it is the fit that is there.
            stage = PLAIN if noise > 0.0 else _RESUMED
        if not _fit(known, x, y, usable, rows, stage, polish, quick, best, found):
            return False
        if kinds == 0 or stage != COMPARED:
            return True
        exceptions.keep_fit(y, search, usable, best, found[RESIDUALS : RESIDUALS + x.size], found[SCALE])


def fit_job(memory: int, given: Any) -> None:
    """Fits the constants of a rule; see `begin_fit`, which writes the words that it is given."""
    words = numba.carray(given, (jobs.WORDS,))
    rule = numba.carray(jobs.pointer(words[_RULE]), (words[_RULE_SIZE],), np.int64)
    limits = numba.carray(jobs.pointer(words[_LIMITS]), (4, words[_LIMIT_COUNT]), np.float64)
    points = numba.carray(jobs.pointer(words[_POINTS]), (2, words[_POINT_COUNT]), np.float64)
    usable = numba.carray(jobs.pointer(words[_USABLE]), (words[_USABLE_SIZE],), np.bool_)
    rows = numba.carray(jobs.pointer(words[_ROWS]), (words[_POINT_COUNT],), np.int64)
    answer = numba.carray(jobs.pointer(words[_ANSWER]), (words[_ANSWER_SIZE],), np.float64)
    answer[0] = _fit_rule(
        rule, limits, points, usable, rows, words[_TABLE], words[_TABLE_HEIGHT], words[_TABLE_WIDTH],
        words[_DEGREE], words[_STAGE], words[_KINDS], words[_POLISH] != 0, words[_QUICK] != 0, answer[1:],
    )  # fmt: skip


@kernel(
    "int64(int64[:, ::1], int64, int64[::1], float64[:, ::1], float64[:, ::1], boolean[::1], int64[::1],"
    " float64[:, ::1], int64, int64, int64, boolean, boolean, float64[::1])"
)
def begin_fit(
    board: Any, address: int, rule: Any, limits: Any, points: Any, usable: Any, rows: Any, table: Any,
    degree: int, stage: int, kinds: int, polish: bool, quick: bool, answer: Any,
) -> int:  # fmt: skip
    """Begins to fit the constants of a rule. What asks Python, or is a part of another fit, is done at once.

    Args:
        board: see `find_gym.core.kernels.jobs.begin`.
        address: that of `fit_job`.
        rule: the rule; see `find_gym.categories.numeric.kernels.asking`.
        limits: what is known of each constant; see `find_gym.categories.numeric.kernels.asking`, shape `(4, k)`.
        points: inputs and outputs, shape `(2, n)`; but for `WHOLE`, outputs are finite.
        usable: which points to fit, shape `(n,)`; read where a rule is compared.
        rows: which rows of the table the inputs have, shape `(n,)`.
        table: values of shapes at known inputs; see `find_gym.categories.numeric.estimation.columns`.
        degree: the greatest degree of polynomials.
        stage: how far to go; see `COMPARED`.
        kinds: for `WHOLE`, which kinds of exceptions are claimed; see
            `find_gym.categories.numeric.kernels.exceptions.begin_search`.
        polish: whether to refine first estimates.
        quick: whether to refine once only, at the end.
        answer: where to write whether constants were found, 0 or 1, the row of constants, then what else is found; see
            `SCALE`.

    Returns:
        The number of the job.
    """
    is_own = rule[asking.CALLED_BACK] or stage != WHOLE
    number = jobs.OWN if is_own else jobs.number_for_job(board)
    words = jobs.words_of_job(board, number)
    words[_RULE], words[_RULE_SIZE] = rule.ctypes.data, rule.size
    words[_LIMITS], words[_LIMIT_COUNT] = limits.ctypes.data, limits.shape[1]
    words[_POINTS], words[_POINT_COUNT] = points.ctypes.data, points.shape[1]
    words[_USABLE], words[_USABLE_SIZE] = usable.ctypes.data, usable.size
    words[_ROWS] = rows.ctypes.data
    words[_TABLE], words[_TABLE_HEIGHT], words[_TABLE_WIDTH] = table.ctypes.data, table.shape[0], table.shape[1]
    words[_DEGREE], words[_STAGE], words[_KINDS] = degree, stage, kinds
    words[_POLISH], words[_QUICK] = polish, quick
    words[_ANSWER], words[_ANSWER_SIZE] = answer.ctypes.data, answer.size
    return jobs.begin(board, number, address, words)
