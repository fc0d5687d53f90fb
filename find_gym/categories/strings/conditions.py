"""Conditions of branches: programs beyond FIND treat some strings by another rule, as an exception."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from find_gym.categories.strings.alphabet import DIGITS, VOWELS
from find_gym.categories.strings.instructions import Code, Instruction, among, where
from find_gym.categories.strings.operation import (
    LETTER,
    NUMBER,
    ConstantKind,
    Constants,
    check_constants,
    draw_constants,
    first_constants,
)


@dataclass(frozen=True)
class Condition:
    """A test of strings.

    Attributes:
        function: the test of one string, given the constants; its text is the condition's source code.
        english: a clause about `it`, a noun phrase, given the constants.
        kinds: the kinds of the constants.
        instruction: what it is on ASCII strings to the compiled loop, given the constants.
    """

    function: Callable[..., bool]
    english: Callable[..., str]
    kinds: tuple[ConstantKind, ...] = ()
    instruction: Callable[..., Instruction | None] | None = None

    @property
    def name(self) -> str:
        """The condition's name."""
        return self.function.__name__

    def compiled(self, constants: Constants) -> Instruction | None:
        """Returns the instruction for the compiled loop, or None where there is none."""
        return None if self.instruction is None else self.instruction(*constants)

    def source(self) -> str:
        """The Python code of the condition, without its imports."""
        return inspect.getsource(self.function)

    def sample(self, rng: np.random.Generator) -> Constants:
        """Draws the constants."""
        return draw_constants(self.kinds, rng)

    def first_constants(self) -> Constants:
        """Returns the constants where nothing is known."""
        return first_constants(self.kinds)

    def check(self, constants: Constants) -> None:
        """Checks constants; a `ValueError` says which were expected."""
        check_constants(self.name, self.kinds, constants)


def starts_with_vowel(s: str) -> bool:
    """Whether the first character is a vowel."""
    return s != "" and s[0] in VOWELS


def ends_with_vowel(s: str) -> bool:
    """Whether the last character is a vowel."""
    return s != "" and s[-1] in VOWELS


def starts_with_uppercase(s: str) -> bool:
    """Whether the first character is an upper-case letter."""
    return s[:1].isupper()


def has_even_length(s: str) -> bool:
    """Whether the length is even."""
    return len(s) % 2 == 0


def is_longer_than(s: str, length: int) -> bool:
    """Whether the length is more than a number."""
    return len(s) > length


def contains_digit(s: str) -> bool:
    """Whether there is a digit."""
    return any(c in DIGITS for c in s)


def contains_whitespace(s: str) -> bool:
    """Whether there is whitespace."""
    return any(c.isspace() for c in s)


def contains_letter(s: str, letter: str) -> bool:
    """Whether there is a certain letter."""
    return letter in s


CONDITIONS: dict[str, Condition] = {
    condition.name: condition
    for condition in (
        Condition(
            starts_with_vowel,
            lambda it: f"{it} starts with a vowel",
            instruction=lambda: Instruction(Code.STARTS, table=among(VOWELS)),
        ),
        Condition(
            ends_with_vowel,
            lambda it: f"{it} ends with a vowel",
            instruction=lambda: Instruction(Code.ENDS, table=among(VOWELS)),
        ),
        Condition(
            starts_with_uppercase,
            lambda it: f"{it} starts with an upper-case letter",
            instruction=lambda: Instruction(Code.STARTS, table=where(str.isupper)),
        ),
        Condition(
            has_even_length,
            lambda it: f"the length of {it} is even",
            instruction=lambda: Instruction(Code.IS_EVEN),
        ),
        Condition(
            is_longer_than,
            lambda it, n: f"{it} is longer than {n}",
            (NUMBER,),
            instruction=lambda n: Instruction(Code.IS_LONGER, n),
        ),
        Condition(
            contains_digit,
            lambda it: f"{it} contains a digit",
            instruction=lambda: Instruction(Code.CONTAINS, table=among(DIGITS)),
        ),
        Condition(
            contains_whitespace,
            lambda it: f"{it} contains whitespace",
            instruction=lambda: Instruction(Code.CONTAINS, table=where(str.isspace)),
        ),
        Condition(
            contains_letter,
            lambda it, c: f"{it} contains '{c}'",
            (LETTER,),
            instruction=lambda c: Instruction(Code.CONTAINS, table=among(c)),
        ),
    )
}
