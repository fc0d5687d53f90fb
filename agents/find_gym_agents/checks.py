"""Checks of configurations: what was expected, what came, and the nearest valid choice.

What needs numpy is imported in the functions: commands set the number of its threads before they import it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any


def nearest(value: Any, choices: Collection[str]) -> str:
    """Returns "; did you mean ...?" with the most similar choice, or an empty text where none is similar."""
    matches = get_close_matches(value, choices, 1) if isinstance(value, str) else []
    return "".join(f"; did you mean {match!r}?" for match in matches)


def check_choice(what: str, value: Any, choices: Collection[str]) -> None:
    """Checks that a value is one of several.

    Args:
        what: what it is, with its article, such as "an agent".
        value: the value.
        choices: what it may be.

    Raises:
        ValueError: it is none of them.
    """
    if value not in choices:
        raise ValueError(
            f"expected {what} among {', '.join(choices)}, actual value: {value!r}{nearest(value, choices)}"
        )


def check_integers(config: Any, **least: int) -> None:
    """Checks fields of a dataclass: each is an integer from a least one on, or None where that is its default.

    Raises:
        ValueError: one is not.
    """
    from find_gym.core.arguments import read_integer

    defaults = {field.name: field.default for field in fields(config)}
    for name, low in least.items():
        value = getattr(config, name)
        if value is not None or defaults[name] is not None:
            read_integer(name, value, low)


def check_environment(env: str, difficulty: Any) -> None:
    """Checks the id of an environment and a difficulty of its functions.

    Raises:
        ValueError: there is no such environment or difficulty.
    """
    from find_gym import ENVIRONMENT_IDS
    from find_gym.core.registry import category_named, category_of, version_of

    check_choice("an environment", env, ENVIRONMENT_IDS)
    category_named(category_of(env)).read_difficulty(difficulty, version_of(env))


def check_split(split: str) -> None:
    """Checks the name of a split, "all" for all functions.

    Raises:
        ValueError: there is no such split.
    """
    from find_gym.functions import SPLITS

    check_choice("a split", split, (*SPLITS, "all"))


def check_folder(place: str | None) -> None:
    """Checks that something can be written into a folder, which need not exist; None for a default.

    Raises:
        ValueError: it is a file.
    """
    if place is not None and Path(place).exists() and not Path(place).is_dir():
        raise ValueError(f"expected a folder, actual: {place!r} is a file")


def check_file(place: str | None) -> None:
    """Checks that something can be written into a file, which need not exist; None for a default.

    Raises:
        ValueError: it is a folder.
    """
    if place is not None and Path(place).is_dir():
        raise ValueError(f"expected a file, actual: {place!r} is a folder")
