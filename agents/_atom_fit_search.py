"""Search of atom-fit: which rules, with which exceptions, explain the evidence, and how well."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from find_gym_agents._atom_fit_screen import Screen, Screened, free_constants, penalty
from numpy.typing import NDArray

from find_gym.functions.numeric import rules
from find_gym.functions.numeric.atoms import FloatArray
from find_gym.functions.numeric.rules import Rule, Skeleton
from find_gym.functions.numeric.variants import REGION_KINDS
from find_gym.scoring.fitting.likelihood import exact_tolerance, is_credible, outside_cost, stretches_cost
from find_gym.scoring.fitting.regions import Stretch, best_stretch, covered, jittering_stretches
from find_gym.scoring.fitting.skeletons import RuleFit, fit_rule

# How many of the rules that a screening puts first are fitted in full.
_SHORTLIST = 6
# Rules that are fitted again for each start of an exception under noise.
_NOISY_SHORTLIST = 2
# Points that an exact rule must explain beyond its constants.
_SPARE = 1
# Shares of the evidence, from either end, that an exception may leave untouched.
_WINDOWS = (0.35, 0.6, 0.8)
# Under noise: how many outputs in a narrow range are no chance, and how many such stretches are tried.
_NOISY_LENGTH = 5
_NOISY_STARTS = 2
_JITTER_STARTS = 3
# Rounds of moving the bounds of an exception.
_ROUNDS = 3
# A gain in nats below which no exception is claimed.
_LEAST_GAIN = 3.0
# Harder levels than FIND's have up to three exceptions.
_MOST_EXCEPTIONS = 3
# Nats for a constant of an exact rule: one decimal of some hundreds, or any of a billion numbers.
_PLAIN_CONSTANT = 5.0
_ODD_CONSTANT = 20.0


@dataclass(frozen=True)
class Hypothesis:
    """A rule with exceptions, and how well it explains the evidence.

    Attributes:
        fit: the fitted rule.
        stretches: the exceptions, as positions in the sorted evidence.
        cost: negative log-likelihood with penalties for the constants, in nats; less is better.
        exact: whether the rule explains all outside the exceptions to rounding errors.
    """

    fit: RuleFit
    stretches: tuple[Stretch, ...]
    cost: float
    exact: bool

    @property
    def rule(self) -> Rule:
        """The rule with its constants."""
        return self.fit.rule

    @property
    def skeleton(self) -> Skeleton:
        """The rule without constants."""
        return self.fit.skeleton


def ranked(hypotheses: Iterable[Hypothesis]) -> list[Hypothesis]:
    """Returns hypotheses in order of cost, exact ones before all others."""
    return sorted(hypotheses, key=lambda hypothesis: (not hypothesis.exact, hypothesis.cost))


def search_exact(x: FloatArray, y: FloatArray, *, curved: bool = True) -> list[Hypothesis]:
    """Finds rules that explain the evidence to rounding errors, except in at most three stretches.

    Args:
        x: inputs in ascending order, shape `(n,)`.
        y: outputs, shape `(n,)`, finite.
        curved: whether to look for exceptions to rules that are not linear in their constants, which takes longer.

    Returns:
        Exact hypotheses, the best first; empty if there are none.
    """
    if x.size == 0:
        return []
    screen = Screen(x)
    everywhere = np.ones(x.size, dtype=np.bool_)
    for stage in (screen.linear, screen.curved, screen.gridded):
        found = _exact_fits(stage(y, everywhere), x, y, everywhere)
        if found:
            return ranked(found)
    found = [h for screened, window in screen.linear_at_ends(y) for h in _exact_fits([screened], x, y, window)]
    if curved and not any(len(h.stretches) <= 1 for h in found):
        for window in _windows(y):
            for stage in (screen.curved, screen.gridded):
                found += _exact_fits(stage(y, window), x, y, window)
    return ranked(found)


def _windows(y: FloatArray) -> Iterator[NDArray[np.bool_]]:
    """Yields parts of the evidence that may be free of exceptions."""
    position = np.arange(y.size)
    for share in _WINDOWS:
        size = round(share * y.size)
        yield position < size
        yield position >= y.size - size
    jittering = [stretch for kind in REGION_KINDS for stretch in jittering_stretches(y, kind)]
    jittering.sort(key=lambda stretch: stretch.start - stretch.stop)
    for stretch in jittering[:_JITTER_STARTS]:
        yield ~covered((stretch,), y.size)


def _exact_fits(screened: list[Screened], x: FloatArray, y: FloatArray, window: NDArray[np.bool_]) -> list[Hypothesis]:
    """Fits rules that a screening found exact within a window, and keeps those that are exact but for few stretches."""
    found = []
    exact = sorted((one for one in screened if one.exact), key=lambda one: one.cost)
    for one in exact[:_SHORTLIST]:
        fit = fit_rule(one.skeleton, x, y, window, plain=True, degree=one.degree)
        hypothesis = reassess(Hypothesis(fit, (), 0.0, True), x, y)
        if hypothesis is not None and hypothesis.exact:
            found.append(hypothesis)
    return found


def reassess(hypothesis: Hypothesis, x: FloatArray, y: FloatArray) -> Hypothesis | None:
    """Judges an exact rule by all evidence; None where it does not explain all outside of few exceptions.

    Args:
        hypothesis: the rule, and the exceptions so far, which are found anew.
        x: all inputs in ascending order, shape `(n,)`.
        y: outputs, shape `(n,)`.
    """
    with np.errstate(all="ignore"):
        residuals = y - rules.evaluate(hypothesis.rule, x)
    cost = outside_cost(residuals, 0.0, y)
    wrong = ~(np.abs(residuals) <= exact_tolerance(y))
    stretches: list[Stretch] = []
    while wrong[~covered(stretches, x.size)].any():
        usable = ~covered(stretches, x.size)
        found = [best_stretch(y, cost, kind, usable=usable) for kind in REGION_KINDS]
        stretch, gain = max(found, key=lambda pair: pair[1])
        if stretch is None or gain <= _LEAST_GAIN or len(stretches) == _MOST_EXCEPTIONS:
            return None
        if not is_credible(y[stretch.start : stretch.stop]):
            return None
        stretches.append(stretch)
    fit = replace(hypothesis.fit, residuals=residuals)
    return _scored(fit, tuple(stretches), y)


def search_noisy(x: FloatArray, y: FloatArray, *, exceptions: bool = True) -> list[Hypothesis]:
    """Finds the rules that explain noisy evidence best.

    Args:
        x: inputs in ascending order, shape `(n,)`.
        y: outputs, shape `(n,)`, finite.
        exceptions: whether there may be any.

    Returns:
        Hypotheses, the best first; empty only without evidence.
    """
    if x.size == 0:
        return []
    screen = Screen(x)
    found = _likely_fits(screen, x, y, (), _SHORTLIST)
    if not exceptions:
        return ranked(found)
    options = [stretch for kind in REGION_KINDS for stretch in jittering_stretches(y, kind)]
    options = [stretch for stretch in options if stretch.stop - stretch.start >= _NOISY_LENGTH]
    options.sort(key=lambda stretch: stretch.start - stretch.stop)
    starts: list[tuple[Stretch, ...]] = [(stretch,) for stretch in options[:_NOISY_STARTS]]
    starts += [
        pair
        for pair in itertools.combinations(options[:_NOISY_STARTS], 2)
        if pair[0].stop <= pair[1].start or pair[1].stop <= pair[0].start
    ]
    for stretches in starts:
        found += _with_exceptions(screen, x, y, stretches)
    return ranked(found)


def _with_exceptions(screen: Screen, x: FloatArray, y: FloatArray, stretches: tuple[Stretch, ...]) -> list[Hypothesis]:
    """Fits rules outside of exceptions, and moves these to where the rules put them."""
    results: list[Hypothesis] = []
    for _ in range(_ROUNDS):
        if covered(stretches, x.size).sum() > x.size - 2:
            break
        found = _likely_fits(screen, x, y, stretches, _NOISY_SHORTLIST)
        results += found
        if not found:
            break
        moved = _moved(min(found, key=lambda hypothesis: hypothesis.cost), y)
        if moved == stretches or not moved:
            break
        stretches = moved
    return results


def _moved(hypothesis: Hypothesis, y: FloatArray) -> tuple[Stretch, ...]:
    cost = outside_cost(hypothesis.fit.residuals, hypothesis.fit.scale, y)
    moved: list[Stretch] = []
    for stretch in hypothesis.stretches:
        better, gain = best_stretch(y, cost, stretch.kind, usable=~covered(moved, y.size))
        if better is not None and gain > _LEAST_GAIN:
            moved.append(better)
    return tuple(moved)


def _likely_fits(
    screen: Screen, x: FloatArray, y: FloatArray, stretches: tuple[Stretch, ...], count: int
) -> list[Hypothesis]:
    """Screens all rules outside of exceptions, and fits those in full that come out best."""
    outside = ~covered(stretches, x.size)
    screened = [one for stage in (screen.linear, screen.curved, screen.gridded) for one in stage(y, outside)]
    screened.sort(key=lambda one: one.cost)
    distinct: dict[Skeleton, Screened] = {}
    for one in screened:
        distinct.setdefault(one.skeleton, one)
    results = []
    for one in list(distinct.values())[:count]:
        fit = fit_rule(one.skeleton, x, y, outside, degree=one.degree)
        results.append(_scored(fit, stretches, y))
    return results


def _scored(fit: RuleFit, stretches: tuple[Stretch, ...], y: FloatArray) -> Hypothesis:
    outside = ~covered(stretches, y.size)
    residuals = fit.residuals[outside]
    count = max(int(outside.sum()), 1)
    free = free_constants(fit.rule)
    exact = bool(np.all(np.abs(residuals) <= exact_tolerance(y[outside]))) and count >= free + _SPARE
    finite = residuals[np.isfinite(residuals)]
    scale = math.sqrt(float(finite @ finite) / (max(count - free, 0) + 1e-3)) if finite.size else 0.0
    cost = float(outside_cost(residuals, 0.0 if exact else scale, y[outside]).sum()) + stretches_cost(stretches, y)
    constants = _constants_cost(fit.rule) if exact else 0.0
    return Hypothesis(replace(fit, scale=scale), stretches, cost + constants + penalty(fit.rule, count), exact)


def _constants_cost(rule: Rule) -> float:
    """What the constants of an exact rule cost: those that are not FIND's may have been bent to fit."""
    total = 0.0
    for atom in rules.atoms_of(rule):
        for constant in atom.constants:
            for value in constant if isinstance(constant, tuple) else (constant,):
                plain = abs(value * 10 - round(value * 10)) < 1e-6 and abs(value) <= 1000
                total += _PLAIN_CONSTANT if plain else _ODD_CONSTANT
    return total
