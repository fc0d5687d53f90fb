"""What the runner does otherwise in each category: where a dataset's metadata are, what is set beside the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from find_gym.categories.dataset import FOLDERS, METADATA
from find_gym_agents.evaluation.comparisons import compare_answers
from find_gym_agents.evaluation.curves import compare_curves
from find_gym_agents.runs.records import EpisodeRecord


@dataclass(frozen=True)
class EvaluatedCategory:
    """One category of functions, as the runner sees it.

    Attributes:
        metadata: the file of a dataset without which there is none, from the dataset's folder.
        compare: a scored episode's record and its function to the entries of the record in which the submission
            stands beside the truth: "curve" for functions of numbers, "comparison" for those of strings, none where
            descriptions are language. `SandboxError` where the sandbox fails.
    """

    metadata: str
    compare: Callable[[EpisodeRecord, Any], dict[str, Any]]


def _compare_nothing(record: EpisodeRecord, function: Any) -> dict[str, Any]:
    return {}


_COMPARE: dict[str, Callable[[EpisodeRecord, Any], dict[str, Any]]] = {
    "numeric": compare_curves,
    "strings": compare_answers,
    "entities": _compare_nothing,
    "relations": _compare_nothing,
}
CATEGORIES: dict[str, EvaluatedCategory] = {
    name: EvaluatedCategory(f"{FOLDERS[name]}/{METADATA[name]}", compare) for name, compare in _COMPARE.items()
}
