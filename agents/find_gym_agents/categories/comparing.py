"""Comparisons: what a submission answers to the queries of its episode and to a few others, beside the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from find_gym_agents.runs.records import EpisodeRecord

_MOST_ROWS = 200
_MOST_OTHERS = 8
_LONGEST = 1000


def compare(
    record: EpisodeRecord,
    function: Any,
    others: Iterable[str],
    predict: Callable[[list[str]], list[Any] | None],
    right: Callable[[Any, Any], bool],
) -> dict[str, Any]:
    """Sets what a submission answers beside the truth.

    Args:
        record: the episode's record.
        function: the truth.
        others: inputs that may be shown besides the queries, the first ones first.
        predict: returns the submission's answers to inputs; None where it can't answer.
        right: whether an answer, the first argument, does for a true output.

    Returns:
        The entry "comparison" of the record: rows of "input", "output", "submission" (None where it gives no answer of
        its kind), "right" and "asked"; first the queries, then the others. Nothing where the submission can't answer.
    """
    asked = dict(record.pairs()[:_MOST_ROWS])
    further = [text for text in others if text not in asked][:_MOST_OTHERS]
    answers = predict([*asked, *further])
    if answers is None:
        return {}
    rows = zip([*asked, *further], [*asked.values(), *function.truth(further)], answers, strict=True)
    return {
        "comparison": [
            {
                "input": text[:_LONGEST],
                "output": _shown(output),
                "submission": _shown(answer) if isinstance(answer, str) == isinstance(output, str) else None,
                "right": right(answer, output),
                "asked": text in asked,
            }
            for text, output, answer in rows
        ]
    }


def _shown(value: Any) -> str | float | None:
    """Returns a value as it is shown: text cut short, a number rounded; None for anything else."""
    if isinstance(value, str):
        return value[:_LONGEST]
    return round(float(value), 4) if isinstance(value, (int, float)) else None
