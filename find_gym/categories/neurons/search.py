"""The best program of a unit: a beam search of the grammar over the open words.

All single predicates are tried, then all second clauses of the best of them, then all third clauses of the best
pairs. It is what `explained` is measured by: 1 is as good as the best program known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.neurons.bank import matched, open_places
from find_gym.categories.neurons.predicates import bank_values, listed_predicates
from find_gym.categories.neurons.programs import LEVELS, MAX_CLAUSES, OPERATORS, Clause, NeuronProgram, combine
from find_gym.categories.neurons.scaling import ACTIVE, INACTIVE, STEPS

FloatArray = NDArray[np.float64]
Places = NDArray[np.intp]

# Programs of each length that longer ones begin with, and how many of the longer ones are looked at closely.
_BEAM = (4, 2)
_CLOSELY = 16
# The most similar units, whose words are hard, and from where on a unit is the same.
_NEIGHBOURS = 10
_SAME = 0.999
# What a clause has to add to the area under the curve.
_GAIN = 0.01


@dataclass(frozen=True, eq=False)
class Population:
    """Units that the words to tell from a unit's own come from.

    Attributes:
        standardised: their outputs over the bank, centred and of length 1, float32 of shape `(units, words)`.
        active: which words activate them, bool of shape `(units, words)`.
        popularity: how many units each word activates, float64 of shape `(words,)`.
    """

    standardised: NDArray[np.float32]
    active: NDArray[np.bool_]
    popularity: FloatArray

    @staticmethod
    def of(steps: NDArray[np.uint8]) -> Population:
        """Returns a population from the units' outputs in steps, uint8 of shape `(units, words)`."""
        centred = steps.astype(np.float32)
        centred -= centred.mean(axis=1, keepdims=True)
        centred /= np.linalg.norm(centred, axis=1, keepdims=True)
        active = steps >= ACTIVE * STEPS
        return Population(centred, active, np.count_nonzero(active, axis=0).astype(np.float64))

    def hard(self, outputs: FloatArray, among: Places, rng: np.random.Generator) -> Places:
        """Returns the words that activate the most similar units, those of the most similar one first.

        A unit's neighbours have it for a neighbour, most often, so that whatever describes neither tells nothing.

        Args:
            outputs: a unit's outputs over the bank, shape `(words,)`.
            among: places of the words that may be taken.
            rng: draws the order of the words of each neighbour.
        """
        centred = outputs - outputs.mean()
        similarity = np.round(self.standardised @ (centred / np.linalg.norm(centred)).astype(np.float32), 4)
        order = np.argsort(np.where(similarity > _SAME, -1, -similarity), kind="stable")
        order = order[similarity[order] <= _SAME][:_NEIGHBOURS]
        words = [rng.permutation(among[self.active[row][among]]) for row in order]
        return np.array(list(dict.fromkeys(np.concatenate(words).tolist())), dtype=np.intp)

    def others(self, among: Places, rng: np.random.Generator) -> Places:
        """Returns words in random order, as if each was drawn in proportion to the number of units that it activates.

        A word that activates many units is in many units' scores. Were the inactive words drawn alike, what describes
        no unit, but such words, would have skill.

        Args:
            among: places of the words.
            rng: draws the order.
        """
        # The order of exponential waiting times, by their logarithms.
        waiting = np.log(rng.exponential(size=len(among))) - np.log(self.popularity[among] + 0.1)
        return among[np.argsort(waiting, kind="stable")]


@dataclass(frozen=True)
class Evidence:
    """Places of words that a program has to tell apart.

    Attributes:
        active: of words that activate the unit.
        hard: of inactive words that activate the most similar units, of the same lengths as the active ones.
        others: of other inactive words of the same lengths, the more likely the more units they activate.
    """

    active: Places
    hard: Places
    others: Places

    @property
    def places(self) -> Places:
        """All of them, active ones first."""
        return np.concatenate([self.active, self.hard, self.others])


def divide(outputs: FloatArray, among: Places) -> tuple[Places, Places]:
    """Returns those of some places whose words activate a unit, and those whose words do not.

    Raises:
        ValueError: there is none of the first, or fewer than two of the others.
    """
    active, inactive = among[outputs[among] >= ACTIVE], among[outputs[among] < INACTIVE]
    if len(active) == 0 or len(inactive) < 2:
        raise ValueError(
            f"expected a function that some words activate and others don't, actual: {len(active)} of {len(among)} "
            f"words do, {len(inactive)} don't"
        )
    return active, inactive


def oppose(
    active: Places, inactive: Places, count: int, outputs: FloatArray, population: Population, rng: np.random.Generator
) -> Evidence:
    """Returns active words with inactive ones to tell them from.

    Args:
        active: places of active words.
        inactive: places of inactive words, ascending.
        count: how many hard ones, and how many others.
        outputs: the unit's outputs over the bank, shape `(words,)`.
        population: the units that words come from.
        rng: draws the words.
    """
    order = rng.permutation(active)
    hard = matched(order[:count], population.hard(outputs, inactive, rng), count)
    is_left = np.ones(len(outputs), dtype=np.bool_)
    is_left[hard] = False
    rest = population.others(inactive[is_left[inactive]], rng)
    return Evidence(active, hard, matched(order[-count:], rest, 2 * count - len(hard)))


