"""The neural interpreter's view of evidence about entity functions: words and concepts as directions."""

from __future__ import annotations

from collections.abc import Sequence

from find_gym.categories.entities.concepts import concepts
from find_gym.categories.entities.formulas import split_of_concept
from find_gym.categories.entities.function import EntitySpec
from find_gym.categories.entities.tokens import words_of
from find_gym.categories.entities.word_vectors import entity_vectors
from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.interpreters.neural.activations import ActivationReader, demonstrate, encode, meanings
from find_gym_agents.interpreters.neural.category import Features, NeuralCategory
from find_gym_agents.interpreters.neural.pointing import Meanings


def _words_of(spec: EntitySpec) -> list[str]:
    return words_of(spec.formula, spec.region)


def _meanings(codec: TokensInterface) -> Meanings:
    return meanings(codec, entity_vectors(), dict(zip(concepts(), entity_vectors().directions, strict=True)))


def _changes() -> dict[str, list[str]]:
    """Keeps the concepts of other splits out of the grammar, so that they are not learned to be unlikely."""
    return {"concepts": [name for name in concepts() if split_of_concept(name) == "train"]}


def _encode(inputs: Sequence[str], outputs: Sequence[float]) -> Features:
    return encode(inputs, outputs, entity_vectors())


def _reader(width: int) -> ActivationReader:
    return ActivationReader(width, entity_vectors())


NEURAL = NeuralCategory(_encode, _reader, _words_of, demonstrate=demonstrate, meanings=_meanings, changes=_changes)
