"""Fixed lists of words whose activations are needed often, computed once for each concept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities.exemplars import held_out_words, probe_words
from find_gym.categories.entities.formulas import Formula, packed
from find_gym.categories.entities.function import EntityBlackBox, EntityFunction
from find_gym.categories.entities.neurons import EmbeddingNeuron, LexiconNeuron
from find_gym.categories.entities.regions import Region, has_form
from find_gym.core.arrays import loop_array

FloatArray = NDArray[np.float64]
TabledNeuron: TypeAlias = EmbeddingNeuron | LexiconNeuron


class Known(NamedTuple):
    """A function and the activations of its concepts, as loops read them (`find_gym.categories.entities.kernels`).

    Attributes:
        activations: of all words of a bank by each concept, float64 of shape `(concepts, n)`.
        in_region: which words are in the biased region, bool of shape `(n,)`.
        code: the formula; see `find_gym.categories.entities.formulas.packed`.
        bias: what is added to the activations of words in the region; 0 where there is none.
    """

    activations: FloatArray
    in_region: NDArray[np.bool_]
    code: NDArray[np.int64]
    bias: float


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
        self._all = np.arange(len(self.words))
        self._activations: dict[type[TabledNeuron], FloatArray] = {}
        self._forms: dict[str, NDArray[np.bool_]] = {}
        self._no_form = np.zeros(len(self.words), dtype=np.bool_)

    @staticmethod
    def knows(function: EntityBlackBox) -> bool:
        """Whether a function's activations can be looked up instead of being computed word by word."""
        if type(function) is not EntityFunction or type(function.neuron) not in (EmbeddingNeuron, LexiconNeuron):
            return False
        return packed(function.spec.formula) is not None

    def truth(self, function: EntityBlackBox, places: NDArray[np.int64] | None = None) -> FloatArray:
        """Returns the activations of all words, or those at some places: the same as `function.truth` gives.

        Args:
            function: the function.
            places: which words, shape `(n,)`; all for None.

        Returns:
            Activations, float64, one for each word.
        """
        if not self.knows(function):
            words = self.words if places is None else [self.words[place] for place in places.tolist()]
            return loop_array(function.truth(words), len(words))
        from find_gym.categories.entities.kernels.formulas import evaluate

        assert isinstance(function, EntityFunction) and isinstance(function.neuron, EmbeddingNeuron | LexiconNeuron)
        chosen = self._all if places is None else places
        values = np.empty(len(chosen))
        known = self.known(function.neuron, function.spec.formula, function.spec.region)
        evaluate(known.activations, known.in_region, known.code, known.bias, chosen, values)
        return values

    def known(self, neuron: TabledNeuron, formula: Formula, region: Region | None) -> Known:
        """Returns what is known of a function of concepts of the inventory, for compiled loops."""
        in_region, bias = (self._no_form, 0.0) if region is None else (self.has_form(region.form), float(region.bias))
        code = packed(formula)
        assert code is not None  # its concepts are in the inventory
        return Known(self._activations_by(neuron), in_region, code, bias)

    def places_of(self, words: Sequence[str]) -> NDArray[np.int64] | None:
        """Returns the places of words, None where some are not in the list."""
        places = [self._places.get(word) for word in words]
        return None if None in places else np.array(places, dtype=np.int64)

    def _activations_by(self, neuron: TabledNeuron) -> FloatArray:
        """Returns the activations of all words by each concept of the inventory, shape `(concepts, n)`."""
        kind = type(neuron)
        if kind not in self._activations:
            self._activations[kind] = neuron.all_activations(self.words)
        return self._activations[kind]

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
