"""Formulas over concepts: one concept, or a combination of several, as data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities.concepts import concepts
from find_gym.core.splits import EVEN_BUCKETS, divide, split_of

FloatArray = NDArray[np.float64]
OperatorName = Literal["or", "and", "not", "half"]
OPERATORS: tuple[OperatorName, ...] = get_args(OperatorName)


@dataclass(frozen=True)
class Combination:
    """Formulas, combined.

    Attributes:
        operator: "or" (the greatest activation), "and" (the least), "not" (1 minus the activation, one part only) or
            "half" (of two parts, the second counts half: a graded mixture).
        parts: what is combined.
    """

    operator: OperatorName
    parts: tuple[Formula, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(self.parts))
        least, most = {"not": (1, 1), "half": (2, 2)}.get(self.operator, (2, 8))
        if self.operator not in OPERATORS or not least <= len(self.parts) <= most:
            raise ValueError(
                f"expected an operator in {OPERATORS} with one part (not), two (half) or two to eight (or, and), "
                f"actual value: {self.operator!r} with {len(self.parts)}"
            )


# The name of a concept, or a combination.
Formula: TypeAlias = "str | Combination"


def evaluate(formula: Formula, activation: Callable[[str], FloatArray]) -> FloatArray:
    """Returns the activations of a formula from those of its concepts, in [0, 1], shape `(n,)`."""
    if isinstance(formula, str):
        return activation(formula)
    parts = [evaluate(part, activation) for part in formula.parts]
    if formula.operator == "not":
        return 1.0 - parts[0]
    if formula.operator == "and":
        return np.minimum.reduce(parts)
    if formula.operator == "half":
        parts[1] = 0.5 * parts[1]
    return np.maximum.reduce(parts)


def concepts_of(formula: Formula) -> Iterator[str]:
    """Yields the names of the concepts of a formula, from left to right."""
    if isinstance(formula, str):
        yield formula
        return
    for part in formula.parts:
        yield from concepts_of(part)


def simpler(formula: Formula) -> Iterator[Formula]:
    """Yields the parts of a formula: what it must differ from to be worth its length."""
    if isinstance(formula, Combination):
        for part in formula.parts:
            yield part
            yield from simpler(part)


@lru_cache(maxsize=4096)
def packed(formula: Formula) -> NDArray[np.int64] | None:
    """Returns a formula as an array, for compiled loops; None where a concept is not in the inventory.

    Returns:
        An instruction for each part, those of a combination before it, int64 of shape `(parts, 2)`: what it is (see
        `find_gym.categories.entities.kernels.formulas`), and the number of the concept, or of the parts combined.
    """
    from find_gym.categories.entities.kernels import formulas as kinds

    numbers = {"not": kinds.NOT, "and": kinds.AND, "or": kinds.OR, "half": kinds.HALF}

    def instructions(part: Formula) -> list[tuple[int, int]]:
        if isinstance(part, str):
            return [(kinds.CONCEPT, _numbers()[part])]
        own = (numbers[part.operator], len(part.parts))
        return [*(one for operand in part.parts for one in instructions(operand)), own]

    if not all(name in _numbers() for name in concepts_of(formula)):
        return None
    return np.array(instructions(formula), dtype=np.int64)


@cache
def _numbers() -> dict[str, int]:
    """Returns the place of each concept in the inventory."""
    return {name: number for number, name in enumerate(concepts())}


def english(formula: Formula) -> str:
    """Describes in English what a formula responds to, as the object of "words related to"."""
    if isinstance(formula, str):
        return formula
    parts = [english(part) for part in formula.parts]
    if formula.operator == "not":
        return f"anything but {parts[0]}"
    if formula.operator == "half":
        return f"{parts[0]}, and half as strongly {parts[1]}"
    if formula.operator == "or":
        return " or ".join(parts)
    kept = [part for part in formula.parts if not _is_negated(part)]
    denied = [english(part.parts[0]) for part in formula.parts if isinstance(part, Combination) and _is_negated(part)]
    if not kept:
        return "neither " + " nor ".join(denied)
    text = english(kept[0]) if len(kept) == 1 else "both " + " and ".join(english(part) for part in kept)
    return f"{text}, but not {' or '.join(denied)}" if denied else text


def _is_negated(formula: Formula) -> bool:
    return isinstance(formula, Combination) and formula.operator == "not"


def canonical(formula: Formula) -> str:
    """Returns a text that is the same for formulas that differ only in the order of their parts."""
    if isinstance(formula, str):
        return json.dumps(formula)
    parts = [canonical(part) for part in formula.parts]
    if formula.operator in ("or", "and"):
        parts.sort()
    return f"{formula.operator}({','.join(parts)})"


def split_of_concept(name: str) -> str:
    """Returns the split of a concept: those of the inventory are divided evenly, others by a hash."""
    return _divided().get(name) or split_of(f"concept:{name}", EVEN_BUCKETS)


@cache
def _divided() -> dict[str, str]:
    return divide([list(concepts())])


def to_json(formula: Formula) -> Any:
    """Returns a formula as JSON-serialisable data: a name, or a list of the operator and the parts."""
    return formula if isinstance(formula, str) else [formula.operator, *map(to_json, formula.parts)]


def from_json(data: Any) -> Formula:
    """Reads the data that `to_json` writes.

    Raises:
        ValueError: they are no formula.
    """
    if isinstance(data, str) and data.strip():
        return data
    if isinstance(data, (list, tuple)) and len(data) > 1 and isinstance(data[0], str):
        return Combination(data[0], tuple(map(from_json, data[1:])))  # type: ignore[arg-type]
    raise ValueError(f"expected a concept's name or a list of an operator and formulas, actual value: {data!r}")
