"""The neural interpreter's view of evidence about entity functions: words and concepts as directions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities.concepts import concepts
from find_gym.categories.entities.formulas import split_of_concept
from find_gym.categories.entities.function import EntitySpec
from find_gym.categories.entities.tokens import probe_words, words_of
from find_gym.categories.entities.word_vectors import entity_vectors
from find_gym_agents.interpreters.neural.activations import activation_category

_NOTHING = 1e-12


def _words_of(spec: EntitySpec) -> list[str]:
    return words_of(spec.formula, spec.region)


def _directions() -> dict[str, NDArray[np.float32]]:
    return dict(zip(concepts(), entity_vectors().directions, strict=True))


def _changes() -> dict[str, list[str]]:
    """Keeps the concepts of other splits out of the grammar, so that they are not learned to be unlikely."""
    return {"concepts": [name for name in concepts() if split_of_concept(name) == "train"]}


def _worth(inputs: Sequence[Any], outputs: Sequence[Any]) -> NDArray[np.float32]:
    """Returns the same values whatever was answered: words in many directions tell the direction of a concept best.

    Activations have four decimals, so that little depends on how strongly the words that were asked are active.
    """
    return _earliness()


@cache
def _earliness() -> NDArray[np.float32]:
    """Returns minus the rank of each probe where the next is always the one farthest from the span of those before.

    That is the order of QR with pivoting.
    """
    vectors, probes = entity_vectors(), probe_words()
    rest = np.stack([vectors.words[vectors.row(word)] for word in probes]).astype(np.float64)
    rest -= rest.mean(axis=0)
    values = np.ones(len(probes), dtype=np.float32)
    for rank in range(len(probes)):
        distances = np.where(values > 0, (rest**2).sum(axis=1), -1.0)
        farthest = int(distances.argmax())
        values[farthest] = -rank
        # Beyond the dimension of the vectors nothing but rounding is left.
        if distances[farthest] > _NOTHING:
            direction = rest[farthest] / np.sqrt(distances[farthest])
            rest -= np.outer(rest @ direction, direction)
    return values


NEURAL = activation_category(_words_of, _directions, value=_worth, changes=_changes)
