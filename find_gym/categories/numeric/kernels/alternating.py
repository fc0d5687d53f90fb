"""Backfitting: parts of a sum or product are estimated in turn, each with the others held, then refined together."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels import asking
from find_gym.categories.numeric.kernels.algebra import copy_to
from find_gym.categories.numeric.kernels.asking import ask, constants_of, question, set_model
from find_gym.categories.numeric.kernels.evidence import weighted
from find_gym.categories.numeric.kernels.models import HEADER, PER_ATOM, PRODUCT, SUM, linearise
from find_gym.categories.numeric.kernels.refining import refine_from
from find_gym.core.kernels.compiling import helper, kernel

# What is known of the table of a part: its address, and how many rows and columns it has.
TABLE, HEIGHT, WIDTH = range(3)
# A misfit of this share of the power is exact.
_EXACT = 1e-20


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
    least, power = math.inf, 0.0
    for i in range(x.size):
        power += target[i] * target[i]
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
        if least <= _EXACT * power:
            break
    if least < math.inf:
        set_model(known, best)
    return least < math.inf


@helper
def _join(rules: Any, bounds: Any, product: bool) -> Any:
    """Returns the model of the whole, from those of its parts."""
    atoms, nodes, parts = 0, 0, bounds.size - 1
    for part in range(parts):
        atoms += rules[bounds[part] + asking.CODE]
        nodes += rules[bounds[part] + asking.CODE + 2] + (part > 0)
    model = np.empty(HEADER + PER_ATOM * atoms + nodes, np.int64)
    model[0], model[2] = atoms, nodes
    atom = constants = 0
    at = HEADER + PER_ATOM * atoms
    for part in range(parts):
        code = rules[bounds[part] + asking.CODE : bounds[part + 1]]
        for node in range(code[2]):
            number = code[HEADER + PER_ATOM * code[0] + node]
            model[at] = number + atom if number >= 0 else number
            at += 1
        if part > 0:
            model[at] = PRODUCT if product else SUM
            at += 1
        for one in range(code[0]):
            own, place = HEADER + PER_ATOM * one, HEADER + PER_ATOM * (atom + one)
            for k in range(PER_ATOM):
                model[place + k] = code[own + k]
            model[place + 1] += constants
        atom += code[0]
        constants += code[1]
    model[1] = constants
    return model


@helper
def _refine(rules: Any, bounds: Any, product: bool, evidence: Any, steps: int, best: Any) -> float:
    """Refines the constants of all parts at once, in place; returns their misfit."""
    model = _join(rules, bounds, product)
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


@kernel(
    "void(int64[::1], int64[::1], int64[:, ::1], int64[:, ::1], float64[:, ::1], float64[:, :, ::1], int64[::1],"
    " boolean, int64, int64, int64, float64[:, :, ::1], float64[::1])"
)
def alternate(
    rules: Any, bounds: Any, tables: Any, rows: Any, points: Any, starts: Any, firsts: Any,
    product: bool, degree: int, sweeps: int, steps: int, answers: Any, costs: Any,
) -> None:  # fmt: skip
    """Fits the constants of a sum or product from several starts.

    Args:
        rules: the rules of the m parts, one behind the other; see `find_gym.categories.numeric.kernels.asking`.
        bounds: where each begins, and where the last one ends, shape `(m + 1,)`.
        tables: the table of each part; see `TABLE`, shape `(m, 3)`.
        rows: which of its rows the inputs have, shape `(m, n)`.
        points: inputs, what the rule times factors should be, and factors, shape `(3, n)`.
        starts: for each start the values that the parts are taken to have, which are changed, and the weights of the
            inputs when the first part is estimated for the first time, shape `(s, m + 1, n)`.
        firsts: which part that is, shape `(s,)`.
        product: whether it is a product.
        degree: the greatest degree of polynomials.
        sweeps: how many times each part is estimated.
        steps: the greatest number of Gauss-Newton steps on all constants at the end.
        answers: where to write the row of constants of each part, shape `(s, m, r)`.
        costs: where to write the misfits, infinite where nothing was found, shape `(s,)`.
    """
    rules, x, parts = rules.copy(), points[0], rows.shape[0]
    words = np.empty((parts, asking.WORDS), np.int64)
    for part in range(parts):
        rule = rules[bounds[part] : bounds[part + 1]]
        copy_to(question(rule, tables[part, HEIGHT], tables[part, WIDTH], degree), words[part])
    limits, evidence = np.empty((4, answers.shape[2])), weighted(x, points[1], points[2])
    goal, factor = np.empty(x.size), np.empty(x.size)
    for start in range(firsts.size):
        values, possible = starts[start], True
        for turn in range(sweeps * parts):
            part = (firsts[start] + turn) % parts
            _hold(values, part, product, points[1], points[2], goal, factor)
            if turn == 0:
                for i in range(x.size):
                    goal[i] *= values[parts, i]
                    factor[i] *= values[parts, i]
            rule = rules[bounds[part] : bounds[part + 1]]
            known = rule, limits, rule[asking.CODE :], words[part], tables[part, TABLE]
            possible = _estimate(known, x, goal, factor, rows[part], answers[start, part], values[part])
            if not possible:
                break
        costs[start] = _refine(rules, bounds, product, evidence, steps, answers[start]) if possible else math.inf
