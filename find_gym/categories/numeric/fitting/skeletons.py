"""From a rule without constants and the evidence of an episode to the function that fits it best."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import ATOMS, FloatArray
from find_gym.categories.numeric.fitting.compounds import fit_constants, is_solved
from find_gym.categories.numeric.fitting.likelihood import outside_cost, stretches_cost
from find_gym.categories.numeric.fitting.plans import Plan, gather, run
from find_gym.categories.numeric.fitting.regions import (
    REGION_STD,
    Stretch,
    best_stretch,
    covered,
    jittering_stretches,
    region_of,
)
from find_gym.categories.numeric.fitting.snapping import simplify
from find_gym.categories.numeric.fitting.trees import LeafConstants, build, leaves
from find_gym.categories.numeric.function import NumericSpec
from find_gym.categories.numeric.rules import Rule, Skeleton
from find_gym.categories.numeric.sampling import domain_mean
from find_gym.categories.numeric.variants import RegionKind

# Residuals this many times larger, in root mean square, than half of them suggest are a sign of outliers.
_HEAVY = 3.0
# Rounds of leaving out outliers and fitting again.
_ROUNDS = 4
# Residuals within this many robust deviations are no outliers.
_INLIER = 4.0
# Scale of a normal distribution over the median of its absolute values.
_MAD = 1.4826
# Combinations of stretches that are tried where several exceptions are claimed.
_COMBINATIONS = 8
_FEW_COMBINATIONS = 3
# Rounding errors of an output, relative to its size.
_ROUNDING = 1e-9
# Deviations from the rule's mean over its domain within which the mean inside an exception counts as that.
_SAME_MEAN = 3.0
# The least variance, and thus mean, of Poisson noise that is told from none.
_LEAST_POISSON = 1.0


Effort = Literal["full", "quick"]


class Problem(NamedTuple):
    """A rule without constants, and the evidence that its constants are to explain; see `fit_skeleton`."""

    skeleton: Skeleton
    region_kinds: tuple[RegionKind, ...]
    x: ArrayLike
    y: ArrayLike


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


def fit_skeleton(
    skeleton: Skeleton, region_kinds: tuple[RegionKind, ...], x: ArrayLike, y: ArrayLike
) -> NumericSpec | None:
    """Estimates all constants of a rule, and the exceptions, by robust least squares.

    Constants with one decimal, as FIND draws them, are preferred where they explain the evidence as well. The same
    evidence always gives the same constants.

    Args:
        skeleton: the rule without constants: an atom's name, or an operator and the skeletons of its parts.
        region_kinds: the kinds of exceptions claimed; those of which the evidence shows nothing are left out.
        x: inputs, shape `(n,)`, in any order, repetitions allowed.
        y: outputs, shape `(n,)`, NaN where undefined.

    Returns:
        The function that fits best, or None where the evidence has no defined output.

    Example:
        >>> import numpy as np
        >>> from find_gym.functions import NumericFunction
        >>> x = np.linspace(-20, 20, 41)
        >>> spec = fit_skeleton("linear", (), x, 2.5 * x - 1)
        >>> NumericFunction(spec).describe()
        'f(x) = 2.5x - 1, a linear function.'
    """
    return fit_skeletons([Problem(skeleton, region_kinds, x, y)])[0]


def fit_skeletons(problems: Sequence[Problem], *, effort: Effort = "full") -> list[NumericSpec | None]:
    """Estimates the constants of many rules side by side, faster than one by one.

    Args:
        problems: rules and evidence; see `fit_skeleton`.
        effort: "full", or "quick" to try less: estimates are refined once, at the end, one start has to do for products
            of rules, and fewer exceptions are compared. For training: half the time, and over 2,000 episodes with 32
            probes, half of them with a true rule, a mean skill of 0.504 in place of 0.509.

    Returns:
        With full effort, what `fit_skeleton` returns for each problem, bit for bit.

    Raises:
        ValueError: an unknown effort.
    """
    if effort not in get_args(Effort):
        raise ValueError(f"expected an effort among {get_args(Effort)}, actual value: {effort!r}")
    return run([_problem_plan(problem, effort == "quick") for problem in problems])


def _problem_plan(problem: Problem, quick: bool) -> Plan[NumericSpec | None]:
    skeleton, kinds = problem.skeleton, problem.region_kinds
    x = np.asarray(problem.x, dtype=np.float64).ravel()
    y = np.asarray(problem.y, dtype=np.float64).ravel()
    keep = np.isfinite(x) & np.isfinite(y)
    if not keep.any():
        return None
    order = np.argsort(x[keep], kind="stable")
    x, y = x[keep][order], y[keep][order]
    fit, stretches = yield from _fit_with_regions(skeleton, kinds, x, y, quick)
    outside = ~covered(stretches, x.size)
    shift = poisson_mean(x[outside], y[outside])
    if kinds or shift != 0:
        fit = yield from rule_plan(skeleton, x, y - shift, outside, plain=True, quick=quick)
    return assemble(fit, stretches, x, y)


def assemble(fit: RuleFit, stretches: list[Stretch], x: FloatArray, y: FloatArray) -> NumericSpec:
    """Returns the spec of a fitted rule with its exceptions.

    Args:
        fit: the rule.
        stretches: the exceptions.
        x: inputs in ascending order, shape `(n,)`.
        y: outputs, shape `(n,)`.
    """
    rule = fit.rule
    domain = rules.domain(rule)
    expected = domain_mean(rule, domain) if stretches else None
    regions = []
    for stretch in stretches:
        values = y[stretch.start : stretch.stop]
        mean = float(np.mean(values))
        if expected is not None and abs(mean - expected) <= _SAME_MEAN * REGION_STD / np.sqrt(values.size):
            mean = expected
        else:
            mean = float(f"{mean:.6g}")
        regions.append(region_of(stretch, x, mean))
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
) -> RuleFit:
    """Fits a rule to part of the evidence at once; see `rule_plan`."""
    return run([rule_plan(skeleton, x, y, usable, plain=plain, degree=degree, polish=polish)])[0]


def rule_plan(
    skeleton: Skeleton,
    x: FloatArray,
    y: FloatArray,
    usable: NDArray[np.bool_],
    *,
    plain: bool = False,
    degree: int = 5,
    polish: bool = True,
    quick: bool = False,
) -> Plan[RuleFit]:
    """Plans to fit a rule to part of the evidence; never fails.

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
    constants = yield from _best_constants(skeleton, x[usable], y[usable], degree, polish)
    fit = _residuals(skeleton, constants, x, y, usable)
    if not plain:
        return fit
    kept = usable
    for _ in range(1 if quick else _ROUNDS):
        known = fit.residuals[usable & ~np.isnan(fit.residuals)]
        if known.size == 0:
            break
        typical = np.sqrt(np.mean(known**2))
        if not typical > _HEAVY * fit.scale + _ROUNDING * np.abs(y).max(initial=0.0):
            break
        limit = _INLIER * fit.scale + _ROUNDING * np.abs(y)
        trial_kept = usable & (np.abs(fit.residuals) <= limit)
        if trial_kept.sum() < 0.5 * usable.sum() or np.array_equal(trial_kept, kept):
            break
        trial_constants = yield from _best_constants(skeleton, x[trial_kept], y[trial_kept], degree, not quick)
        trial = _residuals(skeleton, trial_constants, x, y, usable)
        if not trial.scale < fit.scale:
            break
        fit, kept = trial, trial_kept
    kept = kept & np.isfinite(fit.residuals)
    if kept.any():
        solved = is_solved(skeleton)
        constants = yield from simplify(skeleton, fit.constants, x[kept], y[kept], solved=solved, quick=quick)
        fit = _residuals(skeleton, constants, x, y, usable)
    return fit


