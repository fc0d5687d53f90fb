"""Search of atom-fit: which rules, with which exceptions, explain the evidence, and how well."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.fitting.likelihood import exact_tolerance, intervals_cost, is_credible, outside_cost
from find_gym.categories.numeric.fitting.regions import Interval, best_interval, covered, jittering_intervals
from find_gym.categories.numeric.fitting.skeletons import RuleFit, fit_rule
from find_gym.categories.numeric.rules import Rule, Skeleton
from find_gym.categories.numeric.variants import REGION_KINDS
from find_gym_agents.interpreters.atom_fit.screen import Screen, Screened, free_constants, penalty

# How many of the rules that a screening puts first are fitted in full.
_SHORTLIST = 6
# Nats by which a screened rule is too far behind to be fitted in full.
_HOPELESS = 12.0
# Rules that are fitted again for each start of an exception under noise.
_NOISY_SHORTLIST = 2
# Points that an exact rule must explain beyond its constants; more of them if these are not plain.
_SPARE = 1
_ODD_SPARE = 3
# A constant is plain within this of one decimal, in tenths, up to some size: FIND's are within ±100.
_PLAIN = 1e-6
_LARGEST = 1000.0
# Shares of the evidence, from either end, that an exception may leave untouched.
_WINDOWS = (0.35, 0.6, 0.8)
# Shares of what lies beyond a known part of an exception that may be free of it, and the points that a rule needs.
_CLEAN_SHARES = (1.0, 0.75, 0.5)
_LEAST_WINDOW = 4
# Under noise: how many outputs in a narrow range are no chance, what they gain in nats, and how many are tried.
_NOISY_LENGTH = 5
_NOISY_GAIN = 10.0
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
ODD_CONSTANT = 20.0


@dataclass(frozen=True)
class Hypothesis:
    """A rule with exceptions, and how well it explains the evidence.

    Attributes:
        fit: the fitted rule.
        intervals: the exceptions, as positions in the sorted evidence.
        cost: negative log-likelihood with penalties for the constants, in nats; less is better.
        exact: whether the rule explains all outside the exceptions to rounding errors.
    """

    fit: RuleFit
    intervals: tuple[Interval, ...]
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


def search_exact(
    x: FloatArray, y: FloatArray, *, curved: bool = True, jitter: tuple[float, float] | None = None
) -> list[Hypothesis]:
    """Finds rules that explain the evidence to rounding errors, except in at most three intervals.

    Args:
        x: inputs in ascending order, shape `(n,)`.
        y: outputs, shape `(n,)`, finite.
        curved: whether to look for exceptions to rules that are not linear in their constants, which takes longer.
        jitter: an interval that is known to be within an exception.

    Returns:
        Exact hypotheses, the best first; empty if there are none.
    """
    if x.size == 0:
        return []
    screen = Screen(x)
    everywhere = np.ones(x.size, dtype=np.bool_)
    # All stages, even after an exact rule was found: what rivals predict tells what to ask next.
    found = _exact_fits(screen.linear(y, everywhere), x, y, everywhere)
    plain = any(odd_constants(h.rule) == 0 for h in found)
    found += _exact_fits(screen.curved(y, everywhere, quick=plain, exact=True), x, y, everywhere)
    found += _exact_fits(screen.gridded(y, everywhere, exact=True), x, y, everywhere)
    if found:
        return ranked(found)
    found = [h for screened, window in screen.linear_at_ends(y) for h in _exact_fits([screened], x, y, window)]
    if curved and not any(len(h.intervals) <= 1 for h in found):
        for window in _windows(x, y, jitter):
            screened = screen.curved(y, window, quick=True, exact=True) + screen.gridded(y, window, exact=True)
            found += _exact_fits(screened, x, y, window)
    return ranked(found)


def _windows(x: FloatArray, y: FloatArray, jitter: tuple[float, float] | None) -> Iterator[NDArray[np.bool_]]:
    """Yields parts of the evidence that may be free of exceptions."""
    if jitter is not None:
        for side in (x < jitter[0], x > jitter[1]):
            size = int(side.sum())
            near_first = np.cumsum(side) if side[0] else np.cumsum(side[::-1])[::-1]
            for share in _CLEAN_SHARES:
                if size * share >= _LEAST_WINDOW:
                    yield side & (near_first <= size * share)
        return
    position = np.arange(y.size)
    for share in _WINDOWS:
        size = round(share * y.size)
        yield position < size
        yield position >= y.size - size
    jittering = [interval for kind in REGION_KINDS for interval in jittering_intervals(y, kind)]
    jittering = [interval for interval in jittering if is_credible(y[interval.start : interval.stop])]
    jittering.sort(key=lambda interval: interval.start - interval.stop)
    for interval in jittering[:_JITTER_STARTS]:
        yield ~covered((interval,), y.size)


def _exact_fits(screened: list[Screened], x: FloatArray, y: FloatArray, window: NDArray[np.bool_]) -> list[Hypothesis]:
    """Fits rules that a screening found exact within a window, and keeps those that are exact but for few intervals."""
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
    # A rule that is 0 does not explain the far tail of a bell curve, however small.
    wrong = ~(np.abs(residuals) <= exact_tolerance(y)) | ((residuals == y) & (y != 0))
    intervals: list[Interval] = []
    while wrong[~covered(intervals, x.size)].any():
        usable = ~covered(intervals, x.size)
        found = [best_interval(y, cost, kind, usable=usable) for kind in REGION_KINDS]
        interval, gain = max(found, key=lambda pair: pair[1])
        if interval is None or gain <= _LEAST_GAIN or len(intervals) == _MOST_EXCEPTIONS:
            return None
        if not is_credible(y[interval.start : interval.stop]):
            return None
        intervals.append(interval)
    fit = replace(hypothesis.fit, residuals=residuals)
    return _scored(fit, tuple(intervals), y)


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
    for intervals in _noisy_starts(ranked(found)[0], y):
        found += _with_exceptions(screen, x, y, intervals)
    return ranked(found)


def _noisy_starts(hypothesis: Hypothesis, y: FloatArray) -> list[tuple[Interval, ...]]:
    """Returns exceptions to start from under noise, none where no interval stands out from the noise."""
    cost = outside_cost(hypothesis.fit.residuals, hypothesis.fit.scale, y)
    gains = [best_interval(y, cost, kind) for kind in REGION_KINDS]
    options = [interval for interval, gain in gains if interval is not None and gain > _NOISY_GAIN]
    if options:
        options += [
            s for kind in REGION_KINDS for s in jittering_intervals(y, kind) if s.stop - s.start >= _NOISY_LENGTH
        ]
    options = [interval for interval in options if is_credible(y[interval.start : interval.stop])]
    options = sorted(dict.fromkeys(options), key=lambda interval: interval.start - interval.stop)[:_NOISY_STARTS]
    pairs = itertools.combinations(options, 2)
    starts: list[tuple[Interval, ...]] = [(interval,) for interval in options]
    starts += [pair for pair in pairs if pair[0].stop <= pair[1].start or pair[1].stop <= pair[0].start]
    return starts


def _with_exceptions(screen: Screen, x: FloatArray, y: FloatArray, intervals: tuple[Interval, ...]) -> list[Hypothesis]:
    """Fits rules outside of exceptions, and moves these to where the rules put them."""
    results: list[Hypothesis] = []
    for _ in range(_ROUNDS):
        if covered(intervals, x.size).sum() > x.size - 2:
            break
        found = _likely_fits(screen, x, y, intervals, _NOISY_SHORTLIST)
        results += found
        if not found:
            break
        moved = _moved(min(found, key=lambda hypothesis: hypothesis.cost), y)
        if moved == intervals or not moved:
            break
        intervals = moved
    return results


def _moved(hypothesis: Hypothesis, y: FloatArray) -> tuple[Interval, ...]:
    cost = outside_cost(hypothesis.fit.residuals, hypothesis.fit.scale, y)
    moved: list[Interval] = []
    for interval in hypothesis.intervals:
        better, gain = best_interval(y, cost, interval.kind, usable=~covered(moved, y.size))
        if better is not None and gain > _LEAST_GAIN and is_credible(y[better.start : better.stop]):
            moved.append(better)
    return tuple(moved)


def _likely_fits(
    screen: Screen, x: FloatArray, y: FloatArray, intervals: tuple[Interval, ...], count: int
) -> list[Hypothesis]:
    """Screens all rules outside of exceptions, and fits those in full that come out best."""
    outside = ~covered(intervals, x.size)
    screened = [one for stage in (screen.linear, screen.curved, screen.gridded) for one in stage(y, outside)]
    screened.sort(key=lambda one: one.cost)
    distinct: dict[Skeleton, Screened] = {}
    for one in screened:
        distinct.setdefault(one.skeleton, one)
    results = []
    shortlist = [one for one in distinct.values() if one.cost <= screened[0].cost + _HOPELESS][:count]
    for one in shortlist:
        fit = fit_rule(one.skeleton, x, y, outside, degree=one.degree)
        results.append(_scored(fit, intervals, y))
    return results


def _scored(fit: RuleFit, intervals: tuple[Interval, ...], y: FloatArray) -> Hypothesis:
    cost, exact, scale = cost_of(fit.rule, fit.residuals, intervals, y)
    return Hypothesis(replace(fit, scale=scale), intervals, cost, exact)


def cost_of(
    rule: Rule, residuals: FloatArray, intervals: tuple[Interval, ...], y: FloatArray
) -> tuple[float, bool, float]:
    """Judges a rule with exceptions by evidence in ascending order of its inputs.

    Args:
        rule: the rule.
        residuals: outputs less the rule, shape `(n,)`, NaN where the rule is undefined.
        intervals: the exceptions, as positions in the evidence.
        y: outputs, shape `(n,)`.

    Returns:
        The negative log-likelihood with penalties for the constants, in nats; whether the rule explains all outside the
        exceptions to rounding errors; the standard deviation of the residuals there.
    """
    outside = ~covered(intervals, y.size)
    count = max(int(outside.sum()), 1)
    free = free_constants(rule)
    exact = bool(np.all((np.abs(residuals) <= exact_tolerance(y))[outside])) and count >= least_count(rule)
    finite = residuals[outside & np.isfinite(residuals)]
    scale = math.sqrt(float(finite @ finite) / (max(count - free, 0) + 1e-3)) if finite.size else 0.0
    cost = float(outside_cost(residuals, 0.0 if exact else scale, y)[outside].sum()) + intervals_cost(intervals, y)
    constants = _constants_cost(rule) if exact else 0.0
    return cost + constants + penalty(rule, count), exact, scale


def _constants_cost(rule: Rule) -> float:
    """What the constants of an exact rule cost: those that are not FIND's may have been bent to fit."""
    odd = odd_constants(rule)
    return ODD_CONSTANT * odd + _PLAIN_CONSTANT * (free_constants(rule) - odd)


def least_count(rule: Rule) -> int:
    """Returns how many points a rule must explain to rounding errors for that not to be chance."""
    odd = odd_constants(rule)
    return odd + _ODD_SPARE if odd else free_constants(rule) + _SPARE


def odd_constants(rule: Rule) -> int:
    """Counts the constants that have more than one decimal, or are too large for FIND."""
    values = [
        value
        for atom in rules.atoms_of(rule)
        for constant in atom.constants
        for value in (constant if isinstance(constant, tuple) else (constant,))
    ]
    return sum(not abs(value) <= _LARGEST or abs(value * 10 - round(value * 10)) > _PLAIN for value in values)
