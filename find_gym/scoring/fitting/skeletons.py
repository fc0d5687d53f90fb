"""From a rule without constants and the evidence of an episode to the function that fits it best."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from find_gym.functions.numeric import rules
from find_gym.functions.numeric.atoms import ATOMS, Constants, FloatArray
from find_gym.functions.numeric.function import NumericSpec
from find_gym.functions.numeric.rules import Rule, Skeleton
from find_gym.functions.numeric.sampling import domain_mean
from find_gym.functions.numeric.variants import RegionKind
from find_gym.scoring.fitting.compounds import fit_constants
from find_gym.scoring.fitting.likelihood import outside_cost, stretches_cost
from find_gym.scoring.fitting.regions import (
    REGION_STD,
    Stretch,
    best_stretch,
    covered,
    jittering_stretches,
    region_of,
)
from find_gym.scoring.fitting.snapping import simplify
from find_gym.scoring.fitting.trees import LeafConstants, build, leaves

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
    x, y = np.asarray(x, dtype=np.float64).ravel(), np.asarray(y, dtype=np.float64).ravel()
    keep = np.isfinite(x) & np.isfinite(y)
    if not keep.any():
        return None
    order = np.argsort(x[keep], kind="stable")
    x, y = x[keep][order], y[keep][order]
    with np.errstate(all="ignore"):
        fit, stretches = _fit_with_regions(skeleton, region_kinds, x, y)
        inside = covered(stretches, x.size)
        shift = poisson_mean(x[~inside], y[~inside])
        fit = fit_rule(skeleton, x, y - shift, ~inside, plain=True)
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
    expected = domain_mean(rule, domain)
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
    """Fits a rule to part of the evidence; never fails.

    Args:
        skeleton: the rule without constants.
        x: inputs, shape `(n,)`.
        y: outputs, shape `(n,)`, finite.
        usable: which points are fitted, shape `(n,)`.
        plain: whether to round the constants and to leave out outliers.
        degree: the greatest degree of its polynomials.
        polish: whether to refine first estimates by Gauss-Newton steps.
    """
    constants = _best_constants(skeleton, x[usable], y[usable], degree, polish)
    fit = _residuals(skeleton, constants, x, y, usable)
    if not plain:
        return fit
    kept = usable
    for _ in range(_ROUNDS):
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
        trial_constants = _best_constants(skeleton, x[trial_kept], y[trial_kept], degree)
        trial = _residuals(skeleton, trial_constants, x, y, usable)
        if not trial.scale < fit.scale:
            break
        fit, kept = trial, trial_kept
    kept = kept & np.isfinite(fit.residuals)
    if kept.any():
        constants, _ = simplify(skeleton, fit.constants, x[kept], y[kept], np.ones(int(kept.sum())))
        fit = _residuals(skeleton, constants, x, y, usable)
    return fit


def _best_constants(
    skeleton: Skeleton, x: FloatArray, y: FloatArray, degree: int, polish: bool = True
) -> LeafConstants:
    fits = fit_constants(skeleton, x, y, np.ones_like(y), degree=degree, polish=polish)
    return fits[0][1] if fits else _level_constants(skeleton, float(np.median(y)) if y.size else 0.0)


def _level_constants(skeleton: Skeleton, level: float) -> LeafConstants:
    """Constants for which the rule is about constant: what is left where nothing can be fitted."""
    if isinstance(skeleton, str):
        return [_level_atom(skeleton, level)]
    neutral = 0.0 if skeleton[0] == "sum" else 1.0
    levels = [level, *(neutral for _ in skeleton[1][1:])]
    return [c for part, own in zip(skeleton[1], levels, strict=True) for c in _level_constants(part, own)]


def _level_atom(name: str, level: float) -> Constants:
    atom = ATOMS[name]
    if name == "polynomial":
        return (0.0, 0.0, level)
    if name == "rational":
        return ((level,), (0.0, 1.0))
    if name == "constant":
        return (level,)
    grid = iter(atom.grid)
    constants = [0.0 if position in atom.linear else next(grid)[-1] for position in range(len(atom.constants))]
    if atom.linear:
        constants[atom.linear[-1]] = level
    return tuple(constants)


def _residuals(
    skeleton: Skeleton, constants: LeafConstants, x: FloatArray, y: FloatArray, usable: NDArray[np.bool_]
) -> RuleFit:
    residuals = y - rules.evaluate(build(skeleton, constants), x)
    sizes = np.abs(residuals[usable])
    sizes = sizes[np.isfinite(sizes)]
    scale = _MAD * float(np.median(sizes)) if sizes.size else 0.0
    return RuleFit(skeleton, constants, residuals, scale)


def _fit_with_regions(
    skeleton: Skeleton, kinds: tuple[RegionKind, ...], x: FloatArray, y: FloatArray
) -> tuple[RuleFit, list[Stretch]]:
    everywhere = np.ones(x.size, dtype=np.bool_)
    best_fit = fit_rule(skeleton, x, y, everywhere, plain=not kinds)
    if not kinds:
        return best_fit, []
    best_stretches: list[Stretch] = []
    best_cost = _total_cost(best_fit, [], y)
    choices = [[None, *jittering_stretches(y, kind)] for kind in kinds]
    # Rules of many atoms take long to fit, and are seldom found at all.
    simple = len(leaves(skeleton)) <= 2
    for combination in _by_length(choices, _COMBINATIONS if simple else _FEW_COMBINATIONS):
        stretches = combination
        for _ in range(_ROUNDS if simple else 2):
            outside = ~covered(stretches, x.size)
            if not outside.any():
                break
            fit = fit_rule(skeleton, x, y, outside)
            cost = _total_cost(fit, stretches, y)
            if cost < best_cost:
                best_fit, best_stretches, best_cost = fit, stretches, cost
            improved = _reassign(fit, kinds, stretches, y)
            if improved == stretches:
                break
            stretches = improved
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
