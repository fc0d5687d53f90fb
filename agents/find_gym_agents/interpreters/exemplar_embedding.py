"""Interprets functions of words by sentence embeddings: asks near what activates, describes by the nearest concepts.

It begins with the exemplars, where there are any, or else with words that are spread over the vocabulary, then asks
round by round the words that are most similar to those that activated the function most. At the end it names the
concept, or the two concepts, whose similarity to the words explains the answers best.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities.concepts import concepts, vocabulary
from find_gym.categories.entities.exemplars import probe_words
from find_gym.categories.entities.word_vectors import entity_vectors
from find_gym.scoring import Submission
from find_gym_agents.base import ScriptedWordAgent

_FIRST_WORDS = 60
_ROUND = 8
# The words that a round starts from, and how much the square error has to fall for a second concept.
_SEEDS = 4
_GAIN = 0.35
_DISTINCT = 0.3

Questions = Generator[list[str], list[float], Submission]


class ExemplarEmbeddingAgent(ScriptedWordAgent):
    """Asks exemplars and the words nearest to the best of them; speaks `text`; needs numpy only."""

    def __init__(self) -> None:
        super().__init__()
        self._names = list(concepts())

    def interpret(self, budget: int, exemplars: list[str]) -> Questions:
        """Interprets one function.

        Args:
            budget: words that may be asked in all.
            exemplars: words to start from; may be empty.

        Yields:
            Lists of words; each is answered by as many activations.

        Returns:
            The submission.
        """
        known = [word for word in dict.fromkeys(exemplars) if entity_vectors().row(word) is not None]
        asked = (known or self._spread_words())[:budget]
        answers: list[float] = []
        if asked:
            answers += yield asked
        while len(asked) < budget:
            words = self._near_best(asked, answers)[: min(_ROUND, budget - len(asked))]
            if not words:
                break
            asked = [*asked, *words]
            answers += yield words
        return Submission(description=self._describe(asked, np.array(answers)))

    def conclude(self, inputs: list[str], outputs: list[float], exemplars: list[str]) -> Submission:
        """Describes a function from evidence; see `ScriptedAgent.conclude`."""
        return Submission(description=self._describe(inputs, np.array(outputs, dtype=np.float64)))

    def _spread_words(self) -> list[str]:
        """Returns the words that are farthest from each other, one after another."""
        words = probe_words()
        vectors = entity_vectors().embed(words)
        chosen = [int(self._rng.integers(len(words)))]
        nearest = vectors @ vectors[chosen[0]]
        while len(chosen) < min(_FIRST_WORDS, len(words)):
            chosen.append(int(np.argmin(nearest)))
            nearest = np.maximum(nearest, vectors @ vectors[chosen[-1]])
        return [words[place] for place in chosen]

    def _near_best(self, asked: list[str], answers: list[float]) -> list[str]:
        """Returns words not asked yet by their similarity to those with the greatest activations, nearest first."""
        vectors = entity_vectors()
        order = np.argsort(-np.array(answers), kind="stable")[:_SEEDS]
        seeds = vectors.embed([asked[place] for place in order])
        weights = np.array([answers[place] for place in order]) + 0.01
        similarity = np.max(weights * (vectors.words @ seeds.T), axis=1)
        seen = {vectors.row(word) for word in asked}
        # The names of concepts are no words that a function was made from.
        places = [int(row) for row in np.argsort(-similarity, kind="stable")[:400] if row not in seen]
        words = vocabulary()
        return [words[place] for place in places if words[place] not in concepts()]

    def _describe(self, asked: list[str], answers: NDArray[np.float64]) -> str:
        if not asked:
            return "Nothing is known of the function."
        predicted = entity_vectors().all_activations(asked)
        errors = np.mean((predicted - answers[:, None]) ** 2, axis=0)
        first = int(np.argmin(errors))
        either = np.maximum(predicted, predicted[:, first : first + 1])
        both = np.mean((either - answers[:, None]) ** 2, axis=0)
        second = int(np.argmin(both))
        names = [self._names[first]]
        active = answers >= _DISTINCT
        own = active & (predicted[:, second] > predicted[:, first])
        if both[second] < (1 - _GAIN) * errors[first] and own.any():
            names.append(self._names[second])
        return f"It responds to words related to {' or '.join(names)}."
