"""Difficulties: distributions of functions, some of which have names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Self


class NamedDifficulty:
    """What the difficulties of all categories share; each is a dataclass."""

    @classmethod
    def named(cls, version: int | None = None) -> Mapping[str, Self]:
        """Returns the difficulties by their names, "find" among them.

        Args:
            version: the version of the splits and draws; by default the latest one.

        Raises:
            ValueError: there is no such version.
        """
        raise NotImplementedError

    @classmethod
    def of(cls, difficulty: str | Mapping[str, Any] | Self, version: int | None = None) -> Self:
        """Returns the difficulty of a name, or "find" with some attributes replaced by those of a mapping.

        Args:
            difficulty: a name, a mapping of attributes (with "base" for another name than "find"), or a difficulty.
            version: the version of the splits and draws; by default the latest one.

        Raises:
            ValueError: an unknown name, attribute or version, or a value out of its range.
        """
        if isinstance(difficulty, cls):
            return difficulty
        named = cls.named(version)
        if isinstance(difficulty, str):
            if difficulty not in named:
                raise ValueError(f"expected a difficulty in {tuple(named)}, actual value: {difficulty!r}")
            return named[difficulty]
        base: Any = named["find"]
        names = [entry.name for entry in fields(base)]
        if not isinstance(difficulty, Mapping) or set(difficulty) - {*names, "base"}:
            raise ValueError(
                f"expected a difficulty in {tuple(named)} or a mapping of {', '.join(names)} "
                f"(and 'base', a name), actual value: {difficulty!r}"
            )
        changes = dict(difficulty)
        base = cls.of(changes.pop("base", "find"), version)
        return replace(base, **changes)
