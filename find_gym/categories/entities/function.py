"""Entity functions: the immutable spec, and the function that it defines."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities import formulas
from find_gym.categories.entities.category import CATEGORY
from find_gym.categories.entities.formulas import Combination, Formula
from find_gym.categories.entities.neurons import NEURON_KINDS, Neuron, NeuronKind, load_neuron
from find_gym.categories.entities.regions import Region, has_form
from find_gym.categories.words import MAX_WORD_LENGTH
from find_gym.core.specs import Spec, SpecFunction
from find_gym.core.splits import SPLITS, split_of

FloatArray = NDArray[np.float64]
# Words with at least this activation activate a function, and are its true executions.
ACTIVE = 0.5
# Words below this clearly do not activate it; those between are ambiguous.
INACTIVE = 0.3


@dataclass(frozen=True)
class WordTriplet:
    """A published unit test: words, one of which activates the function.

    Attributes:
        words: the options.
        correct: the place of the right one, from 0.
    """

    words: tuple[str, ...]
    correct: int


@dataclass(frozen=True)
class EntitySpec(Spec):
    """All there is to an entity function.

    Attributes:
        formula: a concept's name, or a combination of several.
        kind: "embedding", "lexicon" or "language_model".
        region: words on which the activation is biased; None for none.
        model: the language model of the kind "language_model"; empty for the default one.
        exemplars: words to start from, where they were published with the function; else they are drawn.
        triplets: unit tests that were published with the function; usually none.
        seed: seeds what is drawn about the function (exemplars); a non-negative integer.
    """

    category: ClassVar[str] = "entities"

    formula: Formula
    kind: NeuronKind = "embedding"
    region: Region | None = None
    model: str = ""
    exemplars: tuple[str, ...] = ()
    triplets: tuple[WordTriplet, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "exemplars", tuple(self.exemplars))
        object.__setattr__(self, "triplets", tuple(self.triplets))
        if self.kind not in NEURON_KINDS:
            raise ValueError(f"expected a kind in {NEURON_KINDS}, actual value: {self.kind!r}")

    @property
    def family(self) -> str:
        """The formula's operator ("or", "and", "not", "half"), or "single"."""
        return self.formula.operator if isinstance(self.formula, Combination) else "single"

    @property
    def variant(self) -> str:
        """The kind of neuron, or "biased" where there is a biased region."""
        return self.kind if self.region is None else "biased"

    @property
    def canonical(self) -> str:
        """A text that is the same for the same concepts in the same combination, whatever the kind of neuron."""
        region = "" if self.region is None else f" {self.region.form} {self.region.bias:g}"
        return formulas.canonical(self.formula) + region

    @property
    def split(self) -> str:
        """The split that the function belongs to: "train", "validation" or "test"."""
        return self.split_in()

    def split_in(self, version: int | None = None) -> str:
        """Returns the split that the function belongs to in a version of the splits; by default the latest one.

        In version 0 it is a hash of the function. Since version 1 the concepts are divided: a formula belongs to the
        most held out of its concepts' splits, so that no function to train on knows a concept of another split.
        """
        if CATEGORY.check_version(version) == 0:
            return split_of(f"entities:{self.canonical}")
        return max(map(formulas.split_of_concept, formulas.concepts_of(self.formula)), key=SPLITS.index)

    def to_json(self) -> dict[str, Any]:
        """Returns the spec as JSON-serialisable data."""
        return {
            "category": self.category,
            "formula": formulas.to_json(self.formula),
            "kind": self.kind,
            "region": None if self.region is None else {"form": self.region.form, "bias": self.region.bias},
            "model": self.model,
            "exemplars": list(self.exemplars),
            "triplets": [[list(triplet.words), triplet.correct] for triplet in self.triplets],
            "seed": self.seed,
        }

    @staticmethod
    def from_json(data: Any) -> EntitySpec:
        """Reads the data that `to_json` writes; only the formula has to be there.

        Raises:
            ValueError: the data are not an entity spec; the message names what was expected.
        """
        try:
            region = data.get("region")
            return EntitySpec(
                formulas.from_json(data["formula"]),
                data.get("kind", "embedding"),
                None if region is None else Region(region["form"], float(region["bias"])),
                str(data.get("model", "")),
                tuple(map(str, data.get("exemplars", ()))),
                tuple(WordTriplet(tuple(words), int(correct)) for words, correct in data.get("triplets", ())),
                int(data.get("seed", 0)),
            )
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise ValueError(
                f"expected an entity spec (formula, kind, ...), actual value: {data!r} "
                f"({type(error).__name__}: {error})"
            ) from error


