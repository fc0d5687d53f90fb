"""The tasks: one for each registered category of functions."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Scorer

from find_gym.adapters.inspect._functions import Functions
from find_gym.adapters.inspect._scorers import accuracy, paper_score, queries, skill
from find_gym.adapters.inspect._scorers import reward as total_reward
from find_gym.adapters.inspect._solver import interpreter
from find_gym.core.episode import Reward
from find_gym.core.registry import category_named
from find_gym.tasks import Form

_SCORERS: dict[str, Callable[[], Scorer]] = {"skill": skill, "accuracy": accuracy, "find": paper_score}


@cache
def task_of(category: str) -> Callable[..., Task]:
    """Returns the Inspect task of a category, `find_gym/<category>`.

    Raises:
        ValueError: there is no such category.
    """
    category_named(category)

    @task(name=category)
    def interpret(
        functions: int | None = None,
        seed: int = 0,
        split: str = "test",
        difficulty: str | dict[str, Any] = "find",
        dataset: str | None = None,
        max_queries: int = 100,
        rounds: int | None = None,
        reward: Reward = "skill",
        protocol: Form = "tools",
        query_cost: float = 0.0,
        exemplars: bool = False,
        judge: str | None = None,
    ) -> Task:
        """Functions of one category, each a sample.

        Args:
            functions: how many; by default 50, or all of the dataset.
            seed: seeds the functions and the noise; the same functions as in `find-gym evaluate` with this seed.
            split: "train", "validation", "test" or "all"; not used with a dataset.
            difficulty: "easy", "find", "hard", "extreme", or a mapping of attributes; not used with a dataset.
            dataset: the folder of a dataset in the published layout, in place of sampled functions.
            max_queries: the budget: inputs that may be asked of each function.
            rounds: tool calls (messages, with the protocol "text"); by default the budget and 20 more.
            reward: what a submission earns, and which score stands first: "skill", "accuracy" or "find".
            protocol: "tools", or "text" for models that can't call tools.
            query_cost: subtracted from the reward for each input.
            exemplars: whether the first message names inputs to start from, where the category has them.
            judge: what reads descriptions, as the category's environment takes it.
        """
        level = difficulty if isinstance(difficulty, str) else json.dumps(difficulty, sort_keys=True)
        source = Functions(
            category, seed, split, level, dataset, max_queries, rounds, exemplars, judge, query_cost, reward
        )
        return _task(source, functions, protocol)

    return interpret


def _task(source: Functions, count: int | None, protocol: Form) -> Task:
    first, solver = _SCORERS[source.reward], interpreter(protocol)
    names = source.names(count)
    samples = [
        Sample(
            id=f"{index:05d}-{name}",
            input=text,
            metadata={"functions": source.to_json(), "index": index},
        )
        for index, (name, text) in enumerate(zip(names, _first_messages(source, len(names), protocol), strict=True))
    ]
    others = [make() for make in _SCORERS.values() if make is not first]
    return Task(
        dataset=MemoryDataset(samples, name=f"FIND-{source.category}"),
        solver=solver,
        scorer=[first(), *others, total_reward(), queries()],
    )


def _first_messages(source: Functions, count: int, protocol: Form) -> list[str]:
    """Returns the first message of each sample; without exemplars it is the same for all functions."""
    if source.exemplars:
        return [source.open(index, protocol).prompt for index in range(count)]
    return [source.open(0, protocol).prompt] * count
