"""Backfitting: parts of a sum or product are estimated in turn, each with the others held, then refined together."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels import asking
from find_gym.categories.numeric.kernels.algebra import copy_to, power_of
from find_gym.categories.numeric.kernels.asking import ask, constants_of, set_model
from find_gym.categories.numeric.kernels.estimating import EXACT
from find_gym.categories.numeric.kernels.evidence import weighted
from find_gym.categories.numeric.kernels.models import HEADER, PER_ATOM, PRODUCT, SUM, linearise
from find_gym.categories.numeric.kernels.parts import part_of
from find_gym.categories.numeric.kernels.refining import refine_from
from find_gym.core.kernels.compiling import helper

# How many times each part is estimated before all constants are refined at once.
_SWEEPS = 3
# Gauss-Newton steps on all constants; none asks for the misfit.
_STEPS: Any = np.int64(16)
_NO_STEP: Any = np.int64(0)


@helper
def _hold(values: Any, part: int, product: bool, target: Any, multiplier: Any, goal: Any, factor: Any) -> None:
    """Writes what a part times a factor should be, given the values of the others."""
    for i in range(target.size):
        others = 1.0 if product else 0.0
        for other in range(values.shape[0] - 1):
            if other != part:
                others = others * values[other, i] if product else others + values[other, i]
        goal[i] = target[i] if product else target[i] - multiplier[i] * others
        factor[i] = multiplier[i] * others if product else multiplier[i]


@helper
def _estimate(known: Any, x: Any, target: Any, multiplier: Any, rows: Any, best: Any, value: Any) -> bool:
    """Writes the row of a part's best estimate, and its values, 0 where undefined; returns whether there is one."""
    rule, _, model, words, table = known
    answer = np.empty((asking.ROWS, rule[asking.RULE_ROW]))
    words[asking.MODE], words[asking.POLISH] = asking.ESTIMATES, 0
    count = ask(rule[asking.ADDRESS], words, x, target, multiplier, rows, table, answer)
    least, power = math.inf, power_of(target)
    for place in range(count):
        set_model(known, answer[place])
        vector = constants_of(answer[place])
        nodes, factors, slope = (
            np.empty((model[2], x.size)),
            np.empty((model[2], x.size)),
            np.empty((vector.size, x.size)),
        )
        linearise(model, vector, x, nodes, factors, slope)
        current, cost = nodes[model[2] - 1], 0.0
        for i in range(x.size):
            if multiplier[i] != 0.0:
                rest = target[i] - multiplier[i] * current[i]
                cost += rest * rest
        if cost < least:
            least = cost
            copy_to(answer[place], best)
            for i in range(x.size):
                value[i] = current[i] if math.isfinite(current[i]) else 0.0
        if least <= EXACT * power:
            break
    if least < math.inf:
        set_model(known, best)
    return least < math.inf


@helper
def join(parts: Any, count: int, product: bool) -> Any:
    """Returns the model of the whole, from those of its first parts."""
    atoms, nodes = 0, 0
    for part in range(count):
        model = part_of(parts, part)[2]
        atoms += model[0]
        nodes += model[2] + (part > 0)
    joined = np.empty(HEADER + PER_ATOM * atoms + nodes, np.int64)
    joined[0], joined[2] = atoms, nodes
    atom = constants = 0
    at = HEADER + PER_ATOM * atoms
    for part in range(count):
        model = part_of(parts, part)[2]
        for node in range(model[2]):
            number = model[HEADER + PER_ATOM * model[0] + node]
            joined[at] = number + atom if number >= 0 else number
            at += 1
        if part > 0:
            joined[at] = PRODUCT if product else SUM
            at += 1
        for one in range(model[0]):
            own, place = HEADER + PER_ATOM * one, HEADER + PER_ATOM * (atom + one)
            for k in range(PER_ATOM):
                joined[place + k] = model[own + k]
            joined[place + 1] += constants
        atom += model[0]
        constants += model[1]
    joined[1] = constants
    return joined


@helper
def _refine(parts: Any, product: bool, evidence: Any, steps: int, best: Any) -> float:
    """Refines the constants of all parts at once, in place; returns their misfit."""
    model = join(parts, best.shape[0], product)
    vector, first = np.empty(model[1]), 0
    for part in range(best.shape[0]):
        own = constants_of(best[part])
        copy_to(own, vector[first:])
        first += own.size
    cost = refine_from(model, vector, np.ones(vector.size, np.bool_), evidence, steps)
    first = 0
    for part in range(best.shape[0]):
        own = constants_of(best[part])
        copy_to(vector[first : first + own.size], own)
        first += own.size
    return cost


@helper
def alternate(
    parts: Any, product: bool, points: Any, rows: Any, first: int, values: Any, polish: bool, best: Any
) -> float:
    """Fits the constants of a sum or product from one start.

    Args:
        parts: its m parts, and perhaps others; see `find_gym.categories.numeric.kernels.parts`.
        product: whether it is a product.
        points: inputs, what the rule times factors should be, and factors, shape `(n,)` each.
        rows: which rows of each part's table the inputs have, shape `(m, n)`.
        first: which part is estimated first.
        values: the values that the parts are taken to have, which are changed, and the weights of the inputs when the
            first part is estimated for the first time, shape `(m + 1, n)`.
        polish: whether to estimate each part several times, and to refine the constants at the end.
        best: where to write the row of constants of each part, shape `(m, r)`.

    Returns:
        The misfit, infinite where nothing was found.
    """
    x, target, multiplier = points
    count = best.shape[0]
    goal, factor = np.empty(x.size), np.empty(x.size)
    for turn in range((_SWEEPS if polish else 1) * count):
        part = (first + turn) % count
        _hold(values, part, product, target, multiplier, goal, factor)
        if turn == 0:
            for i in range(x.size):
                goal[i] *= values[count, i]
                factor[i] *= values[count, i]
        if not _estimate(part_of(parts, part), x, goal, factor, rows[part], best[part], values[part]):
            return math.inf
    evidence = weighted(x, target, multiplier)
    return _refine(parts, product, evidence, _STEPS if polish else _NO_STEP, best)
