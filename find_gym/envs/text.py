"""The text interface of `find_gym.interfaces`, under the names that it had."""

from __future__ import annotations

from find_gym.interfaces import MAX_MESSAGE, MessageRules, Submit, read_message
from find_gym.interfaces.quoting import shorten
from find_gym.interfaces.text import CHARSET, TextInterface, printable, write_query, write_submission
from find_gym.scoring import Submission

__all__ = [
    "CHARSET",
    "MAX_MESSAGE",
    "TextInterface",
    "printable",
    "read_message",
    "read_submission",
    "shorten",
    "write_query",
    "write_submission",
]

_ANY = MessageRules(
    read_inputs=lambda argument: argument if isinstance(argument, list) else [argument],
    input_schema={},
    inputs="",
    example="[...]",
    parts={"description": "", "domain": "", "code": ""},
    required=("description",),
    template="",
)


def read_submission(message: str) -> Submission | None:
    """Returns the submission that a message of any category hands in, or None."""
    move = read_message(message, _ANY).move
    return move.submission if isinstance(move, Submit) else None
