"""Biased regions: on words of a certain form a neuron activates more, or less, than its concepts say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BIAS = 0.4


@dataclass(frozen=True)
class WordForm:
    """A form that words may have.

    Attributes:
        test: whether a word has it.
        english: the words that have it, in English.
    """

    test: Callable[[str], bool]
    english: str


FORMS: dict[str, WordForm] = {
    "short": WordForm(lambda word: len(word) <= 5, "words of at most five characters"),
    "long": WordForm(lambda word: len(word) >= 12, "words of at least twelve characters"),
    "phrase": WordForm(lambda word: " " in word.strip(), "expressions of several words"),
    "capital": WordForm(lambda word: word[:1].isupper(), "words that begin with a capital letter"),
    "early": WordForm(lambda word: word[:1].lower() in tuple("abcdef"), "words that begin with a letter from a to f"),
    "ends in s": WordForm(lambda word: word.lower().endswith("s"), "words that end in s"),
}


@dataclass(frozen=True)
class Region:
    """A biased region.

    Attributes:
        form: a key of `FORMS`.
        bias: what is added to the activation there before it is clipped to [0, 1]; in [-1, 1], not 0.
    """

    form: str
    bias: float = BIAS

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise ValueError(f"expected a form in {tuple(FORMS)}, actual value: {self.form!r}")
        if not -1 <= self.bias <= 1 or self.bias == 0:
            raise ValueError(f"expected a bias in [-1, 1] other than 0, actual value: {self.bias!r}")

    def contains(self, words: Sequence[str]) -> NDArray[np.bool_]:
        """Returns which words are in the region, bool of shape `(n,)`."""
        return has_form(self.form, words)

    def describe(self) -> str:
        """Describes the region in English."""
        direction = "more" if self.bias > 0 else "less"
        return f"{FORMS[self.form].english} activate it by {abs(self.bias):g} {direction}"


def has_form(form: str, words: Sequence[str]) -> NDArray[np.bool_]:
    """Returns which words have a form, a key of `FORMS`; bool of shape `(n,)`."""
    return np.array([FORMS[form].test(word) for word in words], dtype=np.bool_)
