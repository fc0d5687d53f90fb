"""A task: what names a function, and the rules that it is interpreted by. It holds nothing of the truth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cache, lru_cache
from typing import Any, Literal, get_args

import gymnasium as gym

import find_gym  # noqa: F401  (registers the categories)
from find_gym.core.arguments import read_integer
from find_gym.core.episode import Reward, Rules
from find_gym.core.registry import category_named
from find_gym.core.splits import check_split, function_seed
from find_gym.interfaces import MessageRules

Form = Literal["text", "tools"]
FORMS: tuple[Form, ...] = get_args(Form)

# What a split of None, for all functions, is called in rows.
_ALL = "all"


@dataclass(frozen=True)
class Task:
    """A function to interpret, named by its seed.

    Two tasks that are equal have the same function, noise, prompt and score, in every process: a group of rollouts
    with one task is about one function. `find-gym evaluate` and the Inspect tasks have the same functions for the same
    seeds.

    Attributes:
        category: the category of functions, such as "numeric".
        seed: draws the function and its noise; `draw_tasks` gives seeds that share nothing.
        split: "train", "validation", "test", or None for all functions.
        difficulty: the name of a difficulty, or a mapping of attributes that replace those of "find".
        max_queries: the budget, a number of inputs.
        max_messages: the number of messages, the submission among them; None for the budget and 20 more.
        given: the number of inputs that the prompt shows with their outputs, free of charge.
        form: whether the prompt asks for messages ("text") or for calls of tools ("tools"); both are read in any case.
        reward: what a submission earns: "skill", "accuracy" or "find".
        query_cost: subtracted from the reward for each input that is charged.
        options: further arguments of the category's environment, such as `{"exemplars": True}`; JSON data.
        version: the version of the splits and draws, that of the environment's id; None for the latest one.

    Raises:
        ValueError: a value is none that is expected.
    """

    category: str
    seed: int
    split: str | None = "train"
    difficulty: str | Mapping[str, Any] = "find"
    max_queries: int = 100
    max_messages: int | None = None
    given: int = 0
    form: Form = "text"
    reward: Reward = "skill"
    query_cost: float = 0.0
    options: Mapping[str, Any] = field(default_factory=dict)
    version: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "version", category_named(self.category).check_version(self.version))
        check_split(self.split)
        if self.form not in FORMS:
            raise ValueError(f"expected a form among {FORMS}, actual value: {self.form!r}")
        for name in ("seed", "given"):
            object.__setattr__(self, name, read_integer(name, getattr(self, name), 0))
        Rules(self.max_queries, 1 if self.max_messages is None else self.max_messages, self.query_cost, self.reward)

    def to_row(self) -> dict[str, Any]:
        """Returns the task as a flat dict of texts and numbers, for a data set; `from_row` reads it."""
        return asdict(self) | {
            "split": _ALL if self.split is None else self.split,
            "difficulty": self.level,
            "options": json.dumps(dict(self.options), sort_keys=True),
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Task:
        """Reads what `to_row` writes.

        Args:
            row: the row; what is no attribute of a task is left out, and what is missing has its default.
        """
        known = {each.name: row[each.name] for each in fields(cls) if each.name in row}
        if known.get("split") == _ALL:
            known["split"] = None
        if str(known.get("difficulty", "")).startswith("{"):
            known["difficulty"] = json.loads(known["difficulty"])
        if isinstance(known.get("options"), str):
            known["options"] = json.loads(known["options"])
        return cls(**known)

    @property
    def level(self) -> str:
        """The difficulty as a text: its name, or a mapping as JSON."""
        if isinstance(self.difficulty, str):
            return self.difficulty
        return json.dumps(dict(self.difficulty), sort_keys=True)

    def make_environment(self) -> gym.Env[Any, Any]:
        """Makes the environment of the task. It holds the truth once it is reset: privileged."""
        return gym.make(
            category_named(self.category).environment_id(self.version),
            interface=self.form,
            split=self.split,
            difficulty=self.difficulty,
            max_queries=self.max_queries,
            max_steps=self.max_messages,
            query_cost=self.query_cost,
            reward=self.reward,
            disable_env_checker=True,
            **self.options,
        )

    def sample_spec(self) -> Any:
        """Returns the spec of the function: the truth, privileged."""
        return _sampled(self.category, self.seed, self.split, self.level, self.version)


def draw_tasks(category: str, count: int, *, seed: int = 0, start: int = 0, **arguments: Any) -> list[Task]:
    """Draws tasks whose seeds share nothing.

    Args:
        category: the category of functions.
        count: how many.
        seed: the seed of the run; with the same seed they are the functions of `find-gym evaluate`.
        start: the place of the first one in the run.
        arguments: the other attributes of `Task`, the same for all.

    Returns:
        The tasks.
    """
    split = arguments.get("split", Task.split)
    places = range(start, start + count)
    return [Task(category, function_seed(split, category, seed, place), **arguments) for place in places]


@cache
def message_rules(category: str) -> MessageRules:
    """Returns what messages and tools of a category look like, as its environment has it."""
    # By its default interface, which no judge of free text stands behind.
    env: Any = gym.make(category_named(category).environment_id(), disable_env_checker=True)
    rules: MessageRules = env.unwrapped.examiner.messages
    return rules


def tools_of(task: Task) -> list[dict[str, Any]]:
    """Returns the tools `query` and `submit` as JSON schemas in the style of OpenAI's functions.

    Args:
        task: the task; its category alone decides.
    """
    return message_rules(task.category).tools()


@lru_cache(maxsize=256)
def _sampled(category: str, seed: int, split: str | None, difficulty: str, version: int | None) -> Any:
    """Samples a spec once for all rollouts of a group: networks take half a second."""
    level = json.loads(difficulty) if difficulty.startswith("{") else difficulty
    return category_named(category).sample_seeded(seed, split=split, difficulty=level, version=version)
