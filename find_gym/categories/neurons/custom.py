"""A user's function of texts, and programs, served as units are."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from find_gym.categories.neurons.bank import bank_words, check_words
from find_gym.categories.neurons.function import FloatArray, top_words
from find_gym.categories.neurons.programs import NeuronProgram
from find_gym.categories.neurons.scaling import Scale
from find_gym.categories.neurons.search import best_program
from find_gym.categories.neurons.table import unit_table
from find_gym.core.callables import UserFunction
from find_gym.core.specs import SpecFunction


class ScaledFunction(ABC):
    """A function from texts to numbers of any range, scaled by its quantiles over the bank."""

    category = "neurons"
    is_stochastic = False

    @abstractmethod
    def _activations(self, words: Sequence[str]) -> FloatArray:
        """Returns what the function gives before it is scaled, float64 of shape `(n,)`."""

    @cached_property
    def _bank(self) -> FloatArray:
        return self._activations(bank_words())

    @cached_property
    def _scale(self) -> Scale:
        return Scale.of(self._bank)

    @cached_property
    def _scaled(self) -> FloatArray:
        return self._scale(self._bank)

    def __call__(self, words: Sequence[str], rng: np.random.Generator | None = None) -> FloatArray:
        """Serves a query: one output in [0, 1] for each text, float64 of shape `(n,)`."""
        return self._scale(self._activations(check_words(words)))

    def truth(self, words: Sequence[str]) -> FloatArray:
        """Returns the outputs."""
        return self(words)

    def bank_outputs(self) -> FloatArray:
        """Returns the outputs of all words of the bank, float64 of shape `(words,)`."""
        return self._scaled

    @cached_property
    def _best(self) -> NeuronProgram:
        return best_program(self._scaled, unit_table().population)[0]

    def best(self) -> NeuronProgram:
        """Returns the best program that the search finds."""
        return self._best

    def exemplars(self) -> list[str]:
        """Returns the 20 open words that activate the function most."""
        return top_words(self._scaled)


class CallableNeuronFunction(UserFunction, ScaledFunction):
    """A callable from a text to a number as a black box: whatever its range, it is scaled as a unit is.

    Args:
        function: called with one text at a time; it returns a finite number for every text, always the same one. All
            words of the bank are put to it first, for its scale.
        vectorized: whether it is called with a list of texts instead, and returns as many numbers.

    Raises:
        ValueError: it returns something else, or its greatest number for at least half of the words.

    Example:
        >>> function = CallableNeuronFunction(lambda text: text.count("o"))
        >>> function(["Colorado Rockies", "tax"]).tolist()
        [0.832, 0.0]
    """

    maps = "a string to a number"

    def __init__(self, function: Callable[[Any], Any], *, vectorized: bool = False) -> None:
        super().__init__(function, vectorized=vectorized)
        # What can't be served is found out at once.
        _ = self._scale

    def _activations(self, words: Sequence[str]) -> FloatArray:
        values = [float(value) for value in self._outputs(list(words))]
        for word, value in zip(words, values, strict=True):
            if not np.isfinite(value):
                raise ValueError(f"expected a finite activation at {word!r}, actual value: {value!r}")
        return np.array(values, dtype=np.float64)

    def identity(self) -> bytes:
        """Returns the SHA-256 digest of the activations of the bank, 32 bytes."""
        return hashlib.sha256(self._bank.astype("<f8").tobytes()).digest()


class ProgramFunction(SpecFunction, ScaledFunction):
    """A program as a black box, scaled as units are.

    Args:
        spec: the program.

    Example:
        >>> ProgramFunction(NeuronProgram.of(("or", "near", "golf"))).describe()
        'It responds to texts that are related to golf.'
    """

    def __init__(self, spec: NeuronProgram) -> None:
        self.spec = spec

    def _activations(self, words: Sequence[str]) -> FloatArray:
        return self.spec.bank_outputs() if words is bank_words() else self.spec(words)

    def generator(self, *entropy: int) -> np.random.Generator:
        """Returns a generator; the function itself draws nothing from it."""
        return np.random.default_rng([0, *entropy])

    def best(self) -> NeuronProgram:
        """Returns the program itself."""
        return self.spec

    def describe(self) -> str:
        """Describes the program in English."""
        return self.spec.describe()

    def source(self) -> str:
        """Writes the program as a runnable Python module whose last function is `f(text)`; it needs find-gym."""
        return (
            "from find_gym.categories.neurons.programs import NeuronProgram\n\n"
            f"PROGRAM = NeuronProgram.from_json({self.spec.to_json()!r})\n\n\n"
            "def f(text):\n    return float(PROGRAM([text])[0])\n"
        )
