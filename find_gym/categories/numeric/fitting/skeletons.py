"""From a rule without constants and the evidence of an episode to the function that fits it best."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.fitting.compounds import find_constants
from find_gym.categories.numeric.fitting.likelihood import intervals_cost, outside_cost
from find_gym.categories.numeric.fitting.problem import Problem
from find_gym.categories.numeric.fitting.regions import (
    REGION_STD,
    Interval,
    best_interval,
    covered,
    jittering_intervals,
    region_of,
)
from find_gym.categories.numeric.fitting.trees import LeafConstants, build, leaves
from find_gym.categories.numeric.function import NumericSpec
from find_gym.categories.numeric.kernels import evidence, rule_fits
from find_gym.categories.numeric.rules import Rule, Skeleton
from find_gym.categories.numeric.sampling import domain_mean
from find_gym.categories.numeric.variants import RegionKind

# Rounds of moving the bounds of exceptions and fitting again.
_ROUNDS = 4
# Combinations of intervals that are tried where several exceptions are claimed.
_COMBINATIONS = 8
_FEW_COMBINATIONS = 3
# Deviations from the rule's mean over its domain within which the mean inside an exception counts as that.
_SAME_MEAN = 3.0
_NO_POINTS = np.empty(0, dtype=np.bool_)


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
    skeleton, kinds, *columns = problem
    points = np.array(columns, dtype=np.float64).reshape(2, -1)
    if not kinds:
        found = find_constants(skeleton, points, _NO_POINTS, rule_fits.WHOLE, quick=quick)
        if found is None:
            return None
        rule = build(skeleton, found.constants)
        return NumericSpec(rule, rules.domain(rule))
    x, y = points
    keep = np.isfinite(x) & np.isfinite(y)
    if not keep.any():
        return None
    x, y = x[keep], y[keep]
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    fit, intervals = _fit_with_regions(skeleton, kinds, x, y, quick)
    outside = ~covered(intervals, x.size)
    fit = fit_rule(skeleton, x, y - noise_mean(x, y, outside), outside, plain=True, quick=quick)
    return assemble(fit, intervals, x, y)


def noise_mean(x: FloatArray, y: FloatArray, usable: NDArray[np.bool_]) -> float:
    """Returns the mean of the noise: not 0 only where repeated outputs differ as Poisson noise makes them.

    Args:
        x: inputs in ascending order, shape `(n,)`.
        y: outputs, shape `(n,)`.
        usable: which points count, shape `(n,)`.
    """
    return float(evidence.noise_mean(x, y, usable))


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
        # The sum of outputs may overflow, that of their small differences does not; the rounded mean may.
        mean = float(values[0] + np.add.reduce(values - values[0]) / values.size)
        if expected is not None and abs(mean - expected) <= _SAME_MEAN * REGION_STD / np.sqrt(values.size):
            mean = expected
        else:
            rounded = float(f"{mean:.6g}")
            mean = rounded if math.isfinite(rounded) else mean
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
    stage = rule_fits.PLAIN if plain else rule_fits.COMPARED
    found = find_constants(skeleton, np.array([x, y]), usable, stage, degree, polish, quick)
    assert found is not None
    return RuleFit(
        skeleton, found.constants, found.numbers[rule_fits.RESIDUALS :], float(found.numbers[rule_fits.SCALE])
    )


def _fit_with_regions(
    skeleton: Skeleton, kinds: tuple[RegionKind, ...], x: FloatArray, y: FloatArray, quick: bool
) -> tuple[RuleFit, list[Interval]]:
    # Fits, and what each output costs with them, by which points they are of: combinations soon agree.
    known: dict[bytes, tuple[RuleFit, FloatArray]] = {}
    found: list[tuple[float, RuleFit, list[Interval]]] = []
    # Rules of many atoms take long to fit, and are seldom found at all.
    simple = len(leaves(skeleton)) <= 2 and not quick
    choices = [[None, *jittering_intervals(y, kind)] for kind in kinds]
    combinations = _by_length(choices, _COMBINATIONS if simple else _FEW_COMBINATIONS)
    seen = list(combinations)
    for _ in range(_ROUNDS if simple else 2):
        improved: list[list[Interval]] = []
        for intervals in combinations:
            outside = ~covered(intervals, x.size)
            key = outside.tobytes()
            if key not in known:
                if not outside.any():
                    continue
                fit = fit_rule(skeleton, x, y, outside, quick=quick)
                known[key] = fit, outside_cost(fit.residuals, fit.scale, y)
            fit, cost = known[key]
            found.append((float(np.add.reduce(cost[outside])) + intervals_cost(intervals, y), fit, intervals))
            better = _reassign(cost, kinds, y)
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


def _reassign(cost: FloatArray, kinds: tuple[RegionKind, ...], y: FloatArray) -> list[Interval]:
    """Finds the best interval of each kind in turn, given what each output costs outside of them."""
    found: list[Interval] = []
    for kind in kinds:
        interval, _ = best_interval(y, cost, kind, usable=~covered(found, y.size) if found else None)
        if interval is not None:
            found.append(interval)
    return found
