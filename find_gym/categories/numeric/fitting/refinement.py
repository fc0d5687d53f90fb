"""Refinement: damped Gauss-Newton steps on all constants of a rule at once."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.fitting.models import layout_of, model_for
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
    return (unpack(vector, constants) if steps and cost < np.inf else constants), cost


def settle(
    skeleton: Skeleton, starts: Sequence[LeafConstants], evidence: FloatArray, first: int, last: int, exact: float
) -> Answer | None:
    """Refines several starts a little, and the one that is ahead then to the end.

    Args:
        skeleton: the rule without constants.
        starts: where to start, those likeliest to be exact first.
        evidence: inputs, outputs and weights; see `evidence_of`.
        first: the greatest number of steps of each start.
        last: that of the one that is ahead.
        exact: the misfit that is as good as none.

    Returns:
        The best constants and their misfit; None where the rule is undefined at an input with all of them.
    """
    if len(starts) == 1:
        only = refine(skeleton, starts[0], evidence, first + last)
        return only if only[1] < np.inf else None
    best: Answer | None = None
    for _, alike in itertools.groupby(starts, layout_of):
        some = list(alike)
        vectors = np.array([pack(one) for one in some])
        costs = np.empty(len(some))
        row = refining.settle(model_for(skeleton, some[0]).code, vectors, evidence, costs, first, last, exact)
        if row >= 0 and (best is None or costs[row] < best[1]):
            best = (unpack(vectors[row], some[row]), float(costs[row]))
        if best is not None and best[1] <= exact:
            break
    return best


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
    return costs
