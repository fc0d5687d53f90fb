"""Programs: predicates of texts, united, intersected, excepted, each at a level."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.neurons.bank import bank_words, check_words
from find_gym.categories.neurons.predicates import Predicate, bank_values, listed_place

FloatArray = NDArray[np.float64]

OPERATORS = ("or", "and", "except")
LEVELS = (1.0, 0.5, 0.25)
MAX_CLAUSES = 3


@dataclass(frozen=True)
class Clause:
    """One clause of a program.

    Attributes:
        operator: how it goes with what stands before: "or", "and" or "except"; "or" for the first.
        predicate: what it is about.
        level: how much it counts, one of `LEVELS`.
    """

    operator: str
    predicate: Predicate
    level: float = 1.0

    def __post_init__(self) -> None:
        if self.operator not in OPERATORS:
            raise ValueError(f"expected an operator in {OPERATORS}, actual value: {self.operator!r}")
        if self.level not in LEVELS:
            raise ValueError(f"expected a level in {LEVELS}, actual value: {self.level!r}")


def combine(before: Any, operator: str, values: Any, level: float | np.floating) -> Any:
    """Returns what a clause makes of the outputs before it, v, and of its predicate's values, p, with the level l.

    They go together as independent probabilities do: "or" is 1 - (1 - v)(1 - l p), "and" is v (1 - l + l p), "except"
    is v (1 - l p).
    """
    scaled = level * values
    if operator == "or":
        return before + scaled - before * scaled
    return before * ((1 - level) + scaled) if operator == "and" else before * (1 - scaled)


@dataclass(frozen=True)
class NeuronProgram:
    """A description of a unit: clauses, read from left to right.

    Attributes:
        clauses: one to `MAX_CLAUSES` of them, the first with "or".

    Example:
        >>> program = NeuronProgram.of(("or", "near", "golf"), ("except", "digit", ""))
        >>> (program(["golf", "flour"]) > 0.5).tolist()
        [True, False]
        >>> program.describe()
        'It responds to texts that are related to golf, but not to texts that contain a digit.'
    """

    category: ClassVar[str] = "neurons"

    clauses: tuple[Clause, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "clauses", tuple(self.clauses))
        if not 1 <= len(self.clauses) <= MAX_CLAUSES or self.clauses[0].operator != "or":
            raise ValueError(f"expected 1 to {MAX_CLAUSES} clauses, the first with 'or', actual value: {self.clauses}")

    @staticmethod
    def of(*clauses: tuple[str, str, str] | tuple[str, str, str, float]) -> NeuronProgram:
        """Returns a program of clauses given as (operator, kind, argument) or (operator, kind, argument, level)."""
        return NeuronProgram(tuple(Clause(one[0], Predicate(one[1], one[2]), *one[3:]) for one in clauses))

    # Programs are functions as well: they are served, split and reported as units are.
    @property
    def family(self) -> str:
        """Always "program"."""
        return "program"

    @property
    def variant(self) -> str:
        """How many clauses it has: "1 clause", "2 clauses", ..."""
        return f"{len(self.clauses)} clause{'s' if len(self.clauses) > 1 else ''}"

    @property
    def canonical(self) -> str:
        """A text that is the same for the same program only."""
        return json.dumps(self.to_json()["clauses"])

    @property
    def split(self) -> str:
        """Always "train": programs are known, and nothing to test with."""
        return "train"

    def split_in(self, version: int | None = None) -> str:
        """Returns the split."""
        return self.split

    def to_json(self) -> dict[str, Any]:
        """Returns the program as JSON-serialisable data."""
        clauses = [[one.operator, one.predicate.kind, one.predicate.argument, one.level] for one in self.clauses]
        return {"category": self.category, "clauses": clauses}

    @staticmethod
    def from_json(data: Any) -> NeuronProgram:
        """Reads the data that `to_json` writes.

        Raises:
            ValueError: the data are not a program; the message names what was expected.
        """
        try:
            return NeuronProgram.of(*(tuple(clause) for clause in data["clauses"]))
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise ValueError(
                f"expected a program of clauses (operator, kind, argument, level), actual value: {data!r} "
                f"({type(error).__name__}: {error})"
            ) from error

    def digest(self) -> bytes:
        """Returns the SHA-256 digest of the program's JSON, 32 bytes."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).digest()

    def __call__(self, texts: Sequence[str]) -> FloatArray:
        """Returns the outputs that it predicts, in [0, 1], float64 of shape `(n,)`, to four decimals.

        Raises:
            MissingModelError: a text is not in the bank, and its similarity to a concept is asked for.
        """
        checked = check_words(texts)
        return self._evaluate(lambda predicate: predicate(checked), len(checked))

    def bank_outputs(self, places: NDArray[np.intp] | None = None) -> FloatArray:
        """Returns the outputs of all words of the bank, or of those at some places: the same as a call gives.

        Args:
            places: their places, shape `(n,)`; None for all.

        Returns:
            float64 of shape `(words,)` or `(n,)`.
        """
        chosen: Any = slice(None) if places is None else places

        def values(predicate: Predicate) -> FloatArray:
            place = listed_place(predicate)
            if place is None:
                return predicate(bank_words())[chosen]
            return bank_values()[place][chosen].astype(np.float64)

        return self._evaluate(values, len(bank_words()) if places is None else len(places))

    def _evaluate(self, values: Callable[[Predicate], FloatArray], count: int) -> FloatArray:
        outputs = np.zeros(count)
        for clause in self.clauses:
            outputs = combine(outputs, clause.operator, np.round(values(clause.predicate), 4), clause.level)
        return np.round(outputs, 4)

    def describe(self) -> str:
        """Describes the program in English, which `from_english` reads."""
        first, *others = self.clauses
        rest = "".join(_JOINTS[clause.operator] + _graded(clause) for clause in others)
        return f"{_OPENING}{_graded(first)}{rest}."

    @staticmethod
    def from_english(text: str) -> NeuronProgram:
        """Reads what `describe` writes.

        Raises:
            ValueError: it is nothing of that.

        Example:
            >>> program = NeuronProgram.of(("or", "begins", "d", 0.5), ("except", "near", "golf"))
            >>> NeuronProgram.from_english(program.describe()) == program
            True
        """
        stripped = " ".join(text.split())
        if not stripped.startswith(_OPENING) or not stripped.endswith("."):
            raise ValueError(f"expected a program in English, '{_OPENING}...', actual value: {text[:80]!r}")
        pieces = _BETWEEN.split(stripped[len(_OPENING) : -1])
        operators = ["or", *(_OPERATOR_OF[joint] for joint in pieces[1::2])]
        return NeuronProgram(
            tuple(_read_clause(operator, piece) for operator, piece in zip(operators, pieces[::2], strict=True))
        )


_OPENING = "It responds to texts that "
_JOINTS = {"or": ", or to texts that ", "and": ", and at once ", "except": ", but not to texts that "}
_OPERATOR_OF = {joint: operator for operator, joint in _JOINTS.items()}
_BETWEEN = re.compile(f"({'|'.join(_OPERATOR_OF)})")
_GRADES = {1.0: "", 0.5: " (by half)", 0.25: " (a little)"}


def _graded(clause: Clause) -> str:
    return clause.predicate.english() + _GRADES[clause.level]


def _read_clause(operator: str, text: str) -> Clause:
    level = next(level for level, grade in reversed(_GRADES.items()) if text.endswith(grade))
    return Clause(operator, Predicate.from_english(text.removesuffix(_GRADES[level])), level)
