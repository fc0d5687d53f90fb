"""Exceptions to a function's rule: how often they were found, and how often one was claimed where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from find_gym_agents.report.bootstrap import mean_intervals
from find_gym_agents.report.distinct import function_keys
from find_gym_agents.runs.records import EpisodeRecord

EXCEPTION_FOUND = 0.8


def count_exceptions(episodes: Sequence[EpisodeRecord]) -> dict[str, Any]:
    """Returns how often true exceptions were found, and how often one was claimed where there is none."""
    corrupted = [record for record in episodes if record.variant == "corrupted"]
    others = [record for record in episodes if record.variant != "corrupted"]
    return {
        "found": _share(corrupted, [_overlap(record) >= EXCEPTION_FOUND for record in corrupted]),
        "false_alarms": _share(others, [false_alarm(record) for record in others]),
    }


def _overlap(record: EpisodeRecord) -> float:
    return float(record.score["exception_iou"]) if record.score is not None else 0.0


def false_alarm(record: EpisodeRecord) -> bool:
    """Whether a submission that could be judged claims an exception of a function that has none."""
    return record.outcome in ("right", "wrong") and record.variant != "corrupted" and _overlap(record) < 1


def _share(episodes: Sequence[EpisodeRecord], hits: list[bool]) -> dict[str, Any] | None:
    if not hits:
        return None
    mean, low, high = mean_intervals([[float(hit)] for hit in hits], function_keys(episodes), [True])
    return {"n": len(hits), "mean": float(mean[0]), "low": float(low[0]), "high": float(high[0])}
