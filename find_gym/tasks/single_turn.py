"""Tasks of one turn: the evidence stands in the question, the answer is the submission.

This is the shape of libraries that know a prompt and a function that scores the answer: reasoning-gym, lm-evaluation-
harness, verl and others. A row is a task with its question; it has no answer, and nothing of the truth.

    >>> from find_gym.tasks.single_turn import make_rows, score
    >>> [row] = make_rows("strings", 1, seed=7, given=2, difficulty="easy")
    >>> print(row["question"][-94:])
    Here are some inputs with their outputs:
    "ox" -> "oxeIPlz"
    "rhythm myth" -> "rhythm mytheIPlz"
    >>> score("[DESCRIPTION]: appends a word [CODE]: def f(s): return s + 'eIPlz'", row)
    1.0
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from find_gym.tasks.episode import TaskEpisode
from find_gym.tasks.task import Task, draw_tasks

GIVEN = 32


def in_one_turn(task: Task) -> Task:
    """Returns a task about the same function that is done with one message, its evidence given."""
    return replace(task, given=task.given or GIVEN, max_queries=0, max_messages=1, form="text", query_cost=0.0)


def make_row(task: Task) -> dict[str, Any]:
    """Returns a task of one turn as a row: `question`, and the attributes of the task, which hold its seed."""
    task = in_one_turn(task)
    return {"question": TaskEpisode(task).prompt, **task.to_row()}


def make_rows(
    category: str, count: int, *, seed: int = 0, start: int = 0, given: int = GIVEN, **arguments: Any
) -> list[dict[str, Any]]:
    """Makes rows; the arguments are those of `find_gym.tasks.draw_tasks`."""
    drawn = draw_tasks(category, count, seed=seed, start=start, given=given, **arguments)
    return [make_row(task) for task in drawn]


def score(answer: str | None, row: Mapping[str, Any]) -> float:
    """Returns what an answer earns, by default its skill in [0, 1].

    Args:
        answer: the submission in any form that is read, reasoning included; None counts as an empty one.
        row: the row of the question.

    Returns:
        The reward; 0 for an answer that holds no submission.

    Raises:
        SandboxError: the sandbox failed, so that there is no score. What else fails, such as a judge's server, raises
            its own error.
    """
    return measure(answer, row)["reward"]


def measure(answer: str | None, row: Mapping[str, Any]) -> dict[str, float]:
    """Returns what an answer earns, with the scores behind it: `find_gym.tasks.TaskEpisode.metrics`."""
    episode = TaskEpisode(in_one_turn(Task.from_row(row)))
    episode.message(answer or "")
    return episode.metrics
