"""Interprets units by search: the programs that explain the answers best, and the words that these disagree about.

A program is as likely as its outputs tell active words from inactive ones: whether a word is active is taken for a
straight line of them, with normal noise. Words that nobody asked, of which the most are inactive, are a background. The
agents here differ in what they ask; all of them fit in the same way.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.neurons.bank import bank_words, open_places, word_vectors
from find_gym.categories.neurons.predicates import bank_values, listed_predicates
from find_gym.categories.neurons.programs import LEVELS, MAX_CLAUSES, OPERATORS, Clause, NeuronProgram, combine
from find_gym.scoring import Submission
from find_gym_agents.base import ScriptedWordAgent

Floats = NDArray[np.float32]
Questions = Generator[list[str], list[float], Submission]

_FIRST_WORDS = 12
_ROUND = 4
# Programs that longer ones begin with, and programs that are asked what they disagree about.
_BEAM = (10, 4)
_COMMITTEE = 24
# Words of the background, and inactive answers that they are worth at least.
_BACKGROUND = 160
_LEAST_BACKGROUND = 10.0
# Outputs from where on words count as active, and from where on they count as active in part.
_ACTIVE, _INACTIVE = 0.5, 0.25
# What a clause has to add to the log-likelihood.
CLAUSE_COST = 3.0


@dataclass(frozen=True)
class Fitted:
    """A program with how well it fits.

    Attributes:
        likelihood: the logarithm of its likelihood, less what its clauses cost.
        clauses: operator, place among the listed predicates, and level of each clause.
        outputs: its outputs over the open words, shape `(words,)`.
    """

    likelihood: float
    clauses: tuple[tuple[str, int, float], ...]
    outputs: Floats

    def program(self) -> NeuronProgram:
        """Returns the program."""
        return NeuronProgram(
            tuple(Clause(operator, listed_predicates()[place], level) for operator, place, level in self.clauses)
        )


@dataclass(frozen=True)
class Answers:
    """What is known of a unit.

    Attributes:
        places: places among the open words, shape `(n,)`.
        active: for each how much it counts as an active word, shape `(n,)`; the sum is one half.
        inactive: and how much as an inactive one, shape `(n,)`; the sum is one half.
        count: how many independent answers that is worth.
    """

    places: NDArray[np.intp]
    active: Floats
    inactive: Floats
    count: float

    @staticmethod
    def of(asked: list[int], answers: list[float], exemplars: list[int]) -> Answers:
        """Returns what answers, exemplars and the background tell."""
        shown = [place for place in exemplars if place not in asked]
        activity = np.clip((np.array(answers) - _INACTIVE) / (_ACTIVE - _INACTIVE), 0, 1)
        background = _background()
        active = np.concatenate([activity, np.ones(len(shown)), np.zeros(len(background))])
        others = (1 - activity).sum()
        # Words that were asked are no fair sample: the background counts three times as much.
        faint = max(3 * others, _LEAST_BACKGROUND) / len(background)
        inactive = np.concatenate([1 - activity, np.zeros(len(shown)), np.full(len(background), faint)])
        count = 2 * min(active.sum(), inactive.sum())
        places = np.concatenate([np.array([*asked, *shown], dtype=np.intp), background])
        halves = [(0.5 * part / max(part.sum(), 1e-9)).astype(np.float32) for part in (active, inactive)]
        return Answers(places, halves[0], halves[1], float(count))

    def likelihoods(self, values: Floats) -> Floats:
        """Returns the log-likelihoods of programs from their outputs at `places`, shape `(..., n)` to `(...)`."""
        both = self.active + self.inactive
        difference = values @ (self.active - self.inactive)
        variance = np.maximum((values * values) @ both - (values @ both) ** 2, 1e-6)
        explained = np.maximum(difference, 0) ** 2 / variance
        return np.asarray(-0.5 * self.count * np.log(1 - np.minimum(explained, 0.999)))


def fit(answers: Answers, clauses: int = MAX_CLAUSES) -> list[Fitted]:
    """Returns the programs that fit best, best first.

    Args:
        answers: what is known.
        clauses: the most clauses of a program.
    """
    values = open_values()
    known = values[:, answers.places]
    likelihoods = answers.likelihoods(known) - CLAUSE_COST
    order = np.argsort(-likelihoods, kind="stable")[:_COMMITTEE]
    found = [Fitted(float(likelihoods[place]), (("or", int(place), 1.0),), values[place]) for place in order]
    beam = found
    for width in _BEAM[: clauses - 1]:
        longer = [one for before in beam[:width] for one in _lengthen(before, answers, known)]
        beam = sorted(longer, key=lambda one: -one.likelihood)[:_COMMITTEE]
        found = sorted([*found, *beam], key=lambda one: -one.likelihood)[:_COMMITTEE]
    return found


def _lengthen(before: Fitted, answers: Answers, known: Floats) -> list[Fitted]:
    """Returns the best programs with one clause more."""
    values, longer = open_values(), []
    used = [place for _, place, _ in before.clauses]
    for operator in OPERATORS:
        for level in LEVELS if operator == "or" else LEVELS[:2]:
            outputs = combine(before.outputs[answers.places], operator, known, np.float32(level))
            likelihoods = answers.likelihoods(outputs) - CLAUSE_COST * (len(before.clauses) + 1)
            likelihoods[used] = -np.inf
            for place in np.argpartition(-likelihoods, 3)[:3]:
                whole = combine(before.outputs, operator, values[place], np.float32(level))
                clauses = (*before.clauses, (operator, int(place), level))
                longer.append(Fitted(float(likelihoods[place]), clauses, whole))
    return longer


@cache
def open_values() -> Floats:
    """Returns how far the open words have each listed predicate, shape `(predicates, words)`."""
    return np.ascontiguousarray(bank_values()[:, open_places()])


@cache
def _background() -> NDArray[np.intp]:
    return np.random.default_rng(0).choice(len(open_places()), _BACKGROUND, replace=False)


@cache
def _open_words() -> tuple[str, ...]:
    return tuple(bank_words()[place] for place in open_places())


@cache
def _open_rows() -> dict[str, int]:
    return {word: row for row, word in enumerate(_open_words())}


def open_place(word: str) -> int | None:
    """Returns the place of a word among the open words, None for others."""
    return _open_rows().get(word)


def spread_places(rng: np.random.Generator, count: int) -> list[int]:
    """Returns places among the open words that are far from each other, from a random one on."""
    vectors = word_vectors()[open_places()]
    chosen = [int(rng.integers(len(vectors)))]
    nearest = vectors @ vectors[chosen[0]]
    while len(chosen) < count:
        chosen.append(int(np.argmin(nearest)))
        nearest = np.maximum(nearest, vectors @ vectors[chosen[-1]])
    return chosen


def _best_submission(asked: list[int], answers: list[float], shown: list[int]) -> Submission:
    """Describes a unit by the program that fits best."""
    return Submission(description=fit(Answers.of(asked, answers, shown))[0].program().describe())


class FeatureSearchAgent(ScriptedWordAgent):
    """Asks what the best programs disagree about and what they take for active; speaks `text`; needs numpy only."""

    def interpret(self, budget: int, exemplars: list[str]) -> Questions:
        """Interprets one unit; see `ScriptedWordAgent.interpret`."""
        shown = [place for word in exemplars if (place := open_place(word)) is not None]
        asked: list[int] = []
        answers: list[float] = []
        while len(asked) < budget:
            places = self._choose(asked, answers, shown)[: budget - len(asked)]
            if not places:
                break
            asked += places
            answers += yield [_open_words()[place] for place in places]
        return _best_submission(asked, answers, shown)

    def conclude(self, inputs: list[str], outputs: list[float], exemplars: list[str]) -> Submission:
        """Describes a unit from evidence, as far as it is of open words; see `ScriptedAgent.conclude`."""
        known = [
            (place, output)
            for word, output in zip(inputs, outputs, strict=True)
            if (place := open_place(word)) is not None
        ]
        shown = [place for word in exemplars if (place := open_place(word)) is not None]
        return _best_submission([place for place, _ in known], [output for _, output in known], shown)

    def _choose(self, asked: list[int], answers: list[float], shown: list[int]) -> list[int]:
        """Returns places of the words to ask next."""
        if not asked and not shown:
            return spread_places(self._rng, _FIRST_WORDS)
        committee = fit(Answers.of(asked, answers, shown), clauses=2)
        likelihoods = np.array([one.likelihood for one in committee])
        weights = np.exp(likelihoods - likelihoods.max())
        outputs = np.stack([one.outputs for one in committee]).astype(np.float64)
        mean = weights @ outputs / weights.sum()
        doubt = outputs.std(axis=0)
        chosen: list[int] = []
        for turn in range(_ROUND):
            wanted = (mean + doubt if turn % 2 == 0 else doubt) + 1e-6 * self._rng.random(outputs.shape[1])
            wanted[[*asked, *shown, *chosen]] = -1
            chosen.append(int(np.argmax(wanted)))
        return chosen


class RandomFeatureAgent(FeatureSearchAgent):
    """Asks random words and fits as `feature-search` does."""

    def _choose(self, asked: list[int], answers: list[float], shown: list[int]) -> list[int]:
        left = np.setdiff1d(np.arange(len(_open_words())), [*asked, *shown])
        return self._rng.permutation(left)[:_FIRST_WORDS].tolist()


class ExemplarFeatureAgent(FeatureSearchAgent):
    """Asks nothing and fits to the exemplars, as the one-shot descriptions of the field do."""

    def _choose(self, asked: list[int], answers: list[float], shown: list[int]) -> list[int]:
        return []