def _best_constants(
    skeleton: Skeleton, x: FloatArray, y: FloatArray, degree: int, polish: bool = True
) -> Plan[LeafConstants]:
    fits = yield from fit_constants(skeleton, x, y, np.ones_like(y), degree=degree, polish=polish)
    return fits[0][1] if fits else _level_constants(skeleton, float(np.median(y)) if y.size else 0.0)


def _level_constants(skeleton: Skeleton, level: float) -> LeafConstants:
    """Constants for which the rule is about constant: what is left where nothing can be fitted."""
    if isinstance(skeleton, str):
        return [ATOMS[skeleton].level(level)]
    neutral = 0.0 if skeleton[0] == "sum" else 1.0
    levels = [level, *(neutral for _ in skeleton[1][1:])]
    return [c for part, own in zip(skeleton[1], levels, strict=True) for c in _level_constants(part, own)]


def _residuals(
    skeleton: Skeleton, constants: LeafConstants, x: FloatArray, y: FloatArray, usable: NDArray[np.bool_]
) -> RuleFit:
    residuals = y - rules.evaluate(build(skeleton, constants), x)
    sizes = np.abs(residuals[usable])
    sizes = sizes[np.isfinite(sizes)]
    scale = _MAD * _median(sizes) if sizes.size else 0.0
    return RuleFit(skeleton, constants, residuals, scale)


