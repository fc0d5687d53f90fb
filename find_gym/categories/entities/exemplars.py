"""Words to show and to test with: exemplars, probes, and the words that activate a function."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from find_gym.categories.entities.concepts import concepts, vocabulary
from find_gym.categories.entities.function import ACTIVE, INACTIVE, EntityBlackBox
from find_gym.categories.entities.word_vectors import entity_vectors

EXEMPLARS = 10
_RELEVANT = (3, 4)
_CANDIDATES = 400


@cache
def probe_words() -> tuple[str, ...]:
    """Returns the probes of the `tokens` interface: for each concept its most specific member.

    That is the member whose activation exceeds the activation of all other concepts most. No word is a probe twice.
    """
    vectors = entity_vectors()
    probes: list[str] = []
    for column, concept in enumerate(concepts().values()):
        members = [member for member in concept.members if member not in probes]
        rows = vectors.all_activations(members)
        rivals = np.partition(np.delete(rows, column, axis=1), -3, axis=1)[:, -3:].mean(axis=1)
        probes.append(members[int(np.argmax(rows[:, column] - rivals))])
    return tuple(probes)


@cache
def held_out_words() -> tuple[str, ...]:
    """Returns the words that scores are computed on: members of concepts that are no probes."""
    probes = set(probe_words())
    members = (member for concept in concepts().values() for member in concept.members)
    return tuple(dict.fromkeys(member for member in members if member not in probes))


@cache
def active_words() -> tuple[tuple[str, ...], ...]:
    """Returns, for each concept, the held-out words that activate its embedding neuron."""
    words = held_out_words()
    active = entity_vectors().all_activations(words) >= ACTIVE
    return tuple(tuple(words[place] for place in np.flatnonzero(column)) for column in active.T)


def draw_exemplars(function: EntityBlackBox, among: Sequence[str] | None = None) -> list[str]:
    """Draws ten words to start from, always the same ones.

    Args:
        function: the function.
        among: the words to draw from; by default the vocabulary without the names of concepts, which tell too much.

    Returns:
        The words; three or four activate the function, as far as there are so many.
    """
    rng = function.generator(int.from_bytes(function.identity()[:8], "big"), 1)
    words = [word for word in vocabulary() if word not in concepts()] if among is None else list(among)
    wanted = int(rng.integers(_RELEVANT[0], _RELEVANT[1] + 1))
    active: list[str] = []
    inactive: list[str] = []
    order = rng.permutation(len(words))
    # A language model is slow: words are asked in blocks until there are enough of both kinds.
    for start in range(0, len(order), _CANDIDATES):
        block = [words[place] for place in order[start : start + _CANDIDATES]]
        values = function.truth(block)
        active += [word for word, value in zip(block, values, strict=True) if value >= ACTIVE]
        inactive += [word for word, value in zip(block, values, strict=True) if value < INACTIVE]
        if len(active) >= wanted and len(inactive) >= EXEMPLARS - wanted:
            break
    chosen = active[:wanted] + inactive[: EXEMPLARS - len(active[:wanted])]
    return [chosen[place] for place in rng.permutation(len(chosen))]
