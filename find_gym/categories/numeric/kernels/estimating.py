"""First estimates of the constants of any rule, and the best of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels import asking
from find_gym.categories.numeric.kernels.algebra import copy_to, power_of
from find_gym.categories.numeric.kernels.asking import ask, constants_of, set_model
from find_gym.categories.numeric.kernels.evidence import weighted
from find_gym.categories.numeric.kernels.refining import refine_from
from find_gym.core.kernels.compiling import borrowing_helper, helper

# A misfit of this share of the power is exact.
EXACT = 1e-20
# Steps for each start, and for the best of them; none asks for the misfit.
_FIRST_STEPS: Any = np.int64(8)
_LAST_STEPS: Any = np.int64(25)
_NO_STEP: Any = np.int64(0)


@borrowing_helper
def is_finite(row: Any) -> bool:
    """Whether all constants in a row are: they overflow where outputs are near the greatest or the least floats."""
    for k in range(int(row[asking.SIZE])):
        if not math.isfinite(row[asking.CONSTANTS + k]):
            return False
    return True


@helper
def estimate(known: Any, x: Any, target: Any, multiplier: Any, rows: Any, polish: bool, best: Any) -> float:
    """Estimates the constants of a rule: minimises |target - multiplier * rule(x)|².

    Args:
        known: the rule; see `find_gym.categories.numeric.kernels.asking`.
        x: inputs, shape `(n,)`.
        target: what the rule times the multiplier should be, shape `(n,)`.
        multiplier: factors of the rule's values, shape `(n,)`.
        rows: which rows of the table the inputs have, shape `(n,)`.
        polish: whether to refine the estimates by Gauss-Newton steps.
        best: where to write the row of the best constants that are found.

    Returns:
        Their misfit, infinite where there are none.
    """
    if x.size == 0:
        return math.inf
    rule, _, model, words, table = known
    answer = np.empty((asking.ROWS, best.size))
    words[asking.MODE], words[asking.POLISH] = asking.ESTIMATES, polish
    count = ask(rule[asking.ADDRESS], words, x, target, multiplier, rows, table, answer)
    evidence, power = weighted(x, target, multiplier), power_of(target)
    refined = polish and not rule[asking.SOLVED]
    first, last = (_FIRST_STEPS, _LAST_STEPS) if refined else (_NO_STEP, _NO_STEP)
    if count == 1:
        first, last = first + last, _NO_STEP
    free, chosen, least = np.ones(best.size, np.bool_), -1, math.inf
    for place in range(count):
        set_model(known, answer[place])
        cost = refine_from(model, constants_of(answer[place]), free, evidence, first)
        if cost < least and is_finite(answer[place]):
            chosen, least = place, cost
        if least <= EXACT * power:
            last = _NO_STEP
            break
    if chosen >= 0:
        set_model(known, answer[chosen])
        if last > 0:
            least = refine_from(model, constants_of(answer[chosen]), free, evidence, last)
        copy_to(answer[chosen], best)
    return least
