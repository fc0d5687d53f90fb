"""Fixed lists of words whose activations are needed often, computed once for each concept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities.concepts import concepts
from find_gym.categories.entities.exemplars import held_out_words, probe_words
from find_gym.categories.entities.formulas import Combination, concepts_of
from find_gym.categories.entities.function import EntityBlackBox, EntityFunction
from find_gym.categories.entities.neurons import EmbeddingNeuron, LexiconNeuron, Neuron
from find_gym.categories.entities.regions import has_form
from find_gym.core.arrays import loop_array

FloatArray = NDArray[np.float64]
Places = NDArray[np.intp] | slice
ALL = slice(None)


class WordBank:
    """A list of words.

    Args:
        words: the words.

    Attributes:
        words: the words.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self._places = {word: place for place, word in enumerate(self.words)}
        self._activations: dict[tuple[type[Neuron], str], FloatArray] = {}
        # Of functions of one concept without a region.
        self._truths: dict[tuple[type[Neuron], str], FloatArray] = {}
        self._forms: dict[str, NDArray[np.bool_]] = {}

    @staticmethod
    def knows(function: EntityBlackBox) -> bool:
        """Whether a function's activations can be looked up instead of being computed word by word."""
        if type(function) is not EntityFunction or type(function.neuron) not in (EmbeddingNeuron, LexiconNeuron):
            return False
        return all(name in concepts() for name in concepts_of(function.spec.formula))

    def truth(self, function: EntityBlackBox, places: Places = ALL) -> FloatArray:
        """Returns the activations of all words, or those at some places: the same as `function.truth` gives.

        Args:
            function: the function.
            places: which words, all by default.

        Returns:
            Activations, float64, one for each word.
        """
        if not self.knows(function):
            words = self.words if places is ALL else [self.words[place] for place in np.asarray(places).tolist()]
            return loop_array(function.truth(words))
        assert isinstance(function, EntityFunction)
        neuron, formula = function.neuron, function.spec.formula
        if isinstance(formula, Combination) or function.spec.region is not None:
            return function.combine(
                lambda name: self._activation(neuron, name)[places], lambda form: self.has_form(form)[places]
            )
        key = (type(neuron), formula)
        if key not in self._truths:
            self._truths[key] = function.combine(lambda name: self._activation(neuron, name), self.has_form)
        return self._truths[key][places].copy() if places is ALL else self._truths[key][places]

    def places_of(self, words: Sequence[str]) -> NDArray[np.intp] | None:
        """Returns the places of words, None where some are not in the list."""
        places = [self._places.get(word) for word in words]
        return None if None in places else np.array(places, dtype=np.intp)

    def _activation(self, neuron: Neuron, name: str) -> FloatArray:
        key = (type(neuron), name)
        if key not in self._activations:
            self._activations[key] = neuron.activations(name, self.words)
        return self._activations[key]

    def has_form(self, form: str) -> NDArray[np.bool_]:
        """Returns which words have a form, a key of `regions.FORMS`; bool of shape `(n,)`."""
        if form not in self._forms:
            self._forms[form] = has_form(form, self.words)
        return self._forms[form]


@cache
def held_out_bank() -> WordBank:
    """Returns the words that scores are computed on."""
    return WordBank(held_out_words())


@cache
def probe_bank() -> WordBank:
    """Returns the probes of the `tokens` interface."""
    return WordBank(probe_words())
