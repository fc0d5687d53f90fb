"""What was found in a message: queries, a submission, or what is wrong with either."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from find_gym.core.submissions import Submission


@dataclass
class Found:
    """What one form of writing has in a message.

    Attributes:
        queries: the inputs of each query, as a list or as the text of a line.
        submission: the submission, if there is one.
        whole: whether the submission can't have been cut off, as far as one can tell.
        problem: what is wrong; then there is nothing else.
        unknown_tool: whether that is the call of a tool that there is not.
        cut_off: whether the last query ends with the message, and its inputs with no bracket.
        left_out: whether there was more than is taken: queries after made-up outputs.
    """

    queries: list[list[Any] | str] = field(default_factory=list)
    submission: Submission | None = None
    whole: bool = False
    problem: str = ""
    unknown_tool: bool = False
    cut_off: bool = False
    left_out: bool = False
