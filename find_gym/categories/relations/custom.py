"""A user's black box: a Python callable, or a language model that is asked, served like a sampled relation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from find_gym.categories.relations.answers import UNDEFINED, same
from find_gym.categories.relations.catalogue import RELATIONS
from find_gym.categories.relations.function import check_words
from find_gym.core.callables import UserFunction

_PROBES = (
    "France",
    "Paris",
    "Carmen",
    "lion",
    "Barack Obama",
    "Hamlet",
    "ruby",
    "Nile",
    "gold",
    "run",
    "Mary",
    "table",
)


class Generates(Protocol):
    """What is needed of a language model; `find_gym.language.CausalLM` has it."""

    def generate(self, messages: Any, *, max_tokens: int = 512, temperature: float = 0.0) -> str:
        """Returns an answer to messages, a list of `{"role": ..., "content": ...}`."""


class CallableRelation(UserFunction):
    """A callable from a word to a word as a black box.

    Args:
        function: called with one word at a time; it returns a word, the same one every time, or "undefined".
        words: words that it is known to be defined for, from which it is scored; without them it is scored on words
            of all tables.
        vectorized: whether it is called with a list of words instead, and returns as many.

    Example:
        >>> CallableRelation(lambda word: {"ping": "pong"}.get(word, "undefined"))(["ping", "gong"])
        ['pong', 'undefined']
    """

    category = "relations"
    maps = "a word to a word"
    unnamed = "A user's relation."

    def __init__(self, function: Callable[[Any], Any], words: Sequence[str] = (), *, vectorized: bool = False) -> None:
        super().__init__(function, vectorized=vectorized)
        self._words = tuple(words)

    @property
    def words(self) -> tuple[str, ...]:
        """Words that the function is scored on."""
        return self._words or tuple(word for relation in RELATIONS.values() for word in relation.words[:6])

    @property
    def exemplars(self) -> tuple[str, ...]:
        """No words to start from are known."""
        return ()

    def __call__(self, words: Sequence[str], rng: np.random.Generator | None = None) -> list[str]:
        """Serves a query: one output for each word."""
        return self.truth(words)

    def truth(self, words: Sequence[str]) -> list[str]:
        """Returns the outputs."""
        outputs = self._outputs(check_words(words))
        for word, output in zip(words, outputs, strict=True):
            if not isinstance(output, str):
                raise TypeError(f"expected a word (str) as the output at {word!r}, actual value: {output!r}")
        # Those of a subclass, such as members of enumerations, are words like others.
        return [str.__str__(output) for output in outputs]

    def accepts(self, word: str, answer: str) -> bool:
        """Whether an answer for a word is the function's own, up to spelling and listed aliases."""
        return same(answer, self.truth([word]))

    def sides(self, words: Sequence[str]) -> list[tuple[bool, ...]]:
        """Returns empty tuples: no exceptions are known of."""
        return [()] * len(words)

    def identity(self) -> bytes:
        """Returns the SHA-256 digest of the outputs on some words, 32 bytes."""
        probes = [*_PROBES, *self._words[:8]]
        return hashlib.sha256(json.dumps([probes, self.truth(probes)]).encode()).digest()


class LanguageModelRelation(CallableRelation):
    """A relation that a language model plays, as in the paper: it is asked for each word, once.

    Args:
        model: has `generate`.
        subject: what the relation maps from, such as "a country".
        object: what it maps to, such as "the capital of that country".
        exception: where it is undefined, such as "the input country is in South America"; empty for nowhere.
        words: words that it is scored on.

    Example:
        >>> class Fake:
        ...     def generate(self, messages, *, max_tokens=512, temperature=0.0):
        ...         return "Paris." if "'France'" in messages[-1]["content"] else "Undefined"
        >>> LanguageModelRelation(Fake(), "a country", "the capital of that country")(["France", "cup"])
        ['Paris', 'undefined']
    """

    def __init__(
        self, model: Generates, subject: str, object: str, exception: str = "", words: Sequence[str] = ()
    ) -> None:
        super().__init__(self._ask, words)
        self._model = model
        self._subject, self._object, self._exception = subject, object, exception
        self._asked: dict[str, str] = {}

    def describe(self) -> str:
        """Describes the relation in English."""
        excepted = f", but it is undefined where {self._exception}" if self._exception else ""
        return f"It maps {self._subject} to {self._object}{excepted}."

    def source(self) -> str:
        """Returns an empty text: there is no source."""
        return ""

    def _ask(self, word: str) -> str:
        if word not in self._asked:
            answer = self._model.generate([{"role": "user", "content": self._prompt(word)}], max_tokens=24)
            first = next(iter(answer.strip().splitlines()), "").strip(" .\"'")
            self._asked[word] = UNDEFINED if not first or first.casefold().startswith(UNDEFINED) else first
        return self._asked[word]

    def _prompt(self, word: str) -> str:
        excepted = f" If {self._exception}, answer undefined." if self._exception else ""
        return (
            f"If the input is {self._subject}, answer with {self._object} and nothing else, in as few words as "
            f"possible. If the input is anything else, answer undefined.{excepted}\nInput: {word!r}\nAnswer:"
        )
