"""Refinement: damped Gauss-Newton steps on all constants of a rule at once, for many fits side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.fitting.rows import Layout, layout_of, linearise
from find_gym.categories.numeric.fitting.trees import LeafConstants, pack, unpack
from find_gym.categories.numeric.rules import Skeleton

# A step that improves the misfit by less than this share ends the search; towards exact data, steps gain far more.
_CONVERGED = 1e-7
_FIRST_DAMPING = 1e-3
_LEAST_DAMPING = 1e-24
_GREATEST_DAMPING = 1e8
# Keeps redundant constants (two offsets of a sum) where they are.
_FLOOR = 1e-26
# Fits are worked out together where they have as many points and constants, rounded up to multiples of these.
_POINTS_STEP = 16
_CONSTANTS_STEP = 4

Answer = tuple[LeafConstants, float]


class Evidence:
    """Points to be fitted, filled up with points of weight 0.

    Args:
        x: inputs, shape `(n,)`, n > 0.
        y: outputs, shape `(n,)`.
        weights: factors of the residuals, shape `(n,)`; 1 by default.

    Attributes:
        x: inputs, shape `(m,)`, m a multiple of 16.
        y: outputs, shape `(m,)`.
        weights: factors of the residuals, shape `(m,)`.
    """

    __slots__ = ("weights", "x", "y")

    def __init__(self, x: FloatArray, y: FloatArray, weights: FloatArray | None = None) -> None:
        count = x.size
        size = -(-count // _POINTS_STEP) * _POINTS_STEP
        self.x, self.y, self.weights = np.empty(size), np.empty(size), np.zeros(size)
        self.x[:count], self.y[:count] = x, y
        self.weights[:count] = 1.0 if weights is None else weights
        # A point that is there anyway: the rule may be undefined at any other.
        self.x[count:], self.y[count:] = x[-1], y[-1]


@dataclass(frozen=True, slots=True, eq=False)
class Refinement:
    """A request to minimise the weighted sum of squared residuals by the Levenberg-Marquardt method.

    Attributes:
        skeleton: the rule without constants.
        constants: where to start.
        evidence: the points.
        steps: greatest number of steps; 0 asks for the misfit only.
        free: which of the flattened constants may move; all by default.

    The answer is the constants, never worse than at the start, and their misfit: infinite where the rule is undefined
    at an input that counts.
    """

    skeleton: Skeleton
    constants: LeafConstants
    evidence: Evidence
    steps: int = 30
    free: NDArray[np.bool_] | None = None


def answer(requests: Sequence[Refinement]) -> list[Answer]:
    """Answers requests; those of similar size are worked out together."""
    vectors = [pack(request.constants) for request in requests]
    blocks: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, (request, vector) in enumerate(zip(requests, vectors, strict=True)):
        width = -(-max(vector.size, 1) // _CONSTANTS_STEP) * _CONSTANTS_STEP
        blocks[width, request.evidence.x.size].append(index)
    answers: list[Answer] = [([], np.inf)] * len(requests)
    for (width, _), indices in blocks.items():
        groups: dict[tuple[Skeleton, Layout], list[int]] = defaultdict(list)
        for index in indices:
            groups[requests[index].skeleton, layout_of(requests[index].constants)].append(index)
        ordered = [index for group in groups.values() for index in group]
        block = _Block([(*key, len(group)) for key, group in groups.items()], width)
        refined, misfits = block.refine([requests[i] for i in ordered], [vectors[i] for i in ordered])
        for index, vector, cost in zip(ordered, refined, misfits.tolist(), strict=True):
            constants = requests[index].constants
            moved = requests[index].steps > 0 and cost < np.inf
            answers[index] = (unpack(vector[: vectors[index].size], constants) if moved else constants, cost)
    return answers


class _Block:
    """Fits with as many constants and points each, in rows; rows of the same rule follow each other.

    Args:
        groups: rule, layout of its constants, and number of rows.
        width: columns for constants; those that a rule does not have are 0.
    """

    def __init__(self, groups: list[tuple[Skeleton, Layout, int]], width: int) -> None:
        self._rules = [
            (skeleton, layout, sum(max(n, 1) for leaf in layout for n in leaf)) for skeleton, layout, _ in groups
        ]
        self._group = np.repeat(np.arange(len(groups)), [count for _, _, count in groups])
        self._width = width

    def refine(self, requests: list[Refinement], starts: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Returns the constants, `(r, width)`, and the misfits, `(r,)`."""
        count = len(requests)
        vectors = np.zeros((count, self._width))
        for row, start in enumerate(starts):
            vectors[row, : start.size] = start
        free = np.ones((count, self._width))
        for row, request in enumerate(requests):
            if request.free is not None:
                free[row, : request.free.size] = request.free
        x, y, weights = (np.array([getattr(r.evidence, name) for r in requests]) for name in ("x", "y", "weights"))
        left = np.array([request.steps for request in requests])
        wanted = bool(left.any())
        costs, residuals, jacobian = self._linearised(vectors, x, y, weights, self._group, derivatives=wanted)
        results = vectors.copy()
        if not wanted:
            return results, costs
        misfits = costs.copy()
        damping = np.full(count, _FIRST_DAMPING)
        rows = np.arange(count)
        going = np.isfinite(costs) & (left > 0) & (costs > 0)
        while True:
            if not going.all():
                rows, left = rows[going], left[going]
                vectors, free, x, y, weights, costs, residuals, jacobian, damping = (
                    values[going] for values in (vectors, free, x, y, weights, costs, residuals, jacobian, damping)
                )
            if rows.size == 0:
                return results, misfits
            step = _steps(jacobian * free[:, :, None], residuals, damping)
            possible: NDArray[np.bool_] = np.asarray(np.isfinite(step).all(axis=1))
            trials = vectors + np.where(possible[:, None], step, 0.0)
            trial_costs, trial_residuals, trial_jacobian = self._linearised(
                trials, x, y, weights, self._group[rows], derivatives=True
            )
            better = possible & (trial_costs < costs)
            tiny = np.abs(step).max(axis=1) <= 1e-14 * np.maximum(np.abs(vectors).max(axis=1), 1.0)
            left = left - 1
            going = (left > 0) & np.where(
                better,
                (costs - trial_costs > _CONVERGED * costs) & (trial_costs > 0),
                possible & (damping <= _GREATEST_DAMPING) & ~tiny,
            )
            damping = np.where(better, np.maximum(damping * 0.03, _LEAST_DAMPING), np.maximum(damping, 1e-9) * 20)
            vectors = np.where(better[:, None], trials, vectors)
            costs = np.where(better, trial_costs, costs)
            residuals = np.where(better[:, None], trial_residuals, residuals)
            jacobian = np.where(better[:, None, None], trial_jacobian, jacobian)
            results[rows], misfits[rows] = vectors, costs

    def _linearised(
        self,
        vectors: FloatArray,
        x: FloatArray,
        y: FloatArray,
        weights: FloatArray,
        group: NDArray[Any],
        *,
        derivatives: bool,
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Returns misfits `(r,)`, weighted residuals `(r, n)` and the weighted Jacobian `(r, width, n)`."""
        value = np.empty_like(x)
        jacobian = np.zeros((x.shape[0], self._width, x.shape[1])) if derivatives else np.empty(0)
        edges = np.searchsorted(group, np.arange(len(self._rules) + 1)).tolist()
        for (skeleton, layout, size), start, stop in zip(self._rules, edges, edges[1:], strict=False):
            if start == stop:
                continue
            value[start:stop], gradient = linearise(skeleton, layout, vectors[start:stop, :size], x[start:stop])
            if derivatives:
                for index, row in enumerate(gradient):
                    np.multiply(row, weights[start:stop], out=jacobian[start:stop, index])
        residuals = weights * (y - value)
        misfits = np.add.reduce(residuals * residuals, axis=1)
        misfits[~np.isfinite(misfits)] = np.inf
        if derivatives:
            jacobian[~np.isfinite(jacobian)] = 0.0
        return misfits, residuals, jacobian


def _steps(jacobian: FloatArray, residuals: FloatArray, damping: FloatArray) -> FloatArray:
    """Solves for the damped steps, the columns scaled to the same length, shape `(r, k)`; not finite if impossible.

    Augmented least squares rather than the normal equations: these square the condition, which is bad for polynomials.
    """
    count, width, points = jacobian.shape
    scale = np.sqrt(np.add.reduce(jacobian * jacobian, axis=2))
    scale = np.where(scale > 0, scale, 1.0)
    system = np.zeros((count, width + 1, points + width))
    np.divide(jacobian, scale[:, :, None], out=system[:, :width, :points])
    diagonal = np.arange(width)
    system[:, diagonal, points + diagonal] = np.sqrt(damping + _FLOOR)[:, None]
    system[:, width, :points] = residuals
    triangle = np.asarray(np.linalg.qr(system.transpose(0, 2, 1), mode="r"))
    left = triangle[:, :width, :width]
    # Rows whose numbers overflow are left to the caller, who sees that their step is not finite.
    impossible = ~np.isfinite(triangle).all(axis=(1, 2)) | (left[:, diagonal, diagonal] == 0).any(axis=1)
    left[impossible] = np.eye(width)
    step = np.linalg.solve(left, triangle[:, :width, width:])[:, :, 0] / scale
    step[impossible] = np.nan
    return step


def refinement(
    skeleton: Skeleton,
    constants: LeafConstants,
    evidence: Evidence,
    *,
    free: NDArray[np.bool_] | None = None,
    steps: int = 30,
) -> Answer:
    """Answers one request at once."""
    with np.errstate(all="ignore"):
        return answer([Refinement(skeleton, constants, evidence, steps, free)])[0]
