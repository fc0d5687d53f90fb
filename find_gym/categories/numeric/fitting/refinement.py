"""Refinement: damped Gauss-Newton steps on all constants of a rule at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.fitting.models import model_for, raise_error
from find_gym.categories.numeric.fitting.trees import LeafConstants, pack, unpack
from find_gym.categories.numeric.kernels import models, refining
from find_gym.categories.numeric.rules import Skeleton

Answer = tuple[LeafConstants, float]


def evidence_of(x: FloatArray, y: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Returns points to be fitted as one array, `(3, n)`.

    Args:
        x: inputs, shape `(n,)`.
        y: outputs, shape `(n,)`.
        weights: factors of the residuals, shape `(n,)`; 1 by default.
    """
    evidence = np.empty((3, x.size))
    evidence[0], evidence[1], evidence[2] = x, y, 1.0 if weights is None else weights
    return evidence


def refine(
    skeleton: Skeleton,
    constants: LeafConstants,
    evidence: FloatArray,
    steps: int = 30,
    free: NDArray[np.bool_] | None = None,
) -> Answer:
    """Minimises the weighted sum of squared residuals by the Levenberg-Marquardt method.

    Args:
        skeleton: the rule without constants.
        constants: where to start.
        evidence: inputs, outputs and weights; see `evidence_of`.
        steps: greatest number of steps; 0 asks for the misfit only.
        free: which of the flattened constants may move; all by default.

    Returns:
        The constants, never worse than at the start, and their misfit: infinite where the rule is undefined at an
        input.
    """
    model = model_for(skeleton, constants)
    vector = pack(constants)
    cost = refining.refine(model.code, vector, model.free if free is None else free, evidence, steps)
    raise_error()
    return (unpack(vector, constants) if steps and cost < np.inf else constants), cost


def misfits(
    skeleton: Skeleton, like: LeafConstants, vectors: FloatArray, evidence: FloatArray, scale: FloatArray | None = None
) -> FloatArray:
    """Returns the sums of squared residuals of several constants, infinite where the rule is undefined.

    Args:
        skeleton: the rule without constants.
        like: constants of the same layout.
        vectors: flattened constants, shape `(r, k)`.
        evidence: inputs, outputs and weights; see `evidence_of`.
        scale: what each residual is divided by, shape `(n,)`; 1 by default.
    """
    costs = np.empty(vectors.shape[0])
    scale = np.ones(evidence.shape[1]) if scale is None else scale
    models.misfits(model_for(skeleton, like).code, vectors, evidence, scale, costs)
    raise_error()
    return costs
