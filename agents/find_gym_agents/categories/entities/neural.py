"""The neural interpreter's view of evidence about entity functions: words and concepts as directions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities.concepts import concepts
from find_gym.categories.entities.formulas import split_of_concept
from find_gym.categories.entities.function import EntitySpec
from find_gym.categories.entities.tokens import words_of
from find_gym.categories.entities.word_vectors import entity_vectors
from find_gym_agents.interpreters.neural.activations import activation_category


def _words_of(spec: EntitySpec) -> list[str]:
    return words_of(spec.formula, spec.region)


def _directions() -> dict[str, NDArray[np.float32]]:
    return dict(zip(concepts(), entity_vectors().directions, strict=True))


def _changes() -> dict[str, list[str]]:
    """Keeps the concepts of other splits out of the grammar, so that they are not learned to be unlikely."""
    return {"concepts": [name for name in concepts() if split_of_concept(name) == "train"]}


NEURAL = activation_category(_words_of, _directions, changes=_changes)
