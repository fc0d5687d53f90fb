"""Queries that tell fitted descriptions of a numeric function apart, find the bounds of exceptions, and show noise."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.fitting.likelihood import exact_tolerance
from find_gym.categories.numeric.fitting.regions import REGION_STD
from find_gym.categories.numeric.fitting.skeletons import RuleFit
from find_gym.categories.numeric.function import QUERY_RANGE, NumericSpec
from find_gym.categories.numeric.grammar import REGION_TOKENS
from find_gym.categories.numeric.inputs import DENSE_RANGE, tolerance_of
from find_gym.categories.numeric.sampling import domain_mean
from find_gym.categories.numeric.spread import spread_of
from find_gym.categories.numeric.variants import Region, contained_in
from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.categories.checking import Checked, Evidence
from find_gym_agents.interpreters.atom_fit.design import EDGE_PRECISION, predictions
from find_gym_agents.interpreters.atom_fit.search import Hypothesis, least_count

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]

# With fewer answers, what is exact is too often chance to ask by it.
FEWEST_ANSWERS = 12
# Where nothing explains the answers exactly, so many of the last queries ask inputs again: two answers alike are half a
# chance that there is no noise, since Poisson noise is the same number in one of three pairs.
_AGAIN = 2
# How near to an integer differences of Poisson noise are.
_INTEGER = 1e-6
# Descriptions that are less likely than the best by so many nats are no rivals.
_HOPELESS = 12.0
_MOST_RIVALS = 48
# Places at which the bound of an exception is tried within the gap that holds it.
_PLACES = 4
# Descriptions predict different answers if these are further apart: as a share of the spread, and within an exception.
_DIFFERENT = 1e-6
_BEYOND_NOISE = 4 * REGION_STD
# The probability that an exact rule without exceptions has one that was not met, before anything was asked.
_HIDDEN = 0.1
# What an exception costs of the score where it is missed: its own stratum, one of four, and its part of the others.
_EXCEPTION_SHARE = 0.25
_MISSED = 0.27
# Where hidden exceptions may begin, and how wide they are: FIND's.
_STARTS, _WIDTHS = np.arange(-100.0, 100.1, 2.5), np.array([7.5, 12.5, 17.5, 22.5])
# The held-out inputs: half of those that are not within an exception are near 0.
_SHARES = (np.arange(128) + 0.5) / 128
_GRID = np.concatenate([low + _SHARES * (high - low) for low, high in (QUERY_RANGE, DENSE_RANGE)])
# Queries that are worth less tell nothing.
_LEAST = 1e-4


def tell_apart(
    checked: Sequence[Checked], codec: TokensInterface, evidence: Evidence, positions: Sequence[float]
) -> FloatArray:
    """Returns how much of the disagreement among descriptions the answer to each query is expected to settle.

    Two descriptions disagree on a share of the held-out inputs; a query settles that if they predict different answers
    to it. The descriptions are those that explain the evidence exactly, each with the bounds of its exceptions anywhere
    in the gaps that hold them, and the best of them with an exception that the evidence does not show.

    Args:
        checked: descriptions with their constants fitted.
        codec: the interface, whose grammar tells whether there can be exceptions.
        evidence: what was asked and answered, None or NaN where undefined.
        positions: the inputs of the queries, shape `(queries,)`.

    Returns:
        The value of each query, at least 0, shape `(queries,)`; all 0 where the likeliest description does not explain
        the answers exactly.
    """
    x, y = pairs_of(evidence)
    at = np.clip(np.array(positions, dtype=np.float64), *QUERY_RANGE)
    ordered = _by_likelihood(checked)
    if not ordered or not _agrees(ordered[0].program, x, y):
        return np.zeros(at.size)
    exact = [each for each in ordered if _agrees(each.program, x, y)]
    rivals = _rivals(exact, x, y, np.concatenate([_GRID, at]))
    best, predicted = exact[0].program, rivals.predicted[0]
    spread = spread_of(predicted[: _SHARES.size])
    values = _settled(rivals, spread)
    if not best.regions and codec.new_draft().legal()[: len(REGION_TOKENS)].any():
        values = values + rivals.weights[0] * _hidden(best, predicted[_GRID.size :], spread, x, at)
    return np.where(values > _LEAST, values, 0.0)


def ask_again(checked: Sequence[Checked], evidence: Evidence, positions: Sequence[float], budget: int) -> FloatArray:
    """Returns which inputs to ask again at the end, to tell whether there is noise, and whether it is Poisson's.

    Args:
        checked: descriptions with their constants fitted.
        evidence: what was asked and answered, None or NaN where undefined.
        positions: the inputs of the queries, shape `(queries,)`.
        budget: the inputs that may still be asked.

    Returns:
        The value of each query, shape `(queries,)`: greatest near 0, where most functions have their shape; all 0
        before the last queries, where noise is known, or where some description explains all answers exactly.
    """
    x, y = pairs_of(evidence)
    at = np.array(positions, dtype=np.float64)
    best = _by_likelihood(checked)[:1]
    known = any(abs(change - round(change)) > _INTEGER for change in changes(x, y))
    if budget > _AGAIN or known or (best and explains(best[0].program, x, y)):
        return np.zeros(at.size)
    values, counts = np.unique(x[np.isfinite(y)], return_counts=True)
    once = np.isin(at, values[counts == 1])
    return np.where(once, 1 / (1 + np.abs(at)), 0.0)


def changes(x: FloatArray, y: FloatArray) -> list[float]:
    """Returns by how much outputs of inputs that were asked again differ from those before, where both are defined."""
    before: dict[float, float] = {}
    found = []
    for value, output in zip(x.tolist(), y.tolist(), strict=True):
        if value in before:
            found.append(abs(output - before[value]))
        before[value] = output
    return [change for change in found if math.isfinite(change)]


def pairs_of(evidence: Evidence) -> tuple[FloatArray, FloatArray]:
    """Returns inputs and outputs, NaN where undefined, each of shape `(pairs,)`."""
    x, y = np.array(evidence, dtype=np.float64).reshape(-1, 2).T
    return x, y


def _by_likelihood(checked: Sequence[Checked]) -> list[Checked]:
    """Returns the descriptions that there are, the likeliest first."""
    return sorted((each for each in checked if each.program is not None), key=lambda each: -each.log_likelihood)


class _Rivals(NamedTuple):
    """Descriptions that explain the evidence.

    Attributes:
        predicted: their outputs on the grid and at the queries, NaN where undefined, shape `(rivals, points)`.
        inside: which of these lie in an exception, of the same shape.
        weights: their probabilities, shape `(rivals,)`.
        varied: a number for what is varied in each, such as one bound; 0 where nothing is, shape `(rivals,)`.
    """

    predicted: FloatArray
    inside: Mask
    weights: FloatArray
    varied: NDArray[np.int64]


def explains(spec: NumericSpec, x: FloatArray, y: FloatArray) -> bool:
    """Whether outputs are those of a description, more of them than by chance.

    Args:
        spec: the description.
        x: inputs in any order, shape `(n,)`.
        y: outputs, NaN where undefined, shape `(n,)`.

    Returns:
        Whether they are, but for rounding errors and, in its exceptions, their noise, and enough of them lie outside of
        these.
    """
    outside = np.isfinite(y) & ~contained_in(spec.regions, x)
    return bool(outside.sum() >= least_count(spec.rule)) and _agrees(spec, x, y)


def _agrees(spec: NumericSpec, x: FloatArray, y: FloatArray) -> bool:
    """Whether outputs are those of a description, but for rounding errors and, in its exceptions, their noise."""
    defined = np.isfinite(y)
    with np.errstate(all="ignore"):
        predicted = rules.evaluate(spec.rule, x)
    allowed = np.zeros(x.size)
    allowed[defined] = exact_tolerance(y[defined])
    for region in spec.regions:
        inside = region.contains(x)
        predicted[inside], allowed[inside] = region.mean, _BEYOND_NOISE
    return bool(np.where(defined, np.abs(predicted - y) <= allowed, ~np.isfinite(predicted)).all())


def _rivals(exact: Sequence[Checked], x: FloatArray, y: FloatArray, points: FloatArray) -> _Rivals:
    """Returns descriptions, the best first, with other bounds of their exceptions and other constants as well."""
    predicted: list[FloatArray] = []
    inside: list[Mask] = []
    weights: list[float] = []
    varied: list[int] = []
    for each in exact:
        behind = exact[0].log_likelihood - each.log_likelihood
        if behind > _HOPELESS or len(predicted) > _MOST_RIVALS:
            break
        spec = each.program
        first, *others = _other_constants(spec, x, y, points)
        own = [(first, spec.regions, 0), *((row, spec.regions, 1) for row in others)]
        own += [(first, regions, 2 + bound) for bound, regions in _other_bounds(spec.regions, x)]
        for row, regions, what in own:
            varied.append(what)
            inside.append(contained_in(regions, points))
            predicted.append(row.copy())
            for region in regions:
                predicted[-1][region.contains(points)] = region.mean
        weights += [math.exp(-behind) / len(own)] * len(own)
    return _Rivals(np.array(predicted), np.array(inside), np.array(weights) / sum(weights), np.array(varied))


def _other_constants(spec: NumericSpec, x: FloatArray, y: FloatArray, points: FloatArray) -> list[FloatArray]:
    """Returns what the rule predicts at some points, then with other constants that explain the evidence as well."""
    usable = ~contained_in(spec.regions, x) & np.isfinite(y)
    usable[usable] &= np.isfinite(rules.evaluate(spec.rule, x[usable]))
    order = np.argsort(x[usable], kind="stable")
    constants = [atom.constants for atom in rules.atoms_of(spec.rule)]
    fit = RuleFit(rules.skeleton(spec.rule), constants, np.zeros(order.size), 0.0)
    hypothesis = Hypothesis(fit, (), 0.0, True)
    others = predictions(hypothesis, x[usable][order], y[usable][order], points)[1:]
    return [rules.evaluate(spec.rule, points), *others]


def _other_bounds(regions: tuple[Region, ...], x: FloatArray) -> Iterator[tuple[int, tuple[Region, ...]]]:
    """Yields the number of a bound, and exceptions with that moved within the gap between the inputs beside it."""
    for place, region in enumerate(regions):
        for number, (side, bound) in enumerate((("lower", region.lower), ("upper", region.upper)), 2 * place):
            if not math.isfinite(bound):
                continue
            low = x[x <= bound].max(initial=QUERY_RANGE[0])
            gap = x[x > bound].min(initial=QUERY_RANGE[1]) - low
            if gap <= EDGE_PRECISION:
                continue
            for share in (np.arange(_PLACES) + 0.5) / _PLACES:
                ends = {"lower": region.lower, "upper": region.upper} | {side: float(low + share * gap)}
                if ends["lower"] < ends["upper"]:
                    yield number, (*regions[:place], replace(region, **ends), *regions[place + 1 :])


def _settled(rivals: _Rivals, spread: float) -> FloatArray:
    """Returns how much of the disagreement of rivals each query is expected to settle, shape `(queries,)`.

    Args:
        rivals: the best one first.
        spread: the spread of its outputs.
    """
    predicted, inside, weights, varied = rivals
    held, defined, values = slice(0, _GRID.size), np.isfinite(predicted), np.nan_to_num(predicted)
    allowed = _DIFFERENT * (spread + np.abs(values[0])) + 1e-9
    allowed[held] = tolerance_of(values[0, held], spread)
    total = np.zeros(values.shape[1] - _GRID.size)
    for own, value in enumerate(values):
        either, both = inside | inside[own], inside & inside[own]
        limit = np.where(both, np.maximum(allowed, _BEYOND_NOISE), allowed)
        limit[:, held] = allowed[held]
        differ = (np.abs(values - value) > limit) | (defined != defined[own])
        # A draw within an exception is never what the rule gives, however near their means are.
        differ[:, _GRID.size :] |= (either & ~both)[:, _GRID.size :]
        exceptional = (differ & either)[:, held].sum(axis=1) / np.maximum(either[:, held].sum(axis=1), 1)
        disagreement = (1 - _EXCEPTION_SHARE) * differ[:, held].mean(axis=1) + _EXCEPTION_SHARE * exceptional
        # What an answer tells of one bound tells nothing of another one.
        related = (varied == varied[own]) | (varied == 0) | (varied[own] == 0)
        total += weights[own] * ((weights * disagreement * related) @ differ[:, _GRID.size :])
    return total


def _hidden(best: NumericSpec, predicted: FloatArray, spread: float, x: FloatArray, at: FloatArray) -> FloatArray:
    """Returns what queries are worth because they may meet an exception that lies between all that was asked.

    Args:
        best: a description without exceptions.
        predicted: what it predicts at the queries.
        spread: the spread of its outputs.
        x: what was asked.
        at: the inputs of the queries.
    """
    mean = domain_mean(best.rule, rules.domain(best.rule))
    if mean is None:
        return np.zeros(at.size)
    low, width = (each.ravel() for each in np.meshgrid(_STARTS, _WIDTHS))
    within = (low[:, None] < x) & (x < (low + width)[:, None])
    low, width = low[~within.any(axis=1)], width[~within.any(axis=1)]
    met = ((low[:, None] < at) & (at < (low + width)[:, None])).sum(axis=0) / within.shape[0]
    value = np.nan_to_num(predicted)
    return _HIDDEN * _MISSED * met * (np.abs(value - mean) > tolerance_of(value, spread))
