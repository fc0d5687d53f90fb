"""Interprets relations by looking answers up in the tables: asks what splits the candidates, describes what is left.

First it asks words that tell relations apart, until one relation explains the answers; then words of that relation that
tell its possible exceptions apart, by bisection.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.relations.answers import UNDEFINED, canonical
from find_gym.categories.relations.catalogue import RELATIONS
from find_gym.categories.relations.conditions import Condition, conditions_of
from find_gym.categories.relations.function import RelationFunction, RelationSpec
from find_gym.categories.relations.probes import probe_words
from find_gym.scoring import Submission
from find_gym_agents.base import ScriptedWordAgent

Questions = Generator[list[str], list[str], Submission]

# Logarithms of how likely it is that an answer differs from the table's, that it is "undefined" for an input of the
# relation (an exception), for a further one, and that it is not for another word.
_OTHER, _EXCEPTED, _FURTHER, _DEFINED = -5.0, -1.0, -0.3, -8.0
_SURE = 0.99
# Of the words of each relation, one in so many may be asked to find the relation, besides the probes.
_EVERY = 9
# The prior of no exception, of one, of two.
_PRIOR = (0.35, 0.55, 0.1)
_LEAST_EXCEPTIONS = 3


class TableLookupAgent(ScriptedWordAgent):
    """Looks answers up in the tables of all relations; speaks `text`; needs numpy only."""

    def __init__(self) -> None:
        super().__init__()
        self._relations = [RelationFunction(RelationSpec(name)) for name in RELATIONS]
        others = [word for relation in RELATIONS.values() for word in relation.words[::_EVERY]]
        self._words = list(dict.fromkeys([*probe_words(), *others]))
        # What each relation answers to each word, shape `(words, relations)`.
        self._answers = np.array([relation.truth(self._words) for relation in self._relations]).T

    def interpret(self, budget: int, exemplars: list[str]) -> Questions:
        """Interprets one function.

        Args:
            budget: words that may be asked in all.
            exemplars: words to start from; may be empty.

        Yields:
            Lists of words; each is answered by as many answers.

        Returns:
            The submission.
        """
        answers: dict[str, str] = {}
        first = list(dict.fromkeys(exemplars))[:budget]
        if first:
            answers |= zip(first, (yield first), strict=True)
        while len(answers) < budget:
            weights = self._posterior(answers)
            if weights.max() >= _SURE and any(canonical(answer) != UNDEFINED for answer in answers.values()):
                break
            word = self._telling_word(weights, answers)
            if word is None:
                break
            answers |= zip([word], (yield [word]), strict=True)
        if not any(canonical(answer) != UNDEFINED for answer in answers.values()):
            return Submission("It is undefined for every word that was asked.", "none")
        relation = self._relations[int(self._posterior(answers).argmax())]
        candidates = ExceptionCandidates(relation)
        for word, answer in answers.items():
            candidates.observe(word, answer)
        while len(answers) < budget:
            word = candidates.telling_word(self._rng)
            if word is None:
                break
            answer = (yield [word])[0]
            answers[word] = answer
            candidates.observe(word, answer)
        found = RelationFunction(RelationSpec(relation.spec.relation, candidates.best()))
        return Submission(relation.describe(), found.domain())

    def conclude(self, inputs: list[str], outputs: list[str], exemplars: list[str]) -> Submission:
        """Describes a relation from evidence; see `ScriptedAgent.conclude`."""
        answers = dict(zip(inputs, outputs, strict=True))
        if not any(canonical(answer) != UNDEFINED for answer in answers.values()):
            return Submission("It is undefined for every word that was asked.", "none")
        relation = self._relations[int(self._posterior(answers).argmax())]
        candidates = ExceptionCandidates(relation)
        for word, answer in answers.items():
            candidates.observe(word, answer)
        found = RelationFunction(RelationSpec(relation.spec.relation, candidates.best()))
        return Submission(relation.describe(), found.domain())

    def _posterior(self, answers: dict[str, str]) -> NDArray[np.float64]:
        """Returns how likely each relation is, float64 of shape `(relations,)`."""
        scores = np.array([_fit(relation, answers) for relation in self._relations])
        likely = np.exp(scores - scores.max())
        return likely / likely.sum()

    def _telling_word(self, weights: NDArray[np.float64], answers: dict[str, str]) -> str | None:
        """Returns the word whose answer is the least certain, from the relations that are still likely."""
        likely = np.flatnonzero(weights > 1e-3)
        best, chosen = 1e-6, None
        for word, row in zip(self._words, self._answers[:, likely], strict=True):
            if word in answers:
                continue
            _, groups = np.unique(row, return_inverse=True)
            shares = np.bincount(groups, weights=weights[likely])
            entropy = float(-np.sum(shares * np.log(shares)))
            if entropy > best:
                best, chosen = entropy, word
        return chosen


def _fit(relation: RelationFunction, answers: dict[str, str]) -> float:
    """Returns the logarithm of how well answers fit a relation, an exception allowed for."""
    score, excepted = 0.0, 0
    for word, answer in answers.items():
        known = relation.truth([word])[0] != UNDEFINED
        if canonical(answer) == UNDEFINED:
            excepted += known
        elif not known:
            score += _DEFINED
        elif not relation.accepts(word, answer):
            score += _OTHER
    # One exception may hold for many words.
    return score + (_EXCEPTED + _FURTHER * (excepted - 1) if excepted else 0.0)


class ExceptionCandidates:
    """What the exceptions of a relation may be: none, one condition or two, by how they fit the answers so far.

    Args:
        relation: the relation without exceptions.
    """

    def __init__(self, relation: RelationFunction) -> None:
        self._relation = relation
        entry = relation.relation
        self._conditions = conditions_of(entry.name, _LEAST_EXCEPTIONS)
        self._words = list(relation.words)
        self._places = {word: place for place, word in enumerate(self._words)}
        single = np.array([[c.holds(entry, word) for word in self._words] for c in self._conditions], dtype=np.bool_)
        count = len(self._conditions)
        first, second = np.triu_indices(count, 1)
        pairs = list(zip(first.tolist(), second.tolist(), strict=True))
        self._names: list[tuple[int, ...]] = [(), *((place,) for place in range(count)), *pairs]
        nothing = np.zeros((1, len(self._words)), dtype=np.bool_)
        single = single.reshape(count, len(self._words))
        self._members = np.concatenate([nothing, single, single[first] | single[second]])
        sizes = np.array([1, count, max(len(first), 1)])
        shares = np.repeat(np.array(_PRIOR) / np.maximum(sizes, 1), [1, count, len(first)])
        # The first letter is one attribute of many, though it has the most values.
        letters = np.array([sum(self._conditions[p].attribute == "begins_with" for p in name) for name in self._names])
        self._scores = np.log(shares) - 1.0 * letters
        self._asked: set[int] = set()

    def observe(self, word: str, answer: str) -> None:
        """Takes an answer into account."""
        name = self._relation.relation.facts.find(word)
        place = self._places.get(name) if name is not None else None
        if place is None or place in self._asked:
            return
        self._asked.add(place)
        undefined = canonical(answer) == UNDEFINED
        self._scores = self._scores + np.where(self._members[:, place] == undefined, 0.0, _OTHER)

    def telling_word(self, rng: np.random.Generator) -> str | None:
        """Returns the word that splits what is likely the most evenly, or None where nothing is left to be split."""
        weights = np.exp(self._scores - self._scores.max())
        weights /= weights.sum()
        share = weights @ self._members
        certain = np.minimum(share, 1 - share)
        certain[list(self._asked)] = -1.0
        if certain.max(initial=-1.0) < 1e-3:
            return None
        best = np.flatnonzero(certain >= certain.max() - 1e-9)
        return self._words[int(best[int(rng.integers(len(best)))])]

    def best(self) -> tuple[Condition, ...]:
        """Returns the likeliest exceptions."""
        chosen: Sequence[int] = self._names[int(self._scores.argmax())]
        return tuple(self._conditions[int(place)] for place in chosen)
