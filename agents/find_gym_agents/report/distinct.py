"""Which episodes are of the same function: intervals count it once, however often it was drawn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache

from find_gym.core.registry import category_named
from find_gym_agents.runs.records import EpisodeRecord


def function_keys(episodes: Sequence[EpisodeRecord]) -> list[str]:
    """Returns a text for each episode that is the same where functions behave the same, whatever their seeds."""
    return [_key(record.category, json.dumps(record.spec, sort_keys=True)) for record in episodes]


@lru_cache(maxsize=100_000)
def _key(category: str, text: str) -> str:
    try:
        return str(category_named(category).read_spec(json.loads(text)).canonical)
    except ValueError:  # a run of an earlier version, whose specs are not read any more
        return text
