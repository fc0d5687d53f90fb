"""Trajectories of many functions, written as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from find_gym.core.splits import function_seed
from find_gym.tasks import FORMS, Task, draw_tasks
from find_gym_agents.checks import check_choice
from find_gym_agents.evaluation.config import read_difficulty
from find_gym_agents.registry import find_agent
from find_gym_agents.trajectories.conversation import Trajectory, converse
from find_gym_agents.trajectories.one_message import converse_once
from find_gym_agents.trajectories.teacher import teach

TEACHER = "teacher"
ONE_MESSAGE = "one-message"
# The teacher looks at so many functions at once.
_BATCH = 256


def read_options(text: str) -> dict[str, Any]:
    """Reads a JSON object from the command line.

    Raises:
        ValueError: it is none.
    """
    try:
        options = json.loads(text)
    except json.JSONDecodeError:
        options = None
    if not isinstance(options, dict):
        raise ValueError(f"expected a JSON object, actual value: {text!r}")
    return options


@dataclass(frozen=True)
class TrajectoryConfig:
    """Whose trajectories, and of which functions; every field is an option of the command line."""

    out: str = field(metadata={"metavar": "FILE"})
    """The file, of JSON lines: messages, tools, task, metrics."""
    category: str
    """The category of functions."""
    agent: str = TEACHER
    """Who interprets: "teacher", which knows the truth, or an agent that finds out (atom-fit, enumeration,
    exemplar-embedding, table-lookup), or "package.module:Class"."""
    functions: int = 1000
    """The number of functions."""
    seed: int = 0
    """Seeds the functions: the same seed gives the functions of an evaluation."""
    split: str = "train"
    """The split that functions are sampled from: train, validation or test."""
    difficulty: str | Mapping[str, Any] = field(default="find", metadata={"parse": read_difficulty})
    """The difficulty: easy, find (the benchmark's own), hard, extreme, or a JSON object of attributes."""
    max_queries: int = 24
    """The budget, a number of inputs."""
    max_messages: int = 8
    """The number of messages, the submission among them."""
    form: str = "tools"
    """What the conversations are made of: calls of tools (tools), plain messages (text), or exemplars and one message,
    as `find-gym evaluate --agent lm --milan` has them (one-message; of the teacher)."""
    system_prompt: str | None = None
    """In the form one-message, a file with the system prompt, in place of the category's."""
    min_skill: float = 0.9
    """Conversations whose submission has less skill are left out."""
    options: Mapping[str, Any] | None = field(default=None, metadata={"parse": read_options})
    """A JSON object of further arguments of the environment, such as {"judge": "vocabulary"} for entities."""

    def __post_init__(self) -> None:
        if self.functions < 1:
            raise ValueError(f"expected functions to be an integer >= 1, actual value: {self.functions!r}")
        check_choice("a form", self.form, (*FORMS, ONE_MESSAGE))
        if self.form == ONE_MESSAGE and self.agent != TEACHER:
            raise ValueError(f"expected the agent {TEACHER!r} for the form {ONE_MESSAGE!r}, actual: {self.agent!r}")
        if self.agent != TEACHER:
            entry = find_agent(self.agent)
            entry.check(self.category)
            if entry.options:
                options = ", ".join(entry.options)
                raise ValueError(f"expected an agent without options, actual: {self.agent!r} takes {options}")
        self.tasks(0, 1)

    def tasks(self, start: int, count: int) -> list[Task]:
        """Returns some of the tasks."""
        names = ("split", "difficulty", "max_queries", "max_messages")
        rules = {name: getattr(self, name) for name in names}
        rules["form"] = "text" if self.form == ONE_MESSAGE else self.form
        return draw_tasks(self.category, count, seed=self.seed, start=start, options=self.options or {}, **rules)


def make_trajectories(config: TrajectoryConfig) -> Iterator[Trajectory | None]:
    """Makes the trajectories one after the other.

    Yields:
        The trajectory of each function; None where it can't be learned from: a message was refused (the source of a
        network exceeds the cap), there was no submission, or it had less skill than is asked for.

    Raises:
        ValueError: the agent does not write messages, or can't interpret the category.
    """
    agent = None if config.agent == TEACHER else find_agent(config.agent).make(config.category)
    if agent is not None and agent.interface != "text":
        raise ValueError(f"expected an agent that writes messages, actual: {config.agent!r} speaks {agent.interface!r}")
    for start in range(0, config.functions, _BATCH):
        tasks = config.tasks(start, min(_BATCH, config.functions - start))
        if config.form == ONE_MESSAGE:
            for task in tasks:
                yield _good(converse_once(task, config.system_prompt), config)
            continue
        rng = np.random.default_rng(function_seed("teacher", config.category, config.seed, start))
        players = teach(tasks, rng) if agent is None else [agent] * len(tasks)
        for index, (task, player) in enumerate(zip(tasks, players, strict=True), start):
            made = converse(task, player, function_seed("agent", config.category, config.seed, index))
            yield _good(made, config)


def _good(made: Trajectory | None, config: TrajectoryConfig) -> Trajectory | None:
    return made if made is not None and made.metrics["skill"] >= config.min_skill else None


def write_trajectories(path: str | Path, trajectories: Iterable[Trajectory | None]) -> tuple[int, int]:
    """Writes trajectories as JSON lines, whole or not at all.

    Args:
        path: the file; one that is there is replaced.
        trajectories: the trajectories; None is left out.

    Returns:
        How many were written, and how many were left out.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    begun = path.with_name(f".{path.name}.unfinished")
    written = left_out = 0
    with begun.open("w", encoding="utf-8") as file:
        for trajectory in trajectories:
            if trajectory is None:
                left_out += 1
                continue
            file.write(json.dumps(trajectory.to_json()) + "\n")
            written += 1
    begun.replace(path)
    return written, left_out
