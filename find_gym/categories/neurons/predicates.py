"""Predicates of texts: what a program says that a unit responds to."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.neurons.bank import bank_words, concept_names, concept_similarities

FloatArray = NDArray[np.float64]

# Near a concept is what is more similar to it than most of the bank: half as near at so many standard deviations above
# the mean, and so steeply from there.
_NEAR_MIDPOINT = 2.5
_NEAR_SLOPE = 1.5
MAX_WORDS = 8
_LONGEST = 32
_ENDINGS = "al an ed en er es ess ia ian ic ie in ing ion ism ist ity ly ment on or ous us".split()


@dataclass(frozen=True)
class Kind:
    """A kind of predicate.

    Attributes:
        english: what texts have it, with a place for `{}`, its argument.
        listed: the arguments that the `tokens` interface has.
        test: says whether a text has it, from the text and the argument; None for "near", which is a matter of degree.
        check: says whether a text may be the argument.
    """

    english: str
    listed: tuple[str, ...]
    test: Callable[[str, str], bool] | None
    check: Callable[[str], bool]


def _is_part(argument: str) -> bool:
    return 1 <= len(argument) <= _LONGEST and argument == argument.lower()


def _is_length(argument: str) -> bool:
    return argument.isdecimal() and argument.isascii() and 1 <= int(argument) <= 200


def words_of(argument: str) -> list[str]:
    """Returns the words of the argument of "one of"."""
    return [word.strip() for word in argument.split(",")]


_LETTERS = tuple(string.ascii_lowercase)
KINDS: dict[str, Kind] = {
    "near": Kind("are related to {}", concept_names(), None, lambda argument: argument in concept_names()),
    "begins": Kind("begin with {!r}", _LETTERS, lambda text, argument: text.lower().startswith(argument), _is_part),
    "ends": Kind(
        "end with {!r}", (*_LETTERS, *_ENDINGS), lambda text, argument: text.lower().endswith(argument), _is_part
    ),
    "contains": Kind("contain {!r}", _LETTERS, lambda text, argument: argument in text.lower(), _is_part),
    "capitalised": Kind(
        "begin with a capital letter", ("",), lambda text, _: text[:1].isupper(), lambda argument: argument == ""
    ),
    "capitals": Kind("are in capitals", ("",), lambda text, _: text.isupper(), lambda argument: argument == ""),
    "digit": Kind(
        "contain a digit", ("",), lambda text, _: any(map(str.isdigit, text)), lambda argument: argument == ""
    ),
    "several words": Kind(
        "have several words", ("",), lambda text, _: " " in text.strip(), lambda argument: argument == ""
    ),
    "punctuation": Kind(
        "contain punctuation",
        ("",),
        lambda text, _: any(character in string.punctuation for character in text),
        lambda argument: argument == "",
    ),
    "shorter": Kind(
        "have fewer than {} characters",
        ("4", "5", "6", "7", "8"),
        lambda text, argument: len(text) < int(argument),
        _is_length,
    ),
    "longer": Kind(
        "have more than {} characters",
        ("8", "10", "12", "14", "17"),
        lambda text, argument: len(text) > int(argument),
        _is_length,
    ),
    # The tokens have none: their words are probes, and no probe is held out.
    "one of": Kind(
        "are one of {}",
        (),
        lambda text, argument: text.lower() in (word.lower() for word in words_of(argument)),
        lambda argument: 1 <= len(words_of(argument)) <= MAX_WORDS and all(words_of(argument)),
    ),
}


@dataclass(frozen=True)
class Predicate:
    """A predicate.

    Attributes:
        kind: a key of `KINDS`.
        argument: what it needs: a concept, letters in lower case, a length, words between commas; empty for none.

    Example:
        >>> Predicate("ends", "ing")(["running", "Beijing", "run"]).tolist()
        [1.0, 1.0, 0.0]
        >>> (Predicate("near", "golf")(["golf", "flour"]) > 0.5).tolist()
        [True, False]
    """

    kind: str
    argument: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"expected a kind of predicate in {tuple(KINDS)}, actual value: {self.kind!r}")
        if not isinstance(self.argument, str) or not KINDS[self.kind].check(self.argument):
            raise ValueError(f"expected an argument that {self.kind!r} can have, actual value: {self.argument!r}")

    def __call__(self, texts: Sequence[str]) -> FloatArray:
        """Returns how far texts have it, from 0 to 1, float64 of shape `(n,)`; all but "near" is 0 or 1.

        Raises:
            MissingModelError: "near" a text that is not in the bank, where the embedding model is not installed.
        """
        test = KINDS[self.kind].test
        if test is None:
            column = concept_names().index(self.argument)
            return _nearness(concept_similarities(texts)[:, column])
        return np.array([test(text, self.argument) for text in texts], dtype=np.float64)

    @property
    def name(self) -> str:
        """Its name as a token: "near golf", "digit"."""
        return f"{self.kind} {self.argument}".strip()

    def english(self) -> str:
        """Says in English what texts have it: "are related to golf"."""
        return KINDS[self.kind].english.format(self.argument)

    @staticmethod
    def from_english(text: str) -> Predicate:
        """Reads what `english` writes.

        Raises:
            ValueError: it is nothing of that.
        """
        for name, kind in KINDS.items():
            before, after = (*re.split(r"\{.*\}", kind.english), "")[:2]
            argument = text.removeprefix(before).removesuffix(after)
            if "{!r}" in kind.english:
                argument = argument[1:-1]
            try:
                predicate = Predicate(name, argument)
            except ValueError:
                continue
            if predicate.english() == text:
                return predicate
        raise ValueError(f"expected a predicate in English, such as 'are related to golf', actual value: {text!r}")


def _nearness(similarities: FloatArray) -> FloatArray:
    """Returns how near a concept texts are, to four decimals, from their standardised similarities."""
    return np.round(1 / (1 + np.exp(-_NEAR_SLOPE * (similarities - _NEAR_MIDPOINT))), 4)


@cache
def listed_predicates() -> tuple[Predicate, ...]:
    """Returns the predicates of the `tokens` interface, in a fixed order."""
    return tuple(Predicate(name, argument) for name, kind in KINDS.items() for argument in kind.listed)


@cache
def bank_values() -> NDArray[np.float32]:
    """Returns how far the words of the bank have each listed predicate, shape `(predicates, words)`; read-only."""
    words = bank_words()
    near = _nearness(concept_similarities(words)).T
    others = [predicate(words) for predicate in listed_predicates()[len(near) :]]
    values = np.concatenate([near, np.stack(others)]).astype(np.float32)
    values.flags.writeable = False
    return values


@cache
def listed_place(predicate: Predicate) -> int | None:
    """Returns the place of a predicate among the listed ones; None for others."""
    return listed_predicates().index(predicate) if predicate in listed_predicates() else None
