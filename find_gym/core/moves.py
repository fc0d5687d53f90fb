"""Moves: what an action of any interface stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from find_gym.core.submissions import Submission


@dataclass(frozen=True)
class Query:
    """Asks for the function's outputs.

    Attributes:
        inputs: numbers, strings or words, as the category has it.
    """

    inputs: tuple[Any, ...]


@dataclass(frozen=True)
class Submit:
    """Hands in the final description.

    Attributes:
        submission: the description.
    """

    submission: Submission


@dataclass(frozen=True)
class Write:
    """Goes on with a description that is not complete yet; costs nothing but the step."""


@dataclass(frozen=True)
class Refuse:
    """An action that can't be taken.

    Attributes:
        reason: what was expected and what came.
        charge: inputs that it costs all the same, as far as there are any left.
    """

    reason: str
    charge: int = 0


Move: TypeAlias = Query | Submit | Write | Refuse
