"""What language models used: tokens, calls, retries and seconds for an episode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from find_gym_agents.report.bootstrap import bootstrap_means
from find_gym_agents.report.distinct import function_keys
from find_gym_agents.runs.records import EpisodeRecord

USED = ("tokens", "prompt_tokens", "completion_tokens", "calls", "retries", "seconds", "cost")


def used(record: EpisodeRecord) -> dict[str, float | None]:
    """Returns what an episode used under the names of `USED`, None where it is not known."""
    usage = record.usage or {}
    values = {name: usage.get(name) for name in USED}
    parts = values["prompt_tokens"], values["completion_tokens"]
    known = [float(part) for part in parts if part is not None]
    return values | {"tokens": sum(known) if len(known) == len(parts) else None}


def count_usage(episodes: Sequence[EpisodeRecord]) -> dict[str, Any] | None:
    """Returns the use of language models, None where no episode has any.

    Unscored episodes count as well: what they used is used.

    Args:
        episodes: the records of one agent.

    Returns:
        "n", the number of episodes that counted something, and for each name of `USED` the "mean", "low" and "high" for
        an episode and the "total" of all of them, or None where an episode does not know it.
    """
    asked = [record for record in episodes if record.usage is not None]
    counted, keys = [used(record) for record in asked], function_keys(asked)
    if not counted:
        return None
    figures: dict[str, Any] = {"n": len(counted)}
    for name in USED:
        values = [float(value) for entry in counted if (value := entry[name]) is not None]
        if len(values) < len(counted):
            figures[name] = None
            continue
        mean, low, high = (float(part[0]) for part in bootstrap_means([[value] for value in values], keys))
        figures[name] = {"mean": mean, "low": low, "high": high, "total": sum(values)}
    return figures