def _median(values: FloatArray) -> float:
    ordered = np.sort(values)
    return float(ordered[(values.size - 1) // 2] + ordered[values.size // 2]) / 2


def _fit_with_regions(
    skeleton: Skeleton, kinds: tuple[RegionKind, ...], x: FloatArray, y: FloatArray, quick: bool
) -> Plan[tuple[RuleFit, list[Stretch]]]:
    everywhere = np.ones(x.size, dtype=np.bool_)
    first = yield from rule_plan(skeleton, x, y, everywhere, plain=not kinds, quick=quick)
    if not kinds:
        return first, []
    # Fits by what they leave out: combinations soon agree.
    known = {everywhere.tobytes(): first}
    found: list[tuple[float, RuleFit, list[Stretch]]] = [(_total_cost(first, [], y), first, [])]
    # Rules of many atoms take long to fit, and are seldom found at all.
    simple = len(leaves(skeleton)) <= 2 and not quick
    choices = [[None, *jittering_stretches(y, kind)] for kind in kinds]
    combinations = _by_length(choices, _COMBINATIONS if simple else _FEW_COMBINATIONS)
    seen = list(combinations)
    for _ in range(_ROUNDS if simple else 2):
        masks = {(mask := ~covered(stretches, x.size)).tobytes(): mask for stretches in combinations}
        missing = [(key, mask) for key, mask in masks.items() if key not in known and mask.any()]
        fits = yield from gather([rule_plan(skeleton, x, y, mask, quick=quick) for _, mask in missing])
        known.update({key: fit for (key, _), fit in zip(missing, fits, strict=True)})
        improved: list[list[Stretch]] = []
        for stretches in combinations:
            fit = known.get((~covered(stretches, x.size)).tobytes())
            if fit is None:
                continue
            found.append((_total_cost(fit, stretches, y), fit, stretches))
            better = _reassign(fit, kinds, stretches, y)
            if better not in seen:
                seen.append(better)
                improved.append(better)
        combinations = improved
    _, best_fit, best_stretches = min(found, key=lambda entry: entry[0])
    return best_fit, best_stretches


def _by_length(choices: list[list[Stretch | None]], most: int) -> list[list[Stretch]]:
    """Returns combinations of one choice for each kind, those that cover most first; none overlapping."""
    combinations = []
    for combination in itertools.product(*choices):
        stretches = [stretch for stretch in combination if stretch is not None]
        spans = sorted((stretch.start, stretch.stop) for stretch in stretches)
        if all(one[1] <= other[0] for one, other in itertools.pairwise(spans)):
            combinations.append(stretches)
    # The combination without any comes last but is always tried: exceptions may be too short to be seen by themselves.
    combinations.sort(key=lambda stretches: sum(s.start - s.stop for s in stretches))
    return [*combinations[: most - 1], []]


def _total_cost(fit: RuleFit, stretches: list[Stretch], y: FloatArray) -> float:
    outside = ~covered(stretches, y.size)
    cost = outside_cost(fit.residuals, fit.scale, y)
    return float(cost[outside].sum()) + stretches_cost(stretches, y)


def _reassign(fit: RuleFit, kinds: tuple[RegionKind, ...], stretches: list[Stretch], y: FloatArray) -> list[Stretch]:
    """Finds the best stretch of each kind in turn, given the rule."""
    cost = outside_cost(fit.residuals, fit.scale, y)
    found: list[Stretch] = []
    for kind in kinds:
        stretch, _ = best_stretch(y, cost, kind, usable=~covered(found, y.size))
        if stretch is not None:
            found.append(stretch)
    return found


def poisson_mean(x: FloatArray, y: FloatArray) -> float:
    """Returns the mean of Poisson noise where repeated inputs show it: their outputs differ by integers.

    Args:
        x: inputs in ascending order, shape `(n,)`.
        y: outputs, shape `(n,)`.

    Returns:
        The mean, at least 1; 0 where no input was repeated or the noise is not of that kind.
    """
    repeated = np.diff(x) == 0
    differences = np.diff(y)[repeated]
    differing = differences[np.abs(differences) > _ROUNDING * np.abs(y).max(initial=0.0)]
    tolerance = 1e-6 + _ROUNDING * np.abs(y).max(initial=0.0)
    if differing.size == 0 or np.abs(differing - np.round(differing)).max() > min(tolerance, 0.01):
        return 0.0
    return max(_LEAST_POISSON, float(np.round(np.mean(differences**2) / 2)))
