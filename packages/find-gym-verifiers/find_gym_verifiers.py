"""FIND as a taskset and an environment of verifiers: `vf-eval find-gym-verifiers --env.taskset.category strings`.

The environment plays the other side of the conversation, on the host; the model writes messages in any form that
find-gym reads. Nothing of the truth is in a task's data: it names the function by its seed.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any, Literal

import verifiers.v1 as vf

from find_gym.tasks import Task, TaskEpisode, draw_tasks

__all__ = ["FindEnv", "FindTaskset"]


class FindConfig(vf.TasksetConfig):
    """Which functions, and by which rules they are interpreted."""

    category: str = "numeric"
    split: Literal["train", "validation", "test"] = "train"
    difficulty: str = "find"
    max_queries: int = 24
    max_messages: int = 12
    seed: int = 0
    options: dict[str, Any] = {}


class FindData(vf.TaskData):
    """A task, without the truth."""

    row: dict[str, Any]


class FindTask(vf.Task[FindData]):
    """A function to interpret."""


class FindTaskset(vf.Taskset[FindTask, FindConfig]):
    """Endless functions, those of `find-gym evaluate` with the same seed and split."""

    INFINITE = True

    def load(self) -> Iterator[FindTask]:
        """Yields the tasks."""
        c = self.config
        names = ("split", "difficulty", "max_queries", "max_messages", "options")
        rules = {name: getattr(c, name) for name in names}
        for index in itertools.count():
            [task] = draw_tasks(c.category, 1, seed=c.seed, start=index, **rules)
            prompt = TaskEpisode(task).prompt
            data = FindData(name=f"FIND-{c.category}-{c.split}-{index}", prompt=prompt, row=task.to_row())
            yield FindTask(data, c.task)


class FindEnvConfig(vf.EnvConfig):
    """One agent, which needs no program beside its model."""

    player: vf.AgentConfig = vf.AgentConfig(harness={"id": "null"}, runtime={"type": "subprocess"})


class FindEnv(vf.Env[FindEnvConfig]):
    """One conversation about one function; the reward is that of the episode.

    What fails, such as the sandbox, fails the episode, which verifiers tries again; it is never a reward of 0.
    """

    async def run(self, task: FindTask, agents: vf.Agents) -> None:
        """Plays the conversation to its end."""
        episode = await asyncio.to_thread(TaskEpisode, Task.from_row(task.data.row))
        async with agents.player.interaction(task) as interaction:
            segment = await interaction.turn()
            while not segment.terminated:
                # To judge a submission takes a while, and other conversations are waiting.
                answer = await asyncio.to_thread(episode.message, segment.last_reply)
                if episode.over:
                    break
                segment = await interaction.turn(answer)
        trace = interaction.trace
        if trace.errors:
            # A model that could not be asked has not earned 0.
            return
        metrics = episode.metrics
        trace.record_reward("reward", metrics.pop("reward"), 1.0)
        for name, value in metrics.items():
            trace.record_metric(name, value)
