"""Choice of queries of atom-fit: spread, bounds of exceptions, inputs on which hypotheses disagree, the widest gaps."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import ATOMS, FloatArray
from find_gym.categories.numeric.estimation.scans import grid_of, grid_values, shape
from find_gym.categories.numeric.fitting.likelihood import exact_tolerance
from find_gym.categories.numeric.fitting.regions import Interval
from find_gym.categories.numeric.fitting.trees import affine_in, leaf_value, leaves
from find_gym.categories.numeric.function import QUERY_RANGE
from find_gym_agents.interpreters.atom_fit.search import Hypothesis

# Most of what happens near 0 happens within this distance.
_CORE = 3.0
# Always asked: within the narrowest rectangle, and not at 0, where steps, poles and signs are peculiar.
_CENTRE = 0.217
# Queries are written with so many decimals: enough that no period of one decimal is aliased, and still readable.
DECIMALS = 3
# The fractional part of the golden ratio's powers: the least regular rotations.
_GOLDEN = (math.sqrt(5) - 1) / 2
# Bounds of exceptions are sought to this precision: FIND's have one decimal.
EDGE_PRECISION = 0.1
# Beyond these, FIND has no exceptions: they begin within the domain and are 25 wide at most.
_HIDDEN = (-100.0, 125.0)
_POOL = 400
# A pole at 0 tells its strength best from close by, whatever the noise.
_NEAR_POLE = (-0.02, -0.003, 0.003, 0.02)


def spread(count: int, rng: np.random.Generator, *, core_share: float = 0.5) -> list[float]:
    """Returns inputs all over the query range, none on a grid.

    Args:
        count: how many inputs are wanted.
        rng: places them.
        core_share: the share that is denser towards 0; the others are even.
    """
    if count == 0:
        return []
    core = int((count - 1) * core_share)
    offset = float(rng.random())
    even = _jittered(count - 1 - core, offset) * (QUERY_RANGE[1] - QUERY_RANGE[0]) + QUERY_RANGE[0]
    reach = math.asinh(QUERY_RANGE[1] / _CORE)
    dense = _CORE * np.sinh((2 * _jittered(core, offset + 0.5) - 1) * reach)
    return rounded(np.concatenate([[_CENTRE], even, dense]))


def _jittered(count: int, offset: float) -> FloatArray:
    """Returns one position in each of `count` equal cells of [0, 1], at irrational places within the cells."""
    index = np.arange(count)
    within = np.mod(offset + index * _GOLDEN, 1.0)
    return (index + 0.1 + 0.8 * within) / max(count, 1)


def rounded(x: FloatArray | list[float]) -> list[float]:
    """Rounds inputs to the decimals of queries, and keeps them within the query range."""
    return (np.clip(np.round(np.asarray(x, dtype=np.float64), DECIMALS), *QUERY_RANGE) + 0.0).tolist()


def edge_inputs(intervals: tuple[Interval, ...], x: FloatArray) -> list[float]:
    """Returns the middle of each gap that holds a bound of an exception, where it is not known well enough yet."""
    inputs = []
    for interval in intervals:
        if interval.kind != "below":
            low = x[interval.start - 1] if interval.start > 0 else QUERY_RANGE[0]
            inputs += _middle(float(low), float(x[interval.start]))
        if interval.kind != "above":
            high = x[interval.stop] if interval.stop < x.size else QUERY_RANGE[1]
            inputs += _middle(float(x[interval.stop - 1]), float(high))
    return rounded(inputs)


def _middle(low: float, high: float) -> list[float]:
    return [(low + high) / 2] if high - low > EDGE_PRECISION else []


def gap_inputs(x: FloatArray, count: int, *, avoid: tuple[float, float] = (0.0, 0.0)) -> list[float]:
    """Returns inputs in the widest gaps between others, those where exceptions may hide first.

    Args:
        x: inputs asked so far, any order.
        count: how many are wanted.
        avoid: an interval whose gaps do not matter.
    """
    points = np.unique(np.concatenate([x, QUERY_RANGE])).tolist()
    chosen = []
    for _ in range(count):
        widths = np.diff(np.clip(points, *_HIDDEN)) + 1e-3 * np.diff(points)
        if avoid[0] < avoid[1]:
            widths = np.diff(points) - np.diff(np.clip(points, *avoid)) * (1 - 1e-6)
        index = int(np.argmax(widths))
        low, high = points[index], points[index + 1]
        # Off the middle: halving gaps again and again would make a grid.
        chosen.append(low + (high - low) * (0.5 if high - low < 1 else 0.46))
        points.insert(index + 1, chosen[-1])
    return rounded(chosen)


def disagreement_inputs(hypotheses: list[Hypothesis], x: FloatArray, y: FloatArray, count: int) -> list[float]:
    """Returns inputs on which hypotheses that explain the evidence predict different outputs.

    Args:
        hypotheses: rivals, the best first; their constants are varied over the grid as far as the evidence allows.
        x: inputs asked so far, ascending, shape `(n,)`.
        y: outputs, shape `(n,)`.
        count: how many inputs are wanted at most.
    """
    pool = candidate_pool(x)
    rows = [row for h in hypotheses for row in predictions(h, x, y, pool)]
    if len(rows) < 2:
        return []
    predicted = np.array(rows)
    chosen: list[float] = []
    allowed = 1e-6 + 1e-6 * np.abs(y).max(initial=0.0)
    groups = np.zeros(len(rows), dtype=np.intp)
    for _ in range(count):
        # The expected share of rivals that are told apart: pairs that are still alike but differ here.
        alike = groups[:, None] == groups[None]
        best, best_value = -1, 0
        differ = np.abs(predicted[:, None] - predicted[None]) > allowed
        counts = (differ & alike[:, :, None]).sum(axis=(0, 1))
        best = int(np.argmax(counts))
        best_value = int(counts[best])
        if best_value == 0:
            break
        chosen.append(float(pool[best]))
        groups = np.unique(
            np.stack([groups, np.round(predicted[:, best] / (10 * allowed))]), axis=1, return_inverse=True
        )[1].ravel()
    return rounded(chosen)


def candidate_pool(x: FloatArray) -> FloatArray:
    """Returns inputs that may be asked: even ones, and ones dense near 0, none asked before."""
    half = _POOL // 2
    reach = math.asinh(QUERY_RANGE[1] / 1.0)
    even = _jittered(half, 0.3) * (QUERY_RANGE[1] - QUERY_RANGE[0]) + QUERY_RANGE[0]
    dense = np.concatenate([np.sinh((2 * _jittered(half, 0.7) - 1) * reach), _NEAR_POLE])
    return np.setdiff1d(rounded(np.concatenate([even, dense])), x)


# How many variants of a hypothesis enter the comparison.
_VARIANTS = 12
# Inputs at which all variants are tried.
_FEW = 8


def predictions(hypothesis: Hypothesis, x: FloatArray, y: FloatArray, pool: FloatArray) -> list[FloatArray]:
    """Returns what a hypothesis, and its variants on the grid that explain the evidence as well, predict on a pool.

    Args:
        hypothesis: the rule, and the exceptions, whose outputs it need not explain.
        x: inputs in ascending order, shape `(n,)`.
        y: outputs, shape `(n,)`, finite.
        pool: further inputs, shape `(m,)`.

    Returns:
        Outputs of the rules, 0 where undefined, each of shape `(m,)`: the hypothesis first.
    """
    base = rules.evaluate(hypothesis.rule, pool)
    result = [np.where(np.isfinite(base), base, 0.0)]
    if not hypothesis.exact:
        return result
    outside = np.ones(x.size, dtype=np.bool_)
    for interval in hypothesis.intervals:
        outside[interval.start : interval.stop] = False
    names = leaves(hypothesis.skeleton)
    for index, name in enumerate(names):
        if name not in ("rectangle", "square_wave", "tanh", "erf", "sigmoid"):
            continue
        result += _variants(hypothesis, index, name, x[outside], y[outside], pool)
    return result


def _variants(
    hypothesis: Hypothesis, index: int, name: str, x: FloatArray, y: FloatArray, pool: FloatArray
) -> list[FloatArray]:
    constants = hypothesis.fit.constants
    names = leaves(hypothesis.skeleton)

    def on_grid(at: FloatArray, places: NDArray[np.intp] | None = None) -> FloatArray:
        values = grid_values(ATOMS[name], at, places) if not ATOMS[name].linear else _shapes(name, at, places)
        if ATOMS[name].linear:
            values = constants[index][0] * values + constants[index][-1]
        atoms = [leaf_value(other, c, at) for other, c in zip(names, constants, strict=True)]
        rest, factor = affine_in(hypothesis.skeleton, atoms, index)
        return rest + factor * values

    allowed = 1e3 * exact_tolerance(y)
    few = slice(None, None, max(x.size // _FEW, 1))
    with np.errstate(all="ignore"):
        # Most variants are wrong at a few inputs already.
        fitting = np.flatnonzero(~(np.abs(on_grid(x[few]) - y[few]) > allowed[few]).any(axis=1))
        fitting = fitting[~(np.abs(on_grid(x, fitting) - y) > allowed).any(axis=1)]
        if fitting.size < 2:
            return []
        picked = fitting[np.unique(np.linspace(0, fitting.size - 1, _VARIANTS).astype(np.intp))]
        values = on_grid(pool, picked)
    return list(np.where(np.isfinite(values), values, 0.0))


def _shapes(name: str, x: FloatArray, places: NDArray[np.intp] | None) -> FloatArray:
    grid = grid_of(ATOMS[name]) if places is None else grid_of(ATOMS[name])[places]
    return shape(ATOMS["tanh" if name == "sigmoid" else name], x, (grid[:, :1], grid[:, 1:]))
