"""From a rule without constants and the evidence of an episode to the function that fits it best."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.fitting.constants import BegunFit, find_constants
from find_gym.categories.numeric.fitting.problem import Problem
from find_gym.categories.numeric.fitting.regions import KINDS, REGION_STD, Interval, region_of
from find_gym.categories.numeric.fitting.trees import LeafConstants, build
from find_gym.categories.numeric.function import NumericSpec
from find_gym.categories.numeric.kernels import evidence, rule_fits
from find_gym.categories.numeric.rules import Rule, Skeleton
from find_gym.categories.numeric.sampling import domain_mean

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


class BegunProblem:
    """A problem that is being worked on."""

    __slots__ = ("_count", "_fit", "_problem")

    def __init__(self, problem: Problem, quick: bool) -> None:
        points = np.array([problem.x, problem.y], dtype=np.float64).reshape(2, -1)
        claimed = [KINDS.index(kind) for kind in problem.region_kinds]
        self._problem, self._count = problem, points.shape[1]
        self._fit = BegunFit(problem.skeleton, points, _NO_POINTS, rule_fits.WHOLE, kinds=claimed, quick=quick)

    def finish(self) -> NumericSpec | None:
        """Returns the function that explains the evidence best, or None where that has no defined output."""
        skeleton, kinds, _, _ = self._problem
        count = self._count
        found = self._fit.finish()
        if found is None:
            return None
        rule = build(skeleton, found.constants)
        if not kinds:
            return NumericSpec(rule, rules.domain(rule))
        numbers = found.numbers[rule_fits.RESIDUALS + count : -2 * count].astype(int).tolist()
        size, exceptions, *places = numbers
        intervals = [
            Interval(KINDS[kind], start, stop)
            for kind, start, stop in zip(places[: 3 * exceptions : 3], places[1::3], places[2::3], strict=False)
        ]
        return assemble(rule, intervals, *found.numbers[-2 * count :][: 2 * size].reshape(2, -1))


def noise_mean(x: FloatArray, y: FloatArray, usable: NDArray[np.bool_]) -> float:
    """Returns the mean of the noise: not 0 only where repeated outputs differ as Poisson noise makes them.

    Args:
        x: inputs in ascending order, shape `(n,)`.
        y: outputs, shape `(n,)`.
        usable: which points count, shape `(n,)`.
    """
    return float(evidence.noise_mean(x, y, usable))


def assemble(rule: Rule, intervals: list[Interval], x: FloatArray, y: FloatArray) -> NumericSpec:
    """Returns the spec of a fitted rule with its exceptions.

    Args:
        rule: the rule.
        intervals: the exceptions.
        x: inputs in ascending order, shape `(n,)`.
        y: outputs, shape `(n,)`.
    """
    domain = rules.domain(rule)
    if not intervals:
        return NumericSpec(rule, domain)
    expected = domain_mean(rule, domain)
    inputs, outputs, regions = x.tolist(), y.tolist(), []
    for interval in intervals:
        values = outputs[interval.start : interval.stop]
        # The sum of outputs may overflow, that of their small differences does not; the rounded mean may.
        mean = values[0] + sum([value - values[0] for value in values]) / len(values)
        if expected is not None and abs(mean - expected) <= _SAME_MEAN * REGION_STD / math.sqrt(len(values)):
            mean = expected
        else:
            rounded = float(f"{mean:.6g}")
            mean = rounded if math.isfinite(rounded) else mean
        regions.append(region_of(interval, inputs, mean))
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
    found = find_constants(skeleton, np.array([x, y]), usable, stage, degree=degree, polish=polish, quick=quick)
    assert found is not None
    return RuleFit(
        skeleton, found.constants, found.numbers[rule_fits.RESIDUALS :], float(found.numbers[rule_fits.SCALE])
    )
