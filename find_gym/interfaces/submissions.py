"""Submissions in messages of whichever category."""

from __future__ import annotations

from find_gym.core.message_rules import MessageRules
from find_gym.core.moves import Submit
from find_gym.core.submissions import Submission
from find_gym.interfaces.reader import read_message

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
