"""The tasks: one for each category of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Scorer

from find_gym.adapters.inspect._functions import Functions, write_difficulty
from find_gym.adapters.inspect._prompts import tools_prompt
from find_gym.adapters.inspect._scorers import accuracy, paper_score, queries, skill
from find_gym.adapters.inspect._solver import Protocol, interpreter
from find_gym.envs.episode import REWARDS, Reward

_SCORERS: dict[str, Callable[[], Scorer]] = {"skill": skill, "accuracy": accuracy, "find": paper_score}


@task
def numeric(
    functions: int | None = None,
    seed: int = 0,
    split: str = "test",
    difficulty: str | dict[str, Any] = "find",
    dataset: str | None = None,
    max_queries: int = 100,
    rounds: int | None = None,
    reward: Reward = "skill",
    protocol: Protocol = "tools",
) -> Task:
    """Functions from numbers to numbers.

    Args:
        functions: how many; by default 50, or all of the dataset.
        seed: seeds the functions and the noise; the same functions as in `find-gym evaluate` with this seed.
        split: "train", "validation", "test" or "all"; not used with a dataset.
        difficulty: "easy", "find", "hard", "extreme", or a mapping of attributes; not used with a dataset.
        dataset: the folder of a dataset in the published layout, in place of sampled functions.
        max_queries: the budget: inputs that may be asked of each function.
        rounds: tool calls (messages, with the protocol "text"); by default the budget and 20 more.
        reward: which score stands first: "skill", "accuracy" or "find".
        protocol: "tools", or "text" for models that can't call tools.
    """
    source = Functions("numeric", seed, split, write_difficulty(difficulty), dataset, max_queries, rounds)
    return _task(source, functions, reward, protocol)


@task
def strings(
    functions: int | None = None,
    seed: int = 0,
    split: str = "test",
    difficulty: str | dict[str, Any] = "find",
    dataset: str | None = None,
    max_queries: int = 100,
    rounds: int | None = None,
    reward: Reward = "skill",
    protocol: Protocol = "tools",
) -> Task:
    """Functions from strings to strings; the arguments are those of `numeric`."""
    source = Functions("strings", seed, split, write_difficulty(difficulty), dataset, max_queries, rounds)
    return _task(source, functions, reward, protocol)


@task
def entities(
    functions: int | None = None,
    seed: int = 0,
    split: str = "test",
    difficulty: str | dict[str, Any] = "find",
    dataset: str | None = None,
    max_queries: int = 100,
    rounds: int | None = None,
    reward: Reward = "skill",
    protocol: Protocol = "tools",
    exemplars: bool = False,
    judge: str | None = None,
) -> Task:
    """Synthetic neurons, functions from words to activations.

    Args:
        functions: as in `numeric`, and so are all up to `exemplars`.
        seed: the seed.
        split: the split.
        difficulty: the difficulty.
        dataset: the folder of a dataset.
        max_queries: the budget.
        rounds: tool calls or messages.
        reward: the score that stands first.
        protocol: "tools" or "text".
        exemplars: whether the task names words to start from.
        judge: what reads descriptions, as in `find_gym.envs.entities.EntityEnv`.
    """
    level = write_difficulty(difficulty)
    source = Functions("entities", seed, split, level, dataset, max_queries, rounds, exemplars, judge)
    return _task(source, functions, reward, protocol)


@task
def relations(
    functions: int | None = None,
    seed: int = 0,
    split: str = "test",
    difficulty: str | dict[str, Any] = "find",
    dataset: str | None = None,
    max_queries: int = 100,
    rounds: int | None = None,
    reward: Reward = "skill",
    protocol: Protocol = "tools",
    exemplars: bool = False,
    judge: str | None = None,
) -> Task:
    """Relations, functions from words to words; the arguments are those of `entities`."""
    level = write_difficulty(difficulty)
    source = Functions("relations", seed, split, level, dataset, max_queries, rounds, exemplars, judge)
    return _task(source, functions, reward, protocol)


def _task(source: Functions, count: int | None, reward: str, protocol: Protocol) -> Task:
    if reward not in _SCORERS:
        raise ValueError(f"expected a reward in {REWARDS}, actual value: {reward!r}")
    first = _SCORERS[reward]
    names = source.names(count)
    samples = [
        Sample(
            id=f"{index:05d}-{name}",
            input=text,
            metadata={"functions": source.to_json(), "index": index},
        )
        for index, (name, text) in enumerate(zip(names, _first_messages(source, len(names), protocol), strict=True))
    ]
    return Task(
        dataset=MemoryDataset(samples, name=f"FIND-{source.category}"),
        solver=interpreter(protocol),
        scorer=[first(), *(make() for make in _SCORERS.values() if make is not first), queries()],
    )


def _first_messages(source: Functions, count: int, protocol: Protocol) -> list[str]:
    """Returns the first message of each sample; without exemplars it is the same for all functions."""

    def message(index: int) -> str:
        _, text, info = source.open(index)
        return text if protocol == "text" else tools_prompt(source.category, info, list(info.get("exemplars", ())))

    return [message(index) for index in range(count)] if source.exemplars else [message(0)] * count
