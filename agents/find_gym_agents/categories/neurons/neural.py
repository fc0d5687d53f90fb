"""The neural interpreter's view of evidence about units: words and concepts as directions."""

from __future__ import annotations

from collections.abc import Sequence

from find_gym.categories.entities.word_vectors import entity_vectors
from find_gym.categories.neurons.bank import concept_names
from find_gym.categories.neurons.function import NeuronSpec
from find_gym.categories.neurons.release import make_function
from find_gym.categories.neurons.tokens import words_of
from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.interpreters.neural.activations import ActivationReader, demonstrate, encode, meanings
from find_gym_agents.interpreters.neural.category import Features, NeuralCategory
from find_gym_agents.interpreters.neural.pointing import Meanings


def _words_of(spec: NeuronSpec) -> list[str]:
    return words_of(make_function(spec).best())


def _meanings(codec: TokensInterface) -> Meanings:
    directions = zip(concept_names(), entity_vectors().directions, strict=True)
    return meanings(codec, entity_vectors(), {f"near {name}": direction for name, direction in directions})


def _encode(inputs: Sequence[str], outputs: Sequence[float]) -> Features:
    return encode(inputs, outputs, entity_vectors())


def _reader(width: int) -> ActivationReader:
    return ActivationReader(width, entity_vectors())


NEURAL = NeuralCategory(_encode, _reader, _words_of, demonstrate=demonstrate, meanings=_meanings)
