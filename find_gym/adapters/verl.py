"""Tasks of one turn for verl: rows for its parquet files, and the function that scores an answer.

In verl's configuration `reward.custom_reward_function.path` is the path of this file, and `name` is `compute_score`.
It imports nothing of verl.
"""

from __future__ import annotations

from typing import Any

from find_gym.tasks import single_turn

__all__ = ["compute_score", "make_rows"]


def make_rows(category: str, count: int, **arguments: Any) -> list[dict[str, Any]]:
    """Returns rows in verl's layout; `extra_info` names the function by its seed.

    Args:
        category: the category of functions.
        count: how many.
        arguments: those of `find_gym.tasks.single_turn.make_rows`.
    """
    rows: list[dict[str, Any]] = []
    for index, row in enumerate(single_turn.make_rows(category, count, **arguments)):
        question = row.pop("question")
        named: dict[str, Any] = {"index": index, **row}
        rows.append(
            {
                "data_source": f"find-{category}",
                "prompt": [{"role": "user", "content": question}],
                "ability": "interpretability",
                "reward_model": {"style": "rule", "ground_truth": ""},
                "extra_info": named,
            }
        )
    return rows


def compute_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: dict[str, Any] | None = None, **_: Any
) -> dict[str, float]:
    """Scores an answer, as verl calls it.

    Args:
        data_source: the row's source; the seed alone decides.
        solution_str: the answer.
        ground_truth: empty.
        extra_info: what names the function.

    Returns:
        `score`, the reward, and the other metrics of `find_gym.tasks.TaskEpisode.metrics`.

    Raises:
        ValueError: there is no `extra_info`.
    """
    if extra_info is None:
        raise ValueError("expected extra_info, which names the function by its seed, actual value: None")
    measured = single_turn.measure(solution_str, extra_info)
    return {"score": measured["reward"], **measured}
