"""A user's black box: a Python callable from words to activations, served like a sampled function."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from find_gym.categories.entities.exemplars import draw_exemplars, probe_words
from find_gym.categories.entities.function import FloatArray, check_words
from find_gym.core.callables import UserFunction


class CallableEntityFunction(UserFunction):
    """A callable from a word to an activation as a black box.

    Args:
        function: called with one word at a time; it returns a number in [0, 1] for every word, always the same one.
        vectorized: whether it is called with a list of words instead, and returns as many numbers.

    Example:
        >>> CallableEntityFunction(lambda word: float(word.istitle()))(["Paris", "puck"]).tolist()
        [1.0, 0.0]
    """

    category = "entities"
    maps = "a string to a number"

    def __init__(self, function: Callable[[Any], Any], *, vectorized: bool = False) -> None:
        super().__init__(function, vectorized=vectorized)

    def __call__(self, words: Sequence[str], rng: np.random.Generator | None = None) -> FloatArray:
        """Serves a query: one activation in [0, 1] for each word, float64 of shape `(n,)`."""
        values = [float(value) for value in self._outputs(check_words(words))]
        for word, value in zip(words, values, strict=True):
            if not 0 <= value <= 1:
                raise ValueError(f"expected an activation in [0, 1] at {word!r}, actual value: {value!r}")
        return np.array(values, dtype=np.float64)

    def truth(self, words: Sequence[str]) -> FloatArray:
        """Returns the activations."""
        return self(words)

    def exemplars(self) -> list[str]:
        """Returns words to start from, some of which activate the function where any do."""
        return draw_exemplars(self)

    def identity(self) -> bytes:
        """Returns the SHA-256 digest of the activations of the probes, 32 bytes."""
        return hashlib.sha256(json.dumps(self(probe_words()).tolist()).encode()).digest()
