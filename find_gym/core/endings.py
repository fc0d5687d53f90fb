"""What is told at the end of an episode: the truth, and what was handed in."""

from __future__ import annotations

from typing import Any

from find_gym.core.episode import Score
from find_gym.core.registry import category_named
from find_gym.core.submissions import Submission

# Sources with more characters are left out of infos: those of relations hold their tables.
LONGEST_SOURCE = 4000


def told_end(
    function: Any, score: Score | None, submission: Submission | None, *, full: bool = True
) -> dict[str, dict[str, Any]]:
    """Returns what infos have at the end of an episode: `truth`, `score` and `submission`.

    They are dicts in any case, empty ones where there is nothing: vector environments gather infos by each key's type.
    Sources of the truth with over 4,000 characters are left out; `env.unwrapped.function.source()` has them.

    Args:
        function: the truth.
        score: the score of the submission, if there is one.
        submission: the submission.
        full: whether to write sources, which costs time; else only the score is told.
    """
    told: dict[str, dict[str, Any]] = {"score": {} if score is None else score.to_json()}
    if not full:
        return told
    truth = truth_texts(function)
    if len(truth["source"]) > LONGEST_SOURCE:
        truth["source"] = ""
    return {"truth": truth, **told, "submission": told_submission(submission)}


def truth_texts(function: Any) -> dict[str, str]:
    """Returns the `description` of a function and its `source`."""
    return {"description": function.describe(), "source": function.source()}


def told_submission(submission: Submission | None) -> dict[str, Any]:
    """Returns the parts of a submission; nothing where there is none.

    They are `description` (of a program in English), `domain`, `code`, and for a program `program` (its JSON data,
    without what is None) and `tokens` (those that it was written with, if any).
    """
    if submission is None:
        return {}
    told: dict[str, Any] = {
        "description": description_of(submission),
        "domain": submission.domain,
        "code": submission.code,
    }
    if submission.program is not None:
        # Vector environments cannot gather None of one program and a dict of another.
        data = {name: value for name, value in submission.program.to_json().items() if value is not None}
        told |= {"program": data, "tokens": submission.description}
    return told


def description_of(submission: Submission) -> str:
    """Returns the description of a submission in English: that of its program, where it has one."""
    program = submission.program
    if program is None:
        return submission.description
    return str(category_named(program.category).make(program).describe())
