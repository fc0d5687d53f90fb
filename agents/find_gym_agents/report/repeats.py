"""Agents that worked on the same functions several times: means over functions, and pass@k."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from find_gym_agents.report.bootstrap import mean_intervals
from find_gym_agents.report.distinct import function_keys
from find_gym_agents.runs.records import EpisodeRecord


def pass_at(k: int, tries: int, right: int) -> float:
    """Returns the chance that one of k tries is right, estimated from more of them without bias (Chen et al. 2021).

    Args:
        k: how many tries there would be, at most `tries`.
        tries: how many there were.
        right: how many of them were right.

    Example:
        >>> pass_at(1, 4, 1), pass_at(2, 4, 1), pass_at(4, 4, 1)
        (0.25, 0.5, 1.0)
    """
    return 1.0 - math.comb(tries - right, k) / math.comb(tries, k)


def count_repeats(episodes: Sequence[EpisodeRecord]) -> dict[str, Any] | None:
    """Returns what an agent's repeated episodes say, None where none is repeated.

    Each function counts once, by its own mean or estimate; the intervals are from resampling the functions, as the
    episodes of one are not independent.

    Args:
        episodes: the records of one agent.

    Returns:
        "functions" (with a scored episode), "skill" and for each k "pass_at" as "mean", "low" and "high"; k goes up to
        the number of scored episodes that every function has.
    """
    if not any(record.repeat for record in episodes):
        return None
    by_function: dict[int, list[EpisodeRecord]] = {}
    for record in episodes:
        if record.scored:
            by_function.setdefault(record.index, []).append(record)
    if not by_function:
        return None
    most = min(map(len, by_function.values()))
    rows = []
    for records in by_function.values():
        right = sum(record.outcome == "right" for record in records)
        skill = sum(float(record.score["skill"]) if record.score else 0.0 for record in records) / len(records)
        rows.append([skill, *(pass_at(k, len(records), right) for k in range(1, most + 1))])
    keys = function_keys([records[0] for records in by_function.values()])
    figures = [
        {"mean": float(mean), "low": float(low), "high": float(high)}
        for mean, low, high in zip(*mean_intervals(rows, keys, [False] + [True] * most), strict=True)
    ]
    shares = {str(k): figure for k, figure in enumerate(figures[1:], start=1)}
    return {"functions": len(rows), "skill": figures[0], "pass_at": shares}