class EntityBlackBox(Protocol):
    """What the environment and the scorers need of a function; `EntityFunction` has it."""

    def identity(self) -> bytes:
        """Returns 32 bytes that are the same for the same function only."""

    def generator(self, *entropy: int) -> np.random.Generator:
        """Returns a generator for what is drawn about the function."""

    def __call__(self, words: Sequence[str], rng: np.random.Generator | None = None) -> FloatArray:
        """Serves a query: one activation in [0, 1] for each word, float64 of shape `(n,)`."""

    def truth(self, words: Sequence[str]) -> FloatArray:
        """Returns the activations."""

    def exemplars(self) -> list[str]:
        """Returns words to start from, some of which activate the function."""

    def describe(self) -> str:
        """Describes the function in English."""

    def source(self) -> str:
        """Writes the truth as Python."""


class EntityFunction(SpecFunction):
    """A black box from words to activations, with its truth.

    Args:
        spec: defines the function.
        neuron: rates words by concepts; by default what the spec's kind names.

    Example:
        >>> from find_gym.categories.entities.formulas import Combination
        >>> function = EntityFunction(EntitySpec(Combination("or", ("golf", "films"))))
        >>> (function(["Tiger Woods", "cinema", "spinach"]) > 0.5).tolist()
        [True, True, False]
        >>> function.describe()
        'It responds to words related to golf or films.'
    """

    category = "entities"

    def __init__(self, spec: EntitySpec, neuron: Neuron | None = None) -> None:
        self.spec = spec
        self._neuron = load_neuron(spec.kind, spec.model) if neuron is None else neuron

    @property
    def neuron(self) -> Neuron:
        """What rates words by concepts."""
        return self._neuron

    def __call__(self, words: Sequence[str], rng: np.random.Generator | None = None) -> FloatArray:
        """Serves a query: one activation in [0, 1] for each word, float64 of shape `(n,)`.

        Raises:
            MissingModelError: a word is not in the vocabulary, and the embedding model is not installed.
        """
        checked = check_words(words)
        return self.combine(lambda name: self._neuron.activations(name, checked), lambda form: has_form(form, checked))

    def combine(
        self, activation: Callable[[str], FloatArray], has_form: Callable[[str], NDArray[np.bool_]]
    ) -> FloatArray:
        """Returns the activations of some words from those of the concepts.

        Args:
            activation: returns the activations of the words by a concept, shape `(n,)`.
            has_form: returns which of the words have a form, a key of `regions.FORMS`, bool of shape `(n,)`.
        """
        values = formulas.evaluate(self.spec.formula, activation)
        if self.spec.region is not None:
            values = values + self.spec.region.bias * has_form(self.spec.region.form)
        clipped = np.minimum(np.maximum(values, 0.0), 1.0, dtype=np.float64)
        return clipped.round(4)

    def truth(self, words: Sequence[str]) -> FloatArray:
        """Returns the activations; entity functions have no noise."""
        return self(words)

    def exemplars(self) -> list[str]:
        """Returns words to start from: the published ones, or ten of which three or four activate the function."""
        if self.spec.exemplars:
            return list(self.spec.exemplars)
        from find_gym.categories.entities.exemplars import draw_exemplars

        return draw_exemplars(self)

    def describe(self) -> str:
        """Describes the function in English."""
        formula = self.spec.formula
        if isinstance(formula, Combination) and formula.operator == "not":
            text = f"It responds to words not related to {formulas.english(formula.parts[0])}"
        else:
            text = f"It responds to words related to {formulas.english(formula)}"
        return f"{text}." if self.spec.region is None else f"{text}; {self.spec.region.describe()}."

    def source(self) -> str:
        """Writes the truth as a runnable Python module whose last function is `f(word)`; it needs find-gym."""
        data = json.dumps({**self.spec.to_json(), "exemplars": [], "triplets": []})
        return (
            "import json\n\nfrom find_gym.categories.entities.function import EntityFunction, EntitySpec\n\n"
            f"NEURON = EntityFunction(EntitySpec.from_json(json.loads({data!r})))\n\n\n"
            "def f(word):\n    return float(NEURON([word])[0])\n"
        )


def check_words(words: Sequence[str]) -> Sequence[str]:
    """Returns the words if they are strings with something in them; a `TypeError` or `ValueError` says what came."""
    if isinstance(words, str) or not all(isinstance(word, str) for word in words):
        raise TypeError(f"expected a list of strings, actual value: {words!r}")
    for word in words:
        if not word.strip() or len(word) > MAX_WORD_LENGTH:
            raise ValueError(f"expected words of 1 to {MAX_WORD_LENGTH} characters, actual value: {word[:80]!r}")
    return words
