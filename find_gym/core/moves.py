"""Moves: what an action of any interface stands for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from find_gym.core.submissions import Submission

ILLEGAL_CHARGE = 1
"""Inputs that an illegal action costs, as far as there are any left."""


class RefusedInputError(ValueError):
    """An input that one function can't answer, though others could; the message says what was expected and came."""


@dataclass(frozen=True)
class _Decoded:
    """What all moves have.

    Attributes:
        source: what the interface made the move from, for it to take note of once the step has been taken.
    """

    source: Any = field(default=None, repr=False, compare=False, kw_only=True)


@dataclass(frozen=True)
class Query(_Decoded):
    """Asks for the function's outputs.

    Attributes:
        inputs: numbers, strings or words, as the category has it.
    """

    inputs: tuple[Any, ...]


@dataclass(frozen=True)
class Submit(_Decoded):
    """Hands in the final description.

    Attributes:
        submission: the description.
    """

    submission: Submission


@dataclass(frozen=True)
class Write(_Decoded):
    """Goes on with a description that is not complete yet; costs nothing but the step."""


@dataclass(frozen=True)
class Refuse(_Decoded):
    """An action that can't be taken.

    Attributes:
        reason: what was expected and what came.
        charge: inputs that it costs all the same, as far as there are any left.
    """

    reason: str
    charge: int = 0


Move: TypeAlias = Query | Submit | Write | Refuse
