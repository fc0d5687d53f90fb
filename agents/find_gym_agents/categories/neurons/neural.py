"""The neural interpreter's view of evidence about units: words and concepts as directions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities.word_vectors import entity_vectors
from find_gym.categories.neurons.bank import concept_names
from find_gym.categories.neurons.function import NeuronSpec
from find_gym.categories.neurons.release import make_function
from find_gym.categories.neurons.tokens import words_of
from find_gym_agents.categories.neurons.expectation import value_probes
from find_gym_agents.interpreters.neural.activations import activation_category


def _words_of(spec: NeuronSpec) -> list[str]:
    return words_of(make_function(spec).best())


def _directions() -> dict[str, NDArray[np.float32]]:
    pairs = zip(concept_names(), entity_vectors().directions, strict=True)
    return {f"near {name}": direction for name, direction in pairs}


NEURAL = activation_category(_words_of, _directions, value=value_probes)
