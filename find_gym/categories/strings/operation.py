"""What an operation on strings is: its behaviour, its constants and how they are inferred, its English, its source."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from find_gym.categories.strings.alphabet import ALPHABET
from find_gym.categories.strings.instructions import ASCII, Instruction, translation
from find_gym.core.draws import SingleDraws

LETTERS = ALPHABET + ALPHABET.upper()

Constant = int | str
Constants = tuple[Constant, ...]
Strings = Sequence[str]
# From the strings that an operation was given and those that it gave to constants.
Guess = Callable[[Strings, Strings], Iterable[Constants]]
Inference = Callable[[Strings, Strings], list[Constants]]

_WORD_LENGTHS = range(1, 6)


@dataclass(frozen=True)
class ConstantKind:
    """The values that a constant of an operation may have.

    Attributes:
        name: the kind's name.
        values: all values, or an empty tuple where there are too many to list.
        draw: draws a value, evenly among those that change anything.
        accepts: whether a value is one of the kind.
        expected: the values in words, for messages.
        first: the value where nothing is known; by default the first of all.
        guess: values worth trying in an operation whose result goes through others, given the last one's answers; by
            default all.
    """

    name: str
    values: tuple[Constant, ...]
    draw: Callable[[np.random.Generator], Constant]
    accepts: Callable[[Any], bool]
    expected: str
    first: Constant | None = None
    guess: Callable[[Strings], Iterable[Constant]] | None = None

    def candidates(self, answers: Strings) -> Iterable[Constant]:
        """Returns the values worth trying; see `guess`."""
        return self.values if self.guess is None else self.guess(answers)


def _from_list(name: str, values: tuple[Constant, ...], expected: str) -> ConstantKind:
    return ConstantKind(
        name,
        values,
        lambda rng: values[SingleDraws(rng).integers(len(values))],
        lambda value: not isinstance(value, bool) and value in values,
        expected,
    )


def is_word(text: str) -> bool:
    """Whether a text is 1 to 5 ASCII letters, as a constant may be."""
    return len(text) in _WORD_LENGTHS and all(c in LETTERS for c in text)


def _draw_word(rng: np.random.Generator) -> str:
    draws = SingleDraws(rng)
    return "".join([LETTERS[draws.integers(len(LETTERS))] for _ in range(draws.integers(1, 6))])


def _words_at_ends(answers: Strings) -> list[str]:
    """Returns the words that answers end with: most that are appended are still there."""
    seen = {text[-length:] for text in answers for length in _WORD_LENGTHS if len(text) >= length}
    return [word for word in sorted(seen) if all(c in LETTERS for c in word)]


def _draw_permutation(rng: np.random.Generator) -> str:
    draws, letters = SingleDraws(rng), list(ALPHABET)
    for last in range(len(letters) - 1, 0, -1):
        other = draws.integers(last + 1)
        letters[last], letters[other] = letters[other], letters[last]
    return "".join(letters)


_FIRST_PERMUTATION = ALPHABET[1:] + ALPHABET[0]

NUMBER = _from_list("number", tuple(range(1, 10)), "an integer from 1 to 9")
INDEX = _from_list("index", tuple(range(10)), "an integer from 0 to 9")
OFFSET = _from_list("offset", tuple(range(26)), "an integer from 0 to 25")
LETTER = _from_list("letter", tuple(LETTERS), "an ASCII letter")
WORD = ConstantKind(
    "word",
    (),
    _draw_word,
    lambda value: isinstance(value, str) and is_word(value),
    "1 to 5 ASCII letters",
    first="a",
    guess=_words_at_ends,
)
PERMUTATION = ConstantKind(
    "permutation",
    (),
    _draw_permutation,
    lambda value: isinstance(value, str) and sorted(value) == sorted(ALPHABET),
    "the 26 lower-case letters in any order",
    first=_FIRST_PERMUTATION,
    guess=lambda answers: [_FIRST_PERMUTATION],
)


def draw_constants(kinds: tuple[ConstantKind, ...], rng: np.random.Generator) -> Constants:
    """Draws constants of the given kinds."""
    return tuple(kind.draw(rng) for kind in kinds)


def check_constants(name: str, kinds: tuple[ConstantKind, ...], constants: Constants) -> None:
    """Checks that constants are of the given kinds; a `ValueError` says what `name` was expected to have."""
    if len(constants) != len(kinds) or not all(
        kind.accepts(constant) for kind, constant in zip(kinds, constants, strict=True)
    ):
        expected = ", ".join(kind.expected for kind in kinds) or "no constants"
        raise ValueError(f"expected {expected} for {name}, actual value: {constants!r}")


def first_constants(kinds: tuple[ConstantKind, ...]) -> Constants:
    """Returns the constants of the given kinds where nothing is known."""
    return tuple(kind.values[0] if kind.first is None else kind.first for kind in kinds)


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation on strings.

    Attributes:
        function: the behaviour on one string, given the constants. Its text is the operation's source code, so it may
            use nothing but builtins and `find_gym.categories.strings.alphabet`. A stochastic one takes, after the
            constants, a number in [0, 1) that is drawn anew at each call.
        english: a phrase in the third person for the operation on `it`, a noun phrase, given the constants.
        kinds: the kinds of the constants.
        distinct: whether the constants must differ from each other.
        inner: whether FIND applies other operations to its output.
        stochastic: whether two calls may differ.
        letterwise: whether it treats each character by itself, whatever stands beside it, and leaves NUL characters as
            they are: then many strings may be joined by these, and go through it as one.
        instruction: what it is on ASCII strings to the compiled loop, given the constants. By default that of
            letterwise operations follows from `function`, and others run in Python.
        guess: from the strings that it was given and those that it gave to constants that may do that; each is tried
            on all. By default all constants, or those that the answers suggest. From one string that is changed alone
            they must lead to constants that do that: where there are none, the operation is taken to be the wrong one.
        inverse: likewise, to all constants that do, as far as they can be listed, without a trial; in place of `guess`.
        released: whether it is one of FIND's, which the named difficulties draw and all grammars have a token for.
        infer: returns all constants with which the operation makes some strings of others, as far as they can be
            listed. Where the operation is the wrong one, it fails on the first string as a rule.
    """

    function: Callable[..., str]
    english: Callable[..., str]
    kinds: tuple[ConstantKind, ...] = ()
    distinct: bool = False
    inner: bool = True
    stochastic: bool = False
    letterwise: bool = False
    instruction: Callable[..., Instruction | None] | None = None
    guess: Guess | None = None
    inverse: Inference | None = None
    released: bool = False
    infer: Inference = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "infer", self.inverse or (self._infer_guessed if self.kinds else self._infer_nothing))

    @property
    def name(self) -> str:
        """The operation's name, as in the released data."""
        return self.function.__name__

    @property
    def has_guessed_kinds(self) -> bool:
        """Whether which constants are worth trying depends on the answers."""
        return any([kind.guess is not None for kind in self.kinds])

    def run(self, strings: Strings, constants: Constants) -> list[str]:
        """Returns the outputs for strings, one for each; the operation is not stochastic."""
        if self.letterwise:
            outputs = self.function("\0".join(strings), *constants).split("\0")
            # There are more of them where a string has a NUL character itself.
            if len(outputs) == len(strings):
                return outputs
        return [self.function(s, *constants) for s in strings]

    def compiled(self, constants: Constants) -> Instruction | None:
        """Returns the instruction for the compiled loop, or None where there is none."""
        return _compiled(self, constants)

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
        return iter(_listed(self))

    def candidates(self, answers: Strings) -> Iterator[Constants]:
        """Yields constants worth trying, given the answers of a program in which other operations follow."""
        if not self.has_guessed_kinds:
            return self.enumerate_constants()
        return self._differing(kind.candidates(answers) for kind in self.kinds)

    def first_constants(self) -> Constants:
        """Returns the constants where nothing is known."""
        first = next(self._differing(kind.values or first_constants((kind,)) for kind in self.kinds), None)
        return self.sample(np.random.default_rng(0)) if first is None else first

    def _differing(self, choices: Iterable[Iterable[Constant]]) -> Iterator[Constants]:
        for constants in product(*choices):
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

    def _infer_nothing(self, given: Strings, answers: Strings) -> list[Constants]:
        function = self.function
        for z, y in zip(given, answers, strict=True):
            if function(z) != y:
                return []
        return [()]

    def _infer_guessed(self, given: Strings, answers: Strings) -> list[Constants]:
        function = self.function
        guesses = self.candidates(answers) if self.guess is None else self.guess(given, answers)
        return [
            constants
            for constants in guesses
            if all(function(z, *constants) == y for z, y in zip(given, answers, strict=True))
        ]


@lru_cache(1024)
def _listed(operation: Operation) -> tuple[Constants, ...]:
    return tuple(operation._differing(kind.values for kind in operation.kinds))


@lru_cache(4096)
def _compiled(operation: Operation, constants: Constants) -> Instruction | None:
    if operation.instruction is not None:
        return operation.instruction(*constants)
    if not operation.letterwise:
        return None
    # NUL characters stay as they are.
    return translation(["\0", *operation.run(ASCII[1:], constants)])


def released(*operations: Operation) -> tuple[Operation, ...]:
    """Marks operations as FIND's."""
    return tuple(replace(operation, released=True) for operation in operations)
