"""How long an episode of the packaged neural interpreters takes: `python -m find_gym_agents.benchmarks.interpreters`.

Processor time of one thread counts, of the agent alone: asking, proposing programs, and checking them. Figures are
medians, so that what is done once for a process, such as compiling loops, does not count.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, SupportsFloat

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

import find_gym  # noqa: F401  (registers the environments)
from find_gym.core.registry import category_of
from find_gym.functions import function_seed
from find_gym_agents.base import Agent
from find_gym_agents.categories.checking import Checked
from find_gym_agents.interpreters.neural.agent import PROPOSALS, Asked, NeuralAgent
from find_gym_agents.interpreters.neural.category import neural_category
from find_gym_agents.interpreters.neural.pretrained import pretrained_file
from find_gym_agents.interpreters.neural.writing import WritingAgent

# With the queries of the figures in docs/training.md.
EPISODES = (
    ("FIND-strings-v1", 12),
    ("FIND-relations-v1", 24),
    ("FIND-entities-v1", 40),
    ("FIND-neurons-v0", 40),
    ("FIND-numeric-v1", 8),
    ("FIND-numeric-v1", 24),
)
PARTS = ("asking", "proposing", "checking")


class Episode(NamedTuple):
    """An episode that was played.

    Attributes:
        seconds: the processor time of each of `PARTS`.
        skill: what it earned.
    """

    seconds: tuple[float, ...]
    skill: float


class _TimedAgent(NeuralAgent):
    """Adds up the processor time of its parts."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self._part = ""

    @contextmanager
    def _timed(self, part: str) -> Iterator[None]:
        # Programs that are proposed in order to ask belong to asking; those at the end are no part of checking.
        if self._part == "asking":
            yield
            return
        outer, self._part = self._part, part
        before, started = sum(self.seconds.values()), time.process_time()
        yield
        within = sum(self.seconds.values()) - before
        self.seconds[part] += time.process_time() - started - within
        self._part = outer

    def ask(self, budget: int, legal: NDArray[np.bool_] | None = None) -> Asked | None:
        with self._timed("asking"):
            return super().ask(budget, legal)

    def conclude(self) -> Checked:
        with self._timed("checking"):
            return super().conclude()

    def _propose(self, count: int) -> tuple[list[tuple[int, ...]], list[float]]:
        with self._timed("proposing"):
            return super()._propose(count)


def play(identifier: str, max_queries: int, functions: int, proposals: int) -> list[Episode]:
    """Plays episodes on functions of `test`.

    Args:
        identifier: the environment.
        max_queries: the budget.
        functions: the number of episodes.
        proposals: the programs that are checked.
    """
    category = category_of(identifier)
    interpreter = _TimedAgent.load(str(pretrained_file(identifier)), proposals)
    write = neural_category(category).write
    agent: Agent = interpreter if write is None else WritingAgent(interpreter, write)
    env = gym.make(
        identifier, interface=agent.interface, max_queries=max_queries, split="test", disable_env_checker=True
    )
    episodes = []
    for index in range(functions):
        agent.reset(0)
        observation, info = env.reset(seed=function_seed("test", category, 0, index))
        reward: SupportsFloat = 0.0
        over = False
        while not over:
            observation, reward, over, _, info = env.step(agent.act(observation, info))
        episodes.append(Episode(tuple(interpreter.seconds.values()), float(reward)))
    return episodes


def row(identifier: str, max_queries: int, episodes: Sequence[Episode]) -> str:
    """Returns a line of a Markdown table: median milliseconds of each part and of all, their 90th percentile, skill."""
    seconds = np.array([each.seconds for each in episodes])
    whole = seconds.sum(axis=1)
    values = [*np.median(seconds, axis=0), np.median(whole), np.percentile(whole, 90)]
    shown = " | ".join(f"{1e3 * value:.1f}" for value in values)
    return f"| {identifier} | {max_queries} | {shown} | {np.mean([each.skill for each in episodes]):.3f} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--functions", type=int, default=60, help="episodes of each; by default 60")
    parser.add_argument("--proposals", type=int, default=PROPOSALS, help="programs checked; by default %(default)s")
    known = list(dict.fromkeys(identifier for identifier, _ in EPISODES))
    parser.add_argument("--env", action="append", choices=known, help="may be repeated; by default all")
    options = parser.parse_args(arguments)
    columns = ["environment", "queries", *PARTS, "whole episode", "90 % take less than", "skill"]
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)
    for identifier, max_queries in EPISODES:
        if not options.env or identifier in options.env:
            print(row(identifier, max_queries, play(identifier, max_queries, options.functions, options.proposals)))


if __name__ == "__main__":
    main()
