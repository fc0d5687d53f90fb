"""From a rule without constants and the evidence of an episode to the function that fits it best."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import ATOMS, FloatArray
from find_gym.categories.numeric.fitting.compounds import fit_constants, is_solved
from find_gym.categories.numeric.fitting.likelihood import intervals_cost, outside_cost
from find_gym.categories.numeric.fitting.models import model_for
from find_gym.categories.numeric.fitting.problem import Problem
from find_gym.categories.numeric.fitting.regions import (
    REGION_STD,
    Interval,
    best_interval,
    covered,
    jittering_intervals,
    region_of,
)
from find_gym.categories.numeric.fitting.snapping import simplify
from find_gym.categories.numeric.fitting.trees import LeafConstants, build, leaves, pack
from find_gym.categories.numeric.function import NumericSpec
from find_gym.categories.numeric.kernels import evidence
from find_gym.categories.numeric.rules import Rule, Skeleton
from find_gym.categories.numeric.sampling import domain_mean
from find_gym.categories.numeric.variants import RegionKind

# Residuals this many times larger, in root mean square, than half of them suggest are a sign of outliers.
_HEAVY = 3.0
# Rounds of leaving out outliers and fitting again.
_ROUNDS = 4
# Residuals within this many robust deviations are no outliers.
_INLIER = 4.0
# Combinations of intervals that are tried where several exceptions are claimed.
_COMBINATIONS = 8
_FEW_COMBINATIONS = 3
# Rounding errors of an output, relative to its size.
_ROUNDING = 1e-9
# Deviations from the rule's mean over its domain within which the mean inside an exception counts as that.
_SAME_MEAN = 3.0


@dataclass(frozen=True)
class RuleFit:
    """A rule fitted to evidence.

    Attributes:
        skeleton: the rule without constants.
        constants: constants of the atoms, from left to right.
        residuals: output less rule at every input, shape `(n,)`; NaN where the rule is undefined.
        scale: robust standard deviation of the residuals of the points that were fitted.
    """

    skeleton: Skeleton
    constants: LeafConstants
    residuals: FloatArray
    scale: float

    @property
    def rule(self) -> Rule:
        """The rule with its constants."""
        return build(self.skeleton, self.constants)


def fit_problem(problem: Problem, quick: bool) -> NumericSpec | None:
    """Returns the function that explains the evidence best, or None where that has no defined output."""
    skeleton, kinds = problem.skeleton, problem.region_kinds
    x = np.asarray(problem.x, dtype=np.float64).ravel()
    y = np.asarray(problem.y, dtype=np.float64).ravel()
    keep = np.isfinite(x) & np.isfinite(y)
    known = np.count_nonzero(keep)
    if known == 0:
        return None
    if known < keep.size:
        x, y = x[keep], y[keep]
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    fit, intervals = _fit_with_regions(skeleton, kinds, x, y, quick)
    outside = ~covered(intervals, x.size)
    shift = noise_mean(x, y, outside)
    if kinds or shift != 0:
        fit = fit_rule(skeleton, x, y - shift, outside, plain=True, quick=quick)
    return assemble(fit, intervals, x, y)


def noise_mean(x: FloatArray, y: FloatArray, usable: NDArray[np.bool_]) -> float:
    """Returns the mean of the noise: not 0 only where repeated outputs differ as Poisson noise makes them.

    Args:
        x: inputs in ascending order, shape `(n,)`.
        y: outputs, shape `(n,)`.
        usable: which points count, shape `(n,)`.
    """
    return float(evidence.poisson_mean(x, y, usable, _ROUNDING))


def assemble(fit: RuleFit, intervals: list[Interval], x: FloatArray, y: FloatArray) -> NumericSpec:
    """Returns the spec of a fitted rule with its exceptions.

    Args:
        fit: the rule.
        intervals: the exceptions.
        x: inputs in ascending order, shape `(n,)`.
        y: outputs, shape `(n,)`.
    """
    rule = fit.rule
    domain = rules.domain(rule)
    expected = domain_mean(rule, domain) if intervals else None
    regions = []
    for interval in intervals:
        values = y[interval.start : interval.stop]
        mean = float(np.mean(values))
        if expected is not None and abs(mean - expected) <= _SAME_MEAN * REGION_STD / np.sqrt(values.size):
            mean = expected
        else:
            mean = float(f"{mean:.6g}")
        regions.append(region_of(interval, x, mean))
    return NumericSpec(rule, domain, regions=tuple(regions))


def fit_rule(
    skeleton: Skeleton,
    x: FloatArray,
    y: FloatArray,
    usable: NDArray[np.bool_],
    *,
    plain: bool = False,
    degree: int = 5,
    polish: bool = True,
    quick: bool = False,
) -> RuleFit:
    """Fits a rule to part of the evidence; never fails.

    Args:
        skeleton: the rule without constants.
        x: inputs, shape `(n,)`.
        y: outputs, shape `(n,)`, finite.
        usable: which points are fitted, shape `(n,)`.
        plain: whether to round the constants and to leave out outliers.
        degree: the greatest degree of its polynomials.
        polish: whether to refine first estimates by Gauss-Newton steps.
        quick: whether to refine once only, at the end.
    """
    polish = polish and not quick
    everything = np.count_nonzero(usable) == usable.size
    own_x, own_y = (x, y) if everything else (x[usable], y[usable])
    constants = _best_constants(skeleton, own_x, own_y, degree, polish)
    fit, known, typical = _inspected(skeleton, constants, x, y, usable)
    if not plain or known == 0:
        return fit
    kept = usable
    for _ in range(1 if quick else _ROUNDS):
        if not typical > _HEAVY * fit.scale:
            break
        if not typical > _HEAVY * fit.scale + _ROUNDING * float(np.abs(y).max(initial=0.0)):
            break
        limit = _INLIER * fit.scale + _ROUNDING * np.abs(y)
        trial_kept = usable & (np.abs(fit.residuals) <= limit)
        if trial_kept.sum() < 0.5 * usable.sum() or np.array_equal(trial_kept, kept):
            break
        trial_constants = _best_constants(skeleton, x[trial_kept], y[trial_kept], degree, not quick)
        trial, known, typical = _inspected(skeleton, trial_constants, x, y, usable)
        if not trial.scale < fit.scale or known == 0:
            break
        fit, kept = trial, trial_kept
    if not (kept is usable and everything and known == x.size):
        kept = kept & np.isfinite(fit.residuals)
        own_x, own_y = x[kept], y[kept]
    if own_x.size:
        constants = simplify(skeleton, fit.constants, own_x, own_y, solved=is_solved(skeleton), quick=quick)
        fit, _, _ = _inspected(skeleton, constants, x, y, usable)
    return fit


def _best_constants(
    skeleton: Skeleton, x: FloatArray, y: FloatArray, degree: int, polish: bool = True
) -> LeafConstants:
    fit = fit_constants(skeleton, x, y, np.ones(y.size), degree=degree, polish=polish)
    return _level_constants(skeleton, float(np.median(y)) if y.size else 0.0) if fit is None else fit[0]


def _level_constants(skeleton: Skeleton, level: float) -> LeafConstants:
    """Constants for which the rule is about constant: what is left where nothing can be fitted."""
    if isinstance(skeleton, str):
        return [ATOMS[skeleton].level(level)]
    neutral = 0.0 if skeleton[0] == "sum" else 1.0
    levels = [level, *(neutral for _ in skeleton[1][1:])]
    return [c for part, own in zip(skeleton[1], levels, strict=True) for c in _level_constants(part, own)]


def _inspected(
    skeleton: Skeleton, constants: LeafConstants, x: FloatArray, y: FloatArray, usable: NDArray[np.bool_]
) -> tuple[RuleFit, int, float]:
    """Returns the fit with given constants, how many usable points are defined, and their root mean square residual."""
    residuals, summary = np.empty(x.size), np.empty(3)
    model = model_for(skeleton, constants)
    evidence.inspect(model.code, pack(constants), x, y, usable, residuals, summary)
    scale, typical, known = summary.tolist()
    return RuleFit(skeleton, constants, residuals, scale), int(known), typical


def _fit_with_regions(
    skeleton: Skeleton, kinds: tuple[RegionKind, ...], x: FloatArray, y: FloatArray, quick: bool
) -> tuple[RuleFit, list[Interval]]:
    everywhere = np.ones(x.size, dtype=np.bool_)
    first = fit_rule(skeleton, x, y, everywhere, plain=not kinds, quick=quick)
    if not kinds:
        return first, []
    # Fits by what they leave out: combinations soon agree.
    known = {everywhere.tobytes(): first}
    found: list[tuple[float, RuleFit, list[Interval]]] = [(_total_cost(first, [], y), first, [])]
    # Rules of many atoms take long to fit, and are seldom found at all.
    simple = len(leaves(skeleton)) <= 2 and not quick
    choices = [[None, *jittering_intervals(y, kind)] for kind in kinds]
    combinations = _by_length(choices, _COMBINATIONS if simple else _FEW_COMBINATIONS)
    seen = list(combinations)
    for _ in range(_ROUNDS if simple else 2):
        masks = {(mask := ~covered(intervals, x.size)).tobytes(): mask for intervals in combinations}
        missing = [(key, mask) for key, mask in masks.items() if key not in known and mask.any()]
        fits = [fit_rule(skeleton, x, y, mask, quick=quick) for _, mask in missing]
        known.update({key: fit for (key, _), fit in zip(missing, fits, strict=True)})
        improved: list[list[Interval]] = []
        for intervals in combinations:
            fit = known.get((~covered(intervals, x.size)).tobytes())
            if fit is None:
                continue
            found.append((_total_cost(fit, intervals, y), fit, intervals))
            better = _reassign(fit, kinds, intervals, y)
            if better not in seen:
                seen.append(better)
                improved.append(better)
        combinations = improved
    _, best_fit, best_intervals = min(found, key=lambda entry: entry[0])
    return best_fit, best_intervals


def _by_length(choices: list[list[Interval | None]], most: int) -> list[list[Interval]]:
    """Returns combinations of one choice for each kind, those that cover most first; none overlapping."""
    combinations = []
    for combination in itertools.product(*choices):
        intervals = [interval for interval in combination if interval is not None]
        spans = sorted((interval.start, interval.stop) for interval in intervals)
        if all(one[1] <= other[0] for one, other in itertools.pairwise(spans)):
            combinations.append(intervals)
    # The combination without any comes last but is always tried: exceptions may be too short to be seen by themselves.
    combinations.sort(key=lambda intervals: sum(s.start - s.stop for s in intervals))
    return [*combinations[: most - 1], []]


def _total_cost(fit: RuleFit, intervals: list[Interval], y: FloatArray) -> float:
    outside = ~covered(intervals, y.size)
    cost = outside_cost(fit.residuals, fit.scale, y)
    return float(cost[outside].sum()) + intervals_cost(intervals, y)


def _reassign(fit: RuleFit, kinds: tuple[RegionKind, ...], intervals: list[Interval], y: FloatArray) -> list[Interval]:
    """Finds the best interval of each kind in turn, given the rule."""
    cost = outside_cost(fit.residuals, fit.scale, y)
    found: list[Interval] = []
    for kind in kinds:
        interval, _ = best_interval(y, cost, kind, usable=~covered(found, y.size))
        if interval is not None:
            found.append(interval)
    return found
