"""Refinement: damped Gauss-Newton steps on all constants of a rule at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from find_gym.functions.numeric.atoms import FloatArray
from find_gym.functions.numeric.rules import Skeleton
from find_gym.scoring.fitting.trees import LeafConstants, pack, unpack, value_and_jacobian

# A step that improves the misfit by less than this share ends the search; towards exact data, steps gain far more.
_CONVERGED = 1e-7
_FIRST_DAMPING = 1e-3
_LEAST_DAMPING = 1e-24
_GREATEST_DAMPING = 1e8


def misfit(skeleton: Skeleton, constants: LeafConstants, x: FloatArray, y: FloatArray, weights: FloatArray) -> float:
    """Returns the weighted sum of squared residuals, infinite where the rule is undefined at an input that counts."""
    return _linearised(skeleton, constants, x, y, weights)[0]


def refine(
    skeleton: Skeleton,
    constants: LeafConstants,
    x: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    *,
    free: NDArray[np.bool_] | None = None,
    steps: int = 30,
) -> tuple[LeafConstants, float]:
    """Minimises the weighted sum of squared residuals by the Levenberg-Marquardt method.

    Args:
        skeleton: the rule without constants.
        constants: where to start.
        x: inputs, shape `(n,)`.
        y: outputs, shape `(n,)`.
        weights: factors of the residuals, shape `(n,)`.
        free: which of the flattened constants may move; all by default.
        steps: greatest number of steps.

    Returns:
        The constants, never worse than at the start, and their misfit.
    """
    vector = pack(constants)
    best, residual, jacobian = _linearised(skeleton, constants, x, y, weights)
    damping = _FIRST_DAMPING
    if not np.isfinite(best):
        return constants, best
    for _ in range(steps):
        if free is not None:
            jacobian = jacobian[free]
        step = _step(jacobian, residual, damping)
        if step is None:
            break
        trial = vector.copy()
        trial[slice(None) if free is None else free] += step
        trial_constants = unpack(trial, constants)
        value, trial_residual, trial_jacobian = _linearised(skeleton, trial_constants, x, y, weights)
        if value < best:
            gain = best - value
            vector, constants, residual, jacobian = trial, trial_constants, trial_residual, trial_jacobian
            done = gain <= _CONVERGED * best
            best = value
            damping = max(damping * 0.03, _LEAST_DAMPING)
            if done or best == 0:
                break
        else:
            if damping > _GREATEST_DAMPING or np.all(np.abs(step) <= 1e-14 * np.abs(vector).max(initial=1.0)):
                break
            if free is not None:
                jacobian = _linearised(skeleton, constants, x, y, weights)[2]
            damping = max(damping, 1e-9) * 20
    return constants, best


def _linearised(
    skeleton: Skeleton, constants: LeafConstants, x: FloatArray, y: FloatArray, weights: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    with np.errstate(all="ignore"):
        try:
            value, jacobian = value_and_jacobian(skeleton, constants, x)
        except (ZeroDivisionError, ValueError, OverflowError):
            return np.inf, np.zeros_like(y), np.zeros((0, y.size))
        residual = weights * (y - value)
        total = float(residual @ residual)
        if not np.isfinite(total):
            return np.inf, residual, jacobian
        jacobian = jacobian * weights
        jacobian[~np.isfinite(jacobian)] = 0.0
    return total, residual, jacobian


def _step(jacobian: FloatArray, residual: FloatArray, damping: float) -> FloatArray | None:
    """Solves for the damped step, the columns scaled to the same length; None where that is impossible.

    Augmented least squares rather than the normal equations: these square the condition, which is bad for polynomials.
    """
    with np.errstate(all="ignore"):
        scale = np.sqrt(np.einsum("kn,kn->k", jacobian, jacobian))
        count = scale.size
        system = np.empty((residual.size + count, count))
        system[: residual.size] = (jacobian / np.where(scale > 0, scale, 1.0)[:, None]).T
        # The floor keeps redundant constants (two offsets of a sum) where they are.
        system[residual.size :] = np.sqrt(damping + 1e-26) * np.eye(count)
        goal = np.concatenate([residual, np.zeros(count)])
        try:
            step = np.linalg.lstsq(system, goal, rcond=1e-14)[0] / np.where(scale > 0, scale, 1.0)
        except np.linalg.LinAlgError:
            return None
    return step if step.size and np.all(np.isfinite(step)) else None
