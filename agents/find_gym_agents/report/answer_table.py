"""The answers of an episode for the page: what was asked, what came, and what the submission makes of it."""

from __future__ import annotations

from typing import Any

from find_gym_agents.runs.records import EpisodeRecord

_MOST_ROWS = 200
_LONGEST = 240


def show_answers(record: EpisodeRecord) -> dict[str, Any]:
    """Returns the answers as "table".

    Each row has the input, the true output, the submission's (None where it gave none), whether that is right (None
    where nothing was submitted), and whether the input was asked. Where all outputs are numbers, as activations are,
    the greatest come first, and "activations" has them. Texts are written as Python literals, so that spaces
    and characters that are not printable can be seen.
    """
    rows = record.comparison
    if rows is None:
        rows = [{"input": text, "output": output, "asked": True} for text, output in record.pairs()[:_MOST_ROWS]]
    submitted = record.submission is not None
    outputs = [row["output"] for row in rows]
    activations = {}
    if rows and all(isinstance(output, (int, float)) for output in outputs):
        rows = sorted(rows, key=lambda row: -row["output"])
        activations = {"activations": [row["output"] for row in rows]}
    return activations | {
        "table": [
            [
                show_value(row["input"]),
                show_value(row["output"]),
                show_value(row["submission"]) if row.get("submission") is not None else None,
                row.get("right") if submitted else None,
                row["asked"],
            ]
            for row in rows
        ]
    }


def show_value(value: Any) -> str:
    """Writes a value as a Python literal, shortened in its middle if it is long."""
    text = repr(value)
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[:half]} ... {text[-half:]}"
