"""The functions of a task: those of an evaluation with the same seed, named by what makes them, never by the truth."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from find_gym.core.arguments import read_integer
from find_gym.core.dataset import DatasetEntry, FINDDataset
from find_gym.core.episode import Reward
from find_gym.core.registry import category_named
from find_gym.tasks import Form, Task, TaskEpisode, draw_tasks

DEFAULT_FUNCTIONS = 50


@dataclass(frozen=True)
class Functions:
    """Where the functions of a task come from, and the rules that they are interpreted by.

    Attributes:
        category: the name of the category.
        seed: seeds the functions and the noise.
        split: the split that they are sampled from, or "all".
        difficulty: the name of a difficulty, or a mapping of attributes as JSON.
        dataset: the folder of a dataset in place of sampled functions.
        max_queries: the budget.
        rounds: messages of the model; None for the budget and 20 more.
        exemplars: whether there are words to start from.
        judge: what reads descriptions; None for the environment's own.
        query_cost: subtracted from the reward for each input.
        reward: what a submission earns: "skill", "accuracy" or "find".
    """

    category: str
    seed: int = 0
    split: str = "test"
    difficulty: str = "find"
    dataset: str | None = None
    max_queries: int = 100
    rounds: int | None = None
    exemplars: bool = False
    judge: str | None = None
    query_cost: float = 0.0
    reward: Reward = "skill"

    def __post_init__(self) -> None:
        category = category_named(self.category)
        category.read_difficulty(self.level)
        if self.exemplars and not category.exemplars:
            raise ValueError(f"expected a category with exemplars, actual value: {self.category!r}")
        read_integer("seed", self.seed, 0)
        self.task(0)

    @property
    def level(self) -> Any:
        """The difficulty as the environment takes it."""
        return json.loads(self.difficulty) if self.difficulty.startswith("{") else self.difficulty

    def to_json(self) -> dict[str, Any]:
        """Returns JSON-serialisable data."""
        return asdict(self)

    def names(self, count: int | None) -> list[str]:
        """Returns the ids of the first functions: their seeds, or those of the dataset.

        Args:
            count: how many; None for 50, or all of the dataset.

        Raises:
            ValueError: the dataset has fewer.
        """
        if count is not None:
            read_integer("functions", count, 1)
        if self.dataset is None:
            return [str(self.task(index).seed) for index in range(count or DEFAULT_FUNCTIONS)]
        entries = _entries(self.dataset, self.category)
        wanted = len(entries) if count is None else count
        if not entries or wanted > len(entries):
            raise ValueError(
                f"expected a dataset with at least {max(wanted, 1)} {self.category} functions that can be served, "
                f"actual: {len(entries)} in {self.dataset!r}"
            )
        return [entry.id for entry in entries[:wanted]]

    def task(self, index: int, protocol: Form = "text") -> Task:
        """Returns the task of a function, with the same noise as in an evaluation; of a dataset it has no split.

        Args:
            index: the function's place.
            protocol: whether the model calls tools.
        """
        options: dict[str, Any] = {"exemplars": True} if self.exemplars else {}
        options |= {} if self.judge is None else {"judge": self.judge}
        [task] = draw_tasks(
            self.category,
            1,
            seed=self.seed,
            start=index,
            split=None if self.split == "all" or self.dataset is not None else self.split,
            difficulty=self.level,
            max_queries=self.max_queries,
            max_messages=self.rounds,
            form=protocol,
            reward=self.reward,
            query_cost=self.query_cost,
            options=options,
        )
        return task

    def open(self, index: int, protocol: Form = "text") -> TaskEpisode:
        """Starts the episode of a function."""
        return TaskEpisode(self.task(index, protocol), self.spec(index))

    def spec(self, index: int) -> Any:
        """Returns the spec of a function: the truth, privileged."""
        if self.dataset is not None:
            return _entries(self.dataset, self.category)[index].spec
        return self.task(index).sample_spec()


@lru_cache(maxsize=8)
def _entries(path: str, category: str) -> list[DatasetEntry]:
    return FINDDataset(path, category).servable()[0]
