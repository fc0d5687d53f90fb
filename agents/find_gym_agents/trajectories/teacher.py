"""A teacher that knows the truth: it asks what tells the function, then submits what it knows.

It is a thousand times faster than the agents that have to find out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np

from find_gym.core.registry import category_named
from find_gym.interfaces.text import write_query, write_submission
from find_gym.scoring import Submission
from find_gym.tasks import Task, message_rules
from find_gym_agents.categories import agent_category

# A teacher asks in so many messages.
_ROUNDS = (2, 4)


class Teacher:
    """An interpreter of one function that has been told what to ask and what to say.

    Args:
        rounds: the inputs of each query.
        submission: what it hands in.
    """

    interface = "text"

    def __init__(self, rounds: Sequence[Sequence[Any]], submission: Submission) -> None:
        self._rounds = rounds
        self._submission = submission
        self._asked = 0

    def reset(self, seed: int) -> None:
        """Begins again; it draws nothing."""
        self._asked = 0

    def act(self, observation: Any, info: dict[str, Any]) -> str:
        """Returns the next message."""
        if self._asked == len(self._rounds):
            return write_submission(self._submission)
        self._asked += 1
        return write_query(self._rounds[self._asked - 1])


def teach(tasks: Sequence[Task], rng: np.random.Generator) -> list[Teacher]:
    """Returns a teacher for each of some tasks, all of the same category and with the same budget.

    What it asks is what imitation in training asks (docs/training.md), probes of the interface `tokens`; in a category
    without a teacher for that they are drawn at random.

    Args:
        tasks: the tasks.
        rng: draws what is asked, and in how many messages.
    """
    first = tasks[0]
    identifier = category_named(first.category).environment_id(first.version)
    made = gym.make(identifier, interface="tokens", difficulty=first.difficulty, disable_env_checker=True)
    env: Any = made.unwrapped
    probes = env.codec.probes
    length = min(first.max_queries, len(probes))
    specs = [task.sample_spec() for task in tasks]
    imitation = agent_category(first.category).training.imitation
    if length == 0:
        sequences = np.zeros((len(tasks), 0), dtype=np.int64)
    elif imitation is None:
        sequences = rng.random((len(tasks), len(probes))).argsort(axis=1)[:, :length]
    else:
        sequences = imitation.evidence(env, specs).ask(np.arange(len(tasks)), length, rng)
    return [
        Teacher(_rounds(sequence.tolist(), probes, task, rng), truth(task.category, spec))
        for task, spec, sequence in zip(tasks, specs, sequences, strict=True)
    ]


def truth(category: str, spec: Any) -> Submission:
    """Returns the submission that tells the truth about a function.

    It has the parts that the task asks for; code only where it has to be there: elsewhere the source of a function is a
    table of all that it knows, or imports what a submission may not.
    """
    function, rules = category_named(category).make(spec), message_rules(category)
    regions = " or ".join(region.condition() for region in getattr(function, "regions", ()))
    domain = function.domain() if hasattr(function, "domain") else regions
    return Submission(
        function.describe(),
        (domain or "none") if "domain" in rules.parts else "",
        function.source() if "code" in rules.required else "",
    )


def _rounds(sequence: list[int], probes: Sequence[Any], task: Task, rng: np.random.Generator) -> list[list[Any]]:
    """Divides what is asked among a few messages, each in the order of the bank."""
    most = max((task.max_messages or _ROUNDS[1] + 1) - 1, 0)
    count = min(int(rng.integers(*_ROUNDS, endpoint=True)), most, len(sequence))
    parts = [sequence[part::count] for part in range(count)] if count else []
    return [[probes[place] for place in sorted(part)] for part in parts]
