"""Reading a difficulty: the name of one, or what it changes of FIND's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

Difficulty = TypeVar("Difficulty")


def read_difficulty(difficulty: Any, named: Mapping[str, Difficulty]) -> Difficulty:
    """Returns the difficulty of a name, or FIND's with some attributes replaced by those of a mapping.

    Args:
        difficulty: a name, a mapping of attributes (with "base" for another name than "find"), or a difficulty.
        named: a category's difficulties by their names, dataclasses of one class.

    Raises:
        ValueError: an unknown name or attribute, or a value out of its range.
    """
    find: Any = named["find"]
    if isinstance(difficulty, type(find)):
        return difficulty
    if isinstance(difficulty, str):
        if difficulty not in named:
            raise ValueError(f"expected a difficulty in {tuple(named)}, actual value: {difficulty!r}")
        return named[difficulty]
    names = [entry.name for entry in fields(find)]
    if not isinstance(difficulty, Mapping) or set(difficulty) - {*names, "base"}:
        raise ValueError(
            f"expected a difficulty in {tuple(named)} or a mapping of {', '.join(names)} "
            f"(and 'base', a name), actual value: {difficulty!r}"
        )
    changes = dict(difficulty)
    base: Any = read_difficulty(changes.pop("base", "find"), named)
    return replace(base, **changes)
