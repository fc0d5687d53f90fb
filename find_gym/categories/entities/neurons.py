"""Kinds of neurons: what says how strongly a word activates a concept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities.concepts import concepts
from find_gym.categories.entities.word_vectors import entity_vectors
from find_gym.language.protocols import CausalLM

FloatArray = NDArray[np.float64]
NeuronKind = Literal["embedding", "lexicon", "language_model"]
NEURON_KINDS: tuple[NeuronKind, ...] = get_args(NeuronKind)
DEFAULT_LANGUAGE_MODEL = "SmolLM2-135M-Instruct"

_PROMPT = """\
Answer 1 if the word has to do with the concept, and 0 if it has not.
Concept: furniture. Word: sofa. Answer: 1
Concept: weather. Word: trombone. Answer: 0
Concept: furniture. Word: Einstein. Answer: 0
Concept: weather. Word: snowfall. Answer: 1
Concept: {concept}. Word: {word}. Answer:"""


class Neuron(Protocol):
    """Says how strongly words activate a concept."""

    def activations(self, concept: str, words: Sequence[str]) -> FloatArray:
        """Returns activations in [0, 1], float64 of shape `(n,)`."""


class EmbeddingNeuron:
    """Calibrated similarity to the concept; see `find_gym.categories.entities.word_vectors`."""

    def activations(self, concept: str, words: Sequence[str]) -> FloatArray:
        """Returns activations in [0, 1], float64 of shape `(n,)`."""
        return entity_vectors().concept_activations(concept, words)

    def all_activations(self, words: Sequence[str]) -> FloatArray:
        """Returns the activations of words of the vocabulary by all concepts, shape `(concepts, n)`."""
        return np.ascontiguousarray(entity_vectors().all_activations(words).T)


class LexiconNeuron:
    """Curated membership: 1 for the members of the concept and its name, 0 for all other words."""

    def activations(self, concept: str, words: Sequence[str]) -> FloatArray:
        """Returns 0 and 1, float64 of shape `(n,)`.

        Raises:
            ValueError: the concept is not in the inventory.
        """
        members = _members(concept)
        return np.array([float(" ".join(word.split()).casefold() in members) for word in words])

    def all_activations(self, words: Sequence[str]) -> FloatArray:
        """Returns the activations of words by all concepts, shape `(concepts, n)`."""
        return np.stack([self.activations(name, words) for name in concepts()])


class LanguageModelNeuron:
    """The probability that a language model answers "1" rather than "0", as in the paper.

    Args:
        model: the language model.
    """

    def __init__(self, model: CausalLM) -> None:
        self._model = model
        self._known: dict[tuple[str, str], float] = {}

    def activations(self, concept: str, words: Sequence[str]) -> FloatArray:
        """Returns activations in [0, 1], float64 of shape `(n,)`, to four decimals; each is computed once."""
        for word in words:
            if (concept, word) not in self._known:
                prompt = _PROMPT.format(concept=concept, word=word)
                no, yes = self._model.option_logprobs(prompt, (" 0", " 1")).tolist()
                self._known[concept, word] = round(1 / (1 + float(np.exp(np.clip(no - yes, -50, 50)))), 4)
        return np.array([self._known[concept, word] for word in words])


@cache
def _members(concept: str) -> frozenset[str]:
    if concept not in concepts():
        raise ValueError(f"expected a concept of the inventory for a lexicon neuron, actual value: {concept!r}")
    return frozenset(word.casefold() for word in (*concepts()[concept].members, concept))


@lru_cache(maxsize=4)
def load_neuron(kind: NeuronKind, model: str = "") -> Neuron:
    """Returns the neuron of a kind, made once.

    Args:
        kind: "embedding", "lexicon" or "language_model".
        model: for a language model, what `find_gym.language.load_causal_lm` takes.

    Raises:
        MissingModelError: the language model is not there.
        ValueError: an unknown kind.
    """
    if kind == "embedding":
        return EmbeddingNeuron()
    if kind == "lexicon":
        return LexiconNeuron()
    if kind == "language_model":
        from find_gym.language import load_causal_lm

        return LanguageModelNeuron(load_causal_lm(model or DEFAULT_LANGUAGE_MODEL))
    raise ValueError(f"expected a kind in {NEURON_KINDS}, actual value: {kind!r}")
