"""The functions of a task: those of an evaluation with the same seed, named by what makes them, never by the truth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

import gymnasium as gym

from find_gym import LATEST_IDS
from find_gym.core.arguments import read_integer
from find_gym.core.dataset import DatasetEntry, FINDDataset
from find_gym.core.episode import Reward, Rules
from find_gym.core.registry import category_named
from find_gym.core.splits import check_split, function_seed

DEFAULT_FUNCTIONS = 50

Protocol = Literal["tools", "text"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)


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
        check_split(self.sampled_split)
        category = category_named(self.category)
        category.read_difficulty(self.level)
        if self.exemplars and not category.exemplars:
            raise ValueError(f"expected a category with exemplars, actual value: {self.category!r}")
        Rules(self.max_queries, 1 if self.rounds is None else self.rounds, self.query_cost, self.reward)
        read_integer("seed", self.seed, 0)

    @property
    def sampled_split(self) -> str | None:
        """The split that functions are sampled from, None for all of them."""
        return None if self.split == "all" else self.split

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
            return [str(self._function_seed(index)) for index in range(count or DEFAULT_FUNCTIONS)]
        entries = _entries(self.dataset, self.category)
        wanted = len(entries) if count is None else count
        if not entries or wanted > len(entries):
            raise ValueError(
                f"expected a dataset with at least {max(wanted, 1)} {self.category} functions that can be served, "
                f"actual: {len(entries)} in {self.dataset!r}"
            )
        return [entry.id for entry in entries[:wanted]]

    def open(self, index: int, protocol: Protocol = "text") -> tuple[gym.Env[Any, Any], str, dict[str, Any]]:
        """Starts an episode with a function, the same noise included as in an evaluation.

        Args:
            index: the function's place.
            protocol: the interface of the environment.

        Returns:
            The environment, its first observation and its first info.
        """
        own: dict[str, Any] = {"exemplars": True} if self.exemplars else {}
        own |= {} if self.judge is None else {"judge": self.judge}
        env = gym.make(
            LATEST_IDS[self.category],
            interface=protocol,
            function=self._spec(index),
            max_queries=self.max_queries,
            max_steps=self.rounds,
            query_cost=self.query_cost,
            reward=self.reward,
            disable_env_checker=True,
            **own,
        )
        observation, info = env.reset(seed=self._function_seed(index))
        return env, observation, info

    def _spec(self, index: int) -> Any:
        if self.dataset is not None:
            return _entries(self.dataset, self.category)[index].spec
        return _sampled(self.category, self._function_seed(index), self.sampled_split, self.difficulty)

    def _function_seed(self, index: int) -> int:
        # With a dataset it only seeds the noise.
        split = self.sampled_split if self.dataset is None else None
        return function_seed(split, self.category, self.seed, index)


def write_difficulty(difficulty: str | Mapping[str, Any]) -> str:
    """Returns a difficulty as text: its name, or a mapping as JSON."""
    return difficulty if isinstance(difficulty, str) else json.dumps(dict(difficulty), sort_keys=True)


@lru_cache(maxsize=256)
def _sampled(category: str, seed: int, split: str | None, difficulty: str) -> Any:
    """Samples a spec once: networks take half a second."""
    level = json.loads(difficulty) if difficulty.startswith("{") else difficulty
    return category_named(category).sample_seeded(seed, split=split, difficulty=level)


@lru_cache(maxsize=8)
def _entries(path: str, category: str) -> list[DatasetEntry]:
    return FINDDataset(path, category).servable()[0]
