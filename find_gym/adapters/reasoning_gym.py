"""Tasks of one turn as a dataset of reasoning-gym: `reasoning_gym.create_dataset("find", category="strings")`.

Importing this module registers the dataset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

try:
    from reasoning_gym.dataset import ProceduralDataset
    from reasoning_gym.factory import DATASETS, register_dataset
except ImportError as error:
    raise ImportError("expected reasoning-gym for its dataset: pip install reasoning-gym") from error

from find_gym.tasks import Task, single_turn

__all__ = ["FindConfig", "FindDataset"]


@dataclass
class FindConfig:
    """What a dataset holds.

    Attributes:
        category: the category of functions.
        split: the split that they are sampled from.
        difficulty: the name of a difficulty, or a mapping.
        given: the number of inputs that a question shows with their outputs.
        reward: what an answer earns: "skill", "accuracy" or "find".
        options: further arguments of the category's environment.
        seed: seeds the functions; drawn where it is None.
        size: the number of questions.
    """

    category: str = "numeric"
    split: str = "train"
    difficulty: str | Mapping[str, Any] = "find"
    given: int = single_turn.GIVEN
    reward: Any = "skill"
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    size: int = 500

    def validate(self) -> None:
        """Checks the values.

        Raises:
            ValueError: one of them is none that is expected.
        """
        Task(self.category, 0, **self.task_arguments())
        if self.size < 1:
            raise ValueError(f"expected a size of at least 1, actual value: {self.size!r}")

    def task_arguments(self) -> dict[str, Any]:
        """Returns the attributes that all tasks share."""
        return {name: getattr(self, name) for name in ("split", "difficulty", "given", "reward", "options")}


class FindDataset(ProceduralDataset):  # type: ignore[misc]
    """Questions with the evidence in them; an entry has no answer, and nothing of the truth.

    Args:
        config: what it holds.
    """

    def __init__(self, config: FindConfig) -> None:
        super().__init__(config=config, seed=config.seed, size=config.size)

    def __getitem__(self, idx: int) -> dict[str, Any]:
        """Returns an entry: `question`, `answer` (None) and `metadata`, which names the function by its seed."""
        if not 0 <= idx < self.size:
            raise IndexError(f"expected an index from 0 to {self.size - 1}, actual value: {idx}")
        arguments = self.config.task_arguments()
        [row] = single_turn.make_rows(self.config.category, 1, seed=self.seed, start=idx, **arguments)
        question = row.pop("question")
        return {"question": question, "answer": None, "metadata": {"source_dataset": "find", "source_index": idx} | row}

    def score_answer(self, answer: str | None, entry: Mapping[str, Any]) -> float:
        """Returns what an answer earns; see `find_gym.tasks.single_turn.score`."""
        return single_turn.score(answer, entry["metadata"])


if "find" not in DATASETS:
    register_dataset("find", FindDataset, FindConfig)