def gather(outputs: FloatArray, among: Places, population: Population, rng: np.random.Generator) -> Evidence:
    """Returns all active words among some, and as many hard and other inactive words.

    Args:
        outputs: the unit's outputs over the bank, shape `(words,)`.
        among: places of the words that may be taken.
        population: the units that words come from.
        rng: draws the inactive words.

    Raises:
        ValueError: there are no active words, or too few inactive ones.
    """
    active, inactive = divide(outputs, among)
    return oppose(active, inactive, min(len(active), len(inactive) // 2), outputs, population, rng)


def area(active: NDArray[np.floating], inactive: NDArray[np.floating]) -> FloatArray:
    """Returns the area under the receiver operating characteristic, ties as guesses.

    It is the share of pairs of an active and an inactive word in which the active one has the greater prediction.

    Args:
        active: predictions for active words, shape `(..., a)`.
        inactive: predictions for inactive words, shape `(..., i)`.

    Returns:
        float64 of shape `(...)`.

    Example:
        >>> float(area(np.array([0.9, 0.2]), np.array([0.1, 0.2])))
        0.875
    """
    return np.asarray(pairs_in_order(active, inactive) / (active.shape[-1] * inactive.shape[-1]))


def pairs_in_order(active: NDArray[np.floating], inactive: NDArray[np.floating]) -> Any:
    """Returns the number of pairs in which the active word has the greater prediction, ties as halves; see `area`."""
    first, second = active[..., :, None], inactive[..., None, :]
    # Along axes NumPy takes several times as long to count.
    axes = None if active.ndim == inactive.ndim == 1 else (-1, -2)
    greater = np.count_nonzero(first > second, axis=axes)
    equal = np.count_nonzero(first == second, axis=axes)
    return greater + 0.5 * equal


def balanced_area(values: NDArray[np.floating], evidence: Evidence) -> FloatArray:
    """Returns the area under the curve where half of the inactive words are hard.

    Args:
        values: predictions over the bank, shape `(..., words)`.
        evidence: the words.
    """
    active = values[..., evidence.active]
    areas = [area(active, values[..., places]) for places in (evidence.hard, evidence.others)]
    return np.asarray(np.mean(areas, axis=0))


def best_program(outputs: FloatArray, population: Population) -> tuple[NeuronProgram, float]:
    """Returns the best program that is known of a unit, and its area under the curve over the open words.

    Args:
        outputs: the unit's outputs over the bank, shape `(words,)`.
        population: the units that the words to tell from its own come from.

    Raises:
        ValueError: no open word activates the unit, or all do.
    """
    evidence = gather(outputs, open_places(), population, np.random.default_rng(0))
    words = evidence.places
    cuts = np.cumsum([len(evidence.active), len(evidence.hard)])
    local = Evidence(*np.split(np.arange(len(words)), cuts))
    values = bank_values()[:, words]
    areas = balanced_area(values, local)
    order = np.argsort(-areas, kind="stable")
    beam: list[_Draft] = [
        (float(areas[place]), values[place], (("or", int(place), 1.0),)) for place in order[: _BEAM[0]]
    ]
    best = beam[0]
    for width in (*_BEAM[1:], 1)[: MAX_CLAUSES - 1]:
        beam = _lengthen(beam, values, local)[:width]
        if beam[0][0] < best[0] + _GAIN:
            break
        best = beam[0]
    return NeuronProgram(_clauses(best[2])), round(best[0], 4)


_Draft = tuple[float, NDArray[np.float32], tuple[tuple[str, int, float], ...]]


def _lengthen(beam: list[_Draft], values: NDArray[np.float32], evidence: Evidence) -> list[_Draft]:
    """Returns the best programs with one clause more, best first."""
    found: list[tuple[float, int, str, float, int]] = []
    for place, (_, before, clauses) in enumerate(beam):
        used = [clause[1] for clause in clauses]
        for operator, level in _ways():
            effects = _separation(combine(before, operator, values, np.float32(level)), evidence)
            effects[used] = -np.inf
            best = np.argpartition(-effects, _CLOSELY)[:_CLOSELY]
            found += [(float(effects[one]), place, operator, level, int(one)) for one in best]
    found.sort(key=lambda one: (-one[0], one[1:]))
    close = found[:_CLOSELY]
    outputs = [combine(beam[p][1], op, values[one], np.float32(level)) for _, p, op, level, one in close]
    areas = balanced_area(np.stack(outputs), evidence)
    longer = [
        (float(areas[n]), outputs[n], (*beam[p][2], (op, one, level))) for n, (_, p, op, level, one) in enumerate(close)
    ]
    return sorted(longer, key=lambda draft: -draft[0])


def _ways() -> Iterator[tuple[str, float]]:
    for operator in OPERATORS:
        for level in LEVELS:
            if operator == "or" or level >= 0.5:
                yield operator, level


def _separation(values: NDArray[np.float32], evidence: Evidence) -> NDArray[np.float32]:
    """Returns how many deviations lie between active and inactive words, shape of all axes but the last.

    It is quick to tell, and tells which programs to look at closely.
    """
    active = values[..., evidence.active]
    groups = [values[..., evidence.hard], values[..., evidence.others]]
    mean = sum(group.mean(axis=-1) for group in groups) / 2
    square = sum(np.einsum("...i,...i", group, group) / group.shape[-1] for group in groups) / 2
    variance = active.var(axis=-1) + np.maximum(square - mean**2, 0)
    return np.asarray((active.mean(axis=-1) - mean) / np.sqrt(variance + 1e-6))


def _clauses(draft: tuple[tuple[str, int, float], ...]) -> tuple[Clause, ...]:
    return tuple(Clause(operator, listed_predicates()[place], level) for operator, place, level in draft)
