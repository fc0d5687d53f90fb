"""Refinement: damped Gauss-Newton steps (Levenberg-Marquardt) on all constants of a rule at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels.algebra import back_substitute, length, make_reflection, reflect
from find_gym.categories.numeric.kernels.models import linearise
from find_gym.core.kernels.compiling import borrowing_helper, helper, kernel

# A step that improves the misfit by less than this share ends the search; towards exact data, steps gain far more. With
# 1e-6, fits of a tanh to functions of all families have 0.0024 less mean skill: many end on their way to a line.
_CONVERGED = 1e-7
_FIRST_DAMPING = 1e-3
_LEAST_DAMPING = 1e-24
_GREATEST_DAMPING = 1e8
# Keeps redundant constants (two offsets of a sum) where they are.
_FLOOR = 1e-26


@borrowing_helper
def misfit(model: Any, vector: Any, evidence: Any, nodes: Any, factors: Any, slope: Any, residual: Any) -> float:
    """Linearises a rule and returns the weighted sum of squared residuals, infinite where that is undefined."""
    count = evidence.shape[1]
    linearise(model, vector, evidence[0], nodes, factors, slope)
    last = nodes.shape[0] - 1
    cost = 0.0
    for i in range(count):
        residual[i] = evidence[2, i] * (evidence[1, i] - nodes[last, i])
    for i in range(count):
        cost += residual[i] * residual[i]
    return cost if cost < math.inf else math.inf


@borrowing_helper
def _damped_step(
    slope: Any, residual: Any, weights: Any, free: Any, damping: float, rows: Any, room: Any, step: Any
) -> bool:
    """Solves for a step of the constants that are free; returns whether that was possible.

    Augmented least squares rather than the normal equations: these square the condition, which is bad for polynomials.
    """
    size, count = slope.shape
    scale, heads, found, solution = room[0], room[1], room[2], room[3]
    moving = 0
    for k in range(size):
        step[k] = 0.0
        if not free[k]:
            continue
        for i in range(count):
            entry = slope[k, i] * weights[i]
            rows[moving, i] = entry if math.isfinite(entry) else 0.0
        scale[moving] = length(rows, moving, 0, count)
        if not scale[moving] > 0.0:
            continue
        share = 1.0 / scale[moving]
        for i in range(count):
            rows[moving, i] *= share
        found[moving] = k
        moving += 1
    root = math.sqrt(damping + _FLOOR)
    for k in range(moving + 1):
        for i in range(moving):
            rows[k, count + i] = 0.0
        if k < moving:
            rows[k, count + k] = root
    for i in range(count):
        rows[moving, i] = residual[i]
    for k in range(moving):
        # Of what damping adds, a column has nothing behind its own entry.
        make_reflection(rows, heads, k, count + k + 1)
        reflect(rows, heads, k, count + k + 1, k + 1, moving + 1)
    back_substitute(rows, moving, moving, solution)
    for k in range(moving):
        change = solution[k] / scale[k]
        if not math.isfinite(change):
            return False
        step[int(found[k])] = change
    return True


@helper
def refine_from(model: Any, vector: Any, free: Any, evidence: Any, steps: int) -> float:
    """Improves the constants in place by at most so many steps; returns their misfit."""
    size, count = vector.size, evidence.shape[1]
    lines = np.empty((2 * model[2] + 2 * size + 2, count))
    if steps <= 0:
        # Room for steps is not needed.
        return _refine_in(model, vector, free, evidence, steps, lines, lines, lines)
    return _refine_in(
        model, vector, free, evidence, steps, lines, np.empty((size + 1, count + size)), np.empty((6, size))
    )


@borrowing_helper
def _refine_in(
    model: Any, vector: Any, free: Any, evidence: Any, steps: int, lines: Any, rows: Any, room: Any
) -> float:
    """Improves the constants as `refine_from` does, given room for what is worked out on the way."""
    size, nodes = vector.size, lines[: model[2]]
    lines = lines[model[2] :]
    factors, lines = lines[: model[2]], lines[model[2] :]
    slope, trial_slope = lines[:size], lines[size : 2 * size]
    residual, trial_residual = lines[2 * size], lines[2 * size + 1]
    cost = misfit(model, vector, evidence, nodes, factors, slope, residual)
    if steps <= 0 or cost == math.inf or size == 0:
        return cost
    step, trial = room[4], room[5]
    damping = _FIRST_DAMPING
    while steps > 0 and cost > 0.0:
        steps -= 1
        possible = _damped_step(slope, residual, evidence[2], free, damping, rows, room, step)
        if not possible:
            return cost
        largest, largest_step = 1.0, 0.0
        for k in range(size):
            largest = max(largest, abs(vector[k]))
            largest_step = max(largest_step, abs(step[k]))
            trial[k] = vector[k] + step[k]
        trial_cost = misfit(model, trial, evidence, nodes, factors, trial_slope, trial_residual)
        if trial_cost < cost:
            converged = cost - trial_cost <= _CONVERGED * cost
            cost = trial_cost
            slope, trial_slope = trial_slope, slope
            residual, trial_residual = trial_residual, residual
            for k in range(size):
                vector[k] = trial[k]
            damping = max(damping * 0.03, _LEAST_DAMPING)
            if converged:
                return cost
        else:
            if damping > _GREATEST_DAMPING or largest_step <= 1e-14 * largest:
                return cost
            damping = max(damping, 1e-9) * 20
    return cost


@kernel("float64(int64[::1], float64[::1], boolean[::1], float64[:, ::1], int64)")
def refine(model: Any, vector: Any, free: Any, evidence: Any, steps: int) -> float:
    """Minimises the weighted sum of squared residuals.

    Args:
        model: the rule.
        vector: where to start, shape `(k,)`; afterwards the constants found, never worse than at the start.
        free: which of them may move, shape `(k,)`.
        evidence: inputs, outputs and the weights of the residuals, shape `(3, n)`.
        steps: greatest number of steps; 0 asks for the misfit only.

    Returns:
        The misfit, infinite where the rule is undefined at an input.
    """
    return refine_from(model, vector, free, evidence, steps)
