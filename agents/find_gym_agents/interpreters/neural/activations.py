"""Evidence about functions from words to activations: each word is read by its vector."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch as th
from numpy.typing import NDArray
from torch import nn

from find_gym.categories.entities.word_vectors import entity_vectors
from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.interpreters.neural.category import Features, IntArray, NeuralCategory
from find_gym_agents.interpreters.neural.layers import Steps
from find_gym_agents.interpreters.neural.network import Reader, Tensors
from find_gym_agents.interpreters.neural.pointing import Meanings

_LEAST = 1e-5


def encode(inputs: Sequence[str], outputs: Sequence[float]) -> Features:
    """Encodes pairs.

    Returns:
        "word": the word's row in the table of vectors, from 1 on, 0 for one that has none; int64 of shape `(pairs,)`.
        "activation": its activation and a fifth of the logit of that, float32 of shape `(pairs, 2)`.
    """
    rows = [entity_vectors().row(word) for word in inputs]
    activation = np.array(outputs, dtype=np.float32)
    inside = activation.clip(_LEAST, 1 - _LEAST)
    return {
        "word": np.array([0 if row is None else row + 1 for row in rows], dtype=np.int64),
        "activation": np.stack([activation, np.log(inside / (1 - inside)) / 5], axis=1),
    }


class ActivationReader(Reader):
    """Reads each pair by the word's vector, which counts for or against, depending on the activation.

    Args:
        width: features of a pair.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        # Words without a vector are at the origin.
        words = th.from_numpy(entity_vectors().words)
        self.register_buffer("vectors", nn.functional.pad(words, (0, 0, 1, 0)), persistent=False)
        self.word = nn.Linear(self.vectors.shape[1], width)
        self.activation = Steps(nn.Linear(2, width), nn.GELU(), nn.Linear(width, 2 * width))
        self.pair = Steps(nn.GELU(), nn.Linear(width, width), nn.LayerNorm(width))

    def forward(self, features: Tensors) -> th.Tensor:
        """Reads pairs; see `Reader.forward`."""
        factor, term = self.activation(features["activation"]).chunk(2, 2)
        return self.pair(self.word(self.vectors[self.rows(features)]) * factor + term)  # type: ignore[no-any-return]

    def rows(self, features: Tensors) -> th.Tensor:
        """Returns the words' rows; see `Reader.rows`."""
        return features["word"]


def demonstrate(
    functions: Sequence[Any], codec: TokensInterface, queries: IntArray, taught: IntArray, rng: np.random.Generator
) -> IntArray:
    """Asks words that activate the function, one the likelier the more it does; see `NeuralCategory`."""
    activations = np.stack([function(codec.probes) for function in functions])
    order = np.log(activations**2 + _LEAST) + rng.gumbel(size=activations.shape)
    begun = np.arange(queries.shape[1]) < taught[:, None]
    # What was asked before stays, in its order, before all others.
    rows, places = np.nonzero(begun)
    order[rows, queries[rows, places]] = 1e9 - places
    return np.argsort(-order, axis=1)[:, : queries.shape[1]]


def activation_category(
    words_of: Callable[[Any], Sequence[str]],
    directions: Callable[[], Mapping[str, NDArray[np.float32]]],
    **others: Any,
) -> NeuralCategory:
    """Makes the record of a category of functions from words to activations.

    Args:
        words_of: see `NeuralCategory`.
        directions: returns the directions, shape `(d,)` each, of the tokens that have one.
        others: further attributes of the record.
    """

    def meanings(codec: TokensInterface) -> Meanings:
        vectors, known = entity_vectors(), directions()
        # All probes have a vector.
        places = [row for row in map(vectors.row, codec.probes) if row is not None]
        nothing = np.zeros(vectors.words.shape[1], dtype=np.float32)
        return Meanings(vectors.words[places], np.stack([known.get(token, nothing) for token in codec.tokens]))

    return NeuralCategory(encode, ActivationReader, words_of, demonstrate=demonstrate, meanings=meanings, **others)
