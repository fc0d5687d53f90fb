"""What an operation on strings is: its behaviour, its constants, its English, its source code."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from find_gym.categories.strings.alphabet import ALPHABET

LETTERS = ALPHABET + ALPHABET.upper()

Constant = int | str
Constants = tuple[Constant, ...]


@dataclass(frozen=True)
class ConstantKind:
    """The values that a constant of an operation may have.

    Attributes:
        name: the kind's name.
        values: all values, or an empty tuple where there are too many to list.
        draw: draws a value, evenly among those that change anything.
        accepts: whether a value is one of the kind.
        expected: the values in words, for messages.
    """

    name: str
    values: tuple[Constant, ...]
    draw: Callable[[np.random.Generator], Constant]
    accepts: Callable[[Any], bool]
    expected: str


def _from_list(name: str, values: tuple[Constant, ...], expected: str) -> ConstantKind:
    return ConstantKind(
        name,
        values,
        lambda rng: values[int(rng.integers(len(values)))],
        lambda value: not isinstance(value, bool) and value in values,
        expected,
    )


def _draw_word(rng: np.random.Generator) -> str:
    length = int(rng.integers(1, 6))
    return "".join(LETTERS[int(rng.integers(len(LETTERS)))] for _ in range(length))


def _draw_permutation(rng: np.random.Generator) -> str:
    letters = list(ALPHABET)
    for last in range(len(letters) - 1, 0, -1):
        other = int(rng.integers(last + 1))
        letters[last], letters[other] = letters[other], letters[last]
    return "".join(letters)


KINDS: dict[str, ConstantKind] = {
    kind.name: kind
    for kind in (
        _from_list("number", tuple(range(1, 10)), "an integer from 1 to 9"),
        _from_list("index", tuple(range(10)), "an integer from 0 to 9"),
        _from_list("offset", tuple(range(26)), "an integer from 0 to 25"),
        _from_list("letter", tuple(LETTERS), "an ASCII letter"),
        ConstantKind(
            "word",
            (),
            _draw_word,
            lambda value: isinstance(value, str) and 1 <= len(value) <= 5 and all(c in LETTERS for c in value),
            "1 to 5 ASCII letters",
        ),
        ConstantKind(
            "permutation",
            (),
            _draw_permutation,
            lambda value: isinstance(value, str) and sorted(value) == sorted(ALPHABET),
            "the 26 lower-case letters in any order",
        ),
    )
}


def draw_constants(kinds: tuple[str, ...], rng: np.random.Generator) -> Constants:
    """Draws constants of the given kinds."""
    return tuple(KINDS[kind].draw(rng) for kind in kinds)


def check_constants(name: str, kinds: tuple[str, ...], constants: Constants) -> None:
    """Checks that constants are of the given kinds; a `ValueError` says what `name` was expected to have."""
    if len(constants) != len(kinds) or not all(
        KINDS[kind].accepts(constant) for kind, constant in zip(kinds, constants, strict=True)
    ):
        expected = ", ".join(KINDS[kind].expected for kind in kinds) or "no constants"
        raise ValueError(f"expected {expected} for {name}, actual value: {constants!r}")


@dataclass(frozen=True)
class Operation:
    """One operation on strings.

    Attributes:
        function: the behaviour on one string, given the constants. Its text is the operation's source code, so it may
            use nothing but builtins and `find_gym.categories.strings.alphabet`. A stochastic one takes, after the
            constants, a number in [0, 1) that is drawn anew at each call.
        english: a phrase in the third person for the operation on `it`, a noun phrase, given the constants.
        kinds: the kinds of the constants, keys of `KINDS`.
        distinct: whether the constants must differ from each other.
        inner: whether FIND applies other operations to its output.
        stochastic: whether two calls may differ.
    """

    function: Callable[..., str]
    english: Callable[..., str]
    kinds: tuple[str, ...] = ()
    distinct: bool = False
    inner: bool = True
    stochastic: bool = False

    @property
    def name(self) -> str:
        """The operation's name, as in the released data."""
        return self.function.__name__

    def source(self) -> str:
        """The Python code of the operation, without its imports."""
        return inspect.getsource(self.function)

    def sample(self, rng: np.random.Generator) -> Constants:
        """Draws the constants from FIND's ranges."""
        while True:
            constants = draw_constants(self.kinds, rng)
            if not self.distinct or len(set(constants)) == len(constants):
                return constants

    def enumerate_constants(self) -> Iterator[Constants]:
        """Yields all constants; nothing where they are too many to list (words, permutations)."""
        for constants in product(*(KINDS[kind].values for kind in self.kinds)):
            if not self.distinct or len(set(constants)) == len(constants):
                yield constants

    def check(self, constants: Constants) -> None:
        """Checks constants.

        Raises:
            ValueError: the message says which constants were expected.
        """
        check_constants(self.name, self.kinds, constants)
        if self.distinct and len(set(constants)) < len(constants):
            raise ValueError(f"expected constants that differ for {self.name}, actual value: {constants!r}")
