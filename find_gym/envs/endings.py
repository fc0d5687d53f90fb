"""What is told at the end of an episode: the truth, and what was handed in."""

from __future__ import annotations

from typing import Any

from find_gym.core.registry import category_named
from find_gym.core.submissions import Submission

# Sources with more characters are left out of infos: those of relations hold their tables.
LONGEST_SOURCE = 4000


def told_truth(function: Any) -> dict[str, str]:
    """Returns the description of a function and its source, an empty text where that has over 4,000 characters.

    The whole source is `env.unwrapped.function.source()`.
    """
    source = function.source()
    return {"description": function.describe(), "source": source if len(source) <= LONGEST_SOURCE else ""}


def told_submission(submission: Submission | None) -> dict[str, Any]:
    """Returns the parts of a submission; nothing where there is none.

    They are `description` (of a program in English), `domain`, `code`, and for a program `program` (its JSON data) and
    `tokens` (those that it was written with, if any).
    """
    if submission is None:
        return {}
    told: dict[str, Any] = {
        "description": description_of(submission),
        "domain": submission.domain,
        "code": submission.code,
    }
    if submission.program is not None:
        told |= {"program": submission.program.to_json(), "tokens": submission.description}
    return told


def description_of(submission: Submission) -> str:
    """Returns the description of a submission in English: that of its program, where it has one."""
    program = submission.program
    if program is None:
        return submission.description
    return str(category_named(program.category).make(program).describe())
