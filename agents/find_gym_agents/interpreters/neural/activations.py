"""Evidence about functions from words to activations: each word is read by its vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch as th
from numpy.typing import NDArray
from torch import nn

from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.interpreters.neural.category import Features, IntArray
from find_gym_agents.interpreters.neural.network import Reader, Tensors
from find_gym_agents.interpreters.neural.pointing import Meanings

_LEAST = 1e-5


class WordVectors(Protocol):
    """Words with vectors.

    Attributes:
        words: unit vectors, float32 of shape `(n, d)`.
    """

    words: NDArray[np.float32]

    def row(self, word: str) -> int | None:
        """Returns the row of a word; None for words that have no vector."""


def encode(inputs: Sequence[str], outputs: Sequence[float], vectors: WordVectors) -> Features:
    """Encodes pairs.

    Returns:
        "word": the word's row in the table of vectors, from 1 on, 0 for one that has none; int64 of shape `(pairs,)`.
        "activation": its activation, float32 of shape `(pairs,)`.
    """
    rows = [vectors.row(word) for word in inputs]
    return {
        "word": np.array([0 if row is None else row + 1 for row in rows], dtype=np.int64),
        "activation": np.array(outputs, dtype=np.float32),
    }


class ActivationReader(Reader):
    """Reads each pair by the word's vector, which counts for or against, depending on the activation.

    Args:
        width: features of a pair.
        vectors: the words' vectors.
    """

    vectors: th.Tensor

    def __init__(self, width: int, vectors: WordVectors) -> None:
        super().__init__()
        # Words without a vector are at the origin.
        self.register_buffer("vectors", nn.functional.pad(th.from_numpy(vectors.words), (0, 0, 1, 0)), persistent=False)
        self.word = nn.Linear(self.vectors.shape[1], width)
        self.activation = nn.Sequential(nn.Linear(2, width), nn.GELU(), nn.Linear(width, 2 * width))
        self.pair = nn.Sequential(nn.GELU(), nn.Linear(width, width), nn.LayerNorm(width))

    def forward(self, features: Tensors) -> th.Tensor:
        """Reads pairs; see `Reader.forward`."""
        activation = features["activation"].to(self.vectors.dtype)
        shown = th.stack([activation, activation.clamp(_LEAST, 1 - _LEAST).logit() / 5], 2)
        factor, term = self.activation(shown).chunk(2, 2)
        return self.pair(self.word(self.meanings(features)) * factor + term)  # type: ignore[no-any-return]

    def meanings(self, features: Tensors) -> th.Tensor:
        """Returns the words' vectors; see `Reader.meanings`."""
        return self.vectors[features["word"]]


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


def meanings(codec: TokensInterface, vectors: WordVectors, tokens: Mapping[str, NDArray[np.float32]]) -> Meanings:
    """Returns the vectors of the probes, which all have one, and of some tokens, by their names."""
    places = [row for row in map(vectors.row, codec.probes) if row is not None]
    nothing = np.zeros(vectors.words.shape[1], dtype=np.float32)
    return Meanings(vectors.words[places], np.stack([tokens.get(token, nothing) for token in codec.tokens]))
