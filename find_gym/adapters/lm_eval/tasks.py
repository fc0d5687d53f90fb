"""What the tasks' files name: their rows, and how an answer is measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from find_gym.tasks import single_turn

_MEASURED = ("skill", "accuracy", "paper_score", "submitted")


def rows(
    category: str, functions: int = 50, seed: int = 0, split: str = "test", version: Any = None, **arguments: Any
) -> dict[str, Any]:
    """Returns the questions as data sets by split.

    Args:
        category: the category of functions.
        functions: how many.
        seed: seeds the functions: those of `find-gym evaluate` with the same seed.
        split: the split of the functions; the data set is called "test" in any case.
        version: that of the lm-evaluation-harness task, which is not ours.
        arguments: other attributes of `find_gym.tasks.Task`, such as `given` and `difficulty`; from `--metadata`.
    """
    from datasets import Dataset

    # What else the harness passes, such as the name of the model, is none of the task's.
    known = {name: arguments[name] for name in ("given", "difficulty", "reward", "options") if name in arguments}
    made = single_turn.make_rows(category, functions, seed=seed, split=split, **known)
    return {"test": Dataset.from_list(made)}


def process_results(row: dict[str, Any], results: Sequence[str]) -> dict[str, float]:
    """Returns the metrics of one answer."""
    measured = single_turn.measure(results[0], row)
    return {name: measured[name] for name in _MEASURED}
