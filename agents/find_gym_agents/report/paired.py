"""Paired differences: two agents on the functions that both have been scored on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from find_gym_agents.categories.record import Metric, ReportSettings
from find_gym_agents.report.bootstrap import bootstrap_means
from find_gym_agents.report.distinct import function_keys
from find_gym_agents.runs.records import EpisodeRecord

# Up to so many agents all pairs are compared, with more of them each with the first only.
_MOST_FOR_ALL_PAIRS = 5
_EQUAL = 1e-9

# The function as text, and how often it came before in the same agent's episodes.
_Key = tuple[str, int]


def paired_differences(report: ReportSettings, episodes: Sequence[EpisodeRecord]) -> list[dict[str, Any]]:
    """Compares the agents of one category in pairs.

    Functions are the same where their specs are, wherever they stand in the runs; scores by different judges of
    language are not compared.

    Args:
        report: what reports say about the category of all episodes.
        episodes: the records, at most one of each agent and function of the run.

    Returns:
        For each pair "agent", "against", "n" (functions that both have been scored on),
        "distinct" (how many of them are not the same), "unscored" (common functions
        that are left out because one of them, or both, have no score), "not_common" (the other functions of either),
        "differences" (for skill and the paper's score the mean of the agent's less the other's, with its interval
        as "mean", "low" and "high"; None where n is 0), and the shares of functions on which the agent's skill is
        "better", "equal" and "worse" (None where n is 0).
    """
    functions: dict[str, dict[_Key, EpisodeRecord]] = {}
    for name in dict.fromkeys(record.agent for record in episodes):
        functions[name] = _by_function([record for record in episodes if record.agent == name])
    names = list(functions)
    if len(names) <= _MOST_FOR_ALL_PAIRS:
        pairs = list(combinations(names, 2))
    else:
        pairs = [(names[0], name) for name in names[1:]]
    return [
        {"agent": agent, "against": against} | _compare(report, functions[agent], functions[against])
        for against, agent in pairs
    ]


def _by_function(episodes: Sequence[EpisodeRecord]) -> dict[_Key, EpisodeRecord]:
    seen: Counter[str] = Counter()
    found = {}
    for record in sorted(episodes, key=lambda record: record.index):
        text = json.dumps(record.spec, sort_keys=True)
        found[text, seen[text]] = record
        seen[text] += 1
    return found


def _compare(
    report: ReportSettings, agent: Mapping[_Key, EpisodeRecord], against: Mapping[_Key, EpisodeRecord]
) -> dict[str, Any]:
    common = [(agent[key], against[key]) for key in agent if key in against]
    alike = [(first, second) for first, second in common if _same_judge(first, second)]
    scored = [(first, second) for first, second in alike if first.scored and second.scored]
    counts = {
        "n": len(scored),
        "distinct": len(set(function_keys([first for first, _ in scored]))),
        "unscored": len(alike) - len(scored),
        "not_common": len(agent) + len(against) - len(common) - len(alike),
    }
    compared = {key: report.metrics[key] for key in report.compared}
    if not scored:
        return counts | {"differences": dict.fromkeys(compared), "better": None, "equal": None, "worse": None}
    rows = [[_difference(metric, first, second) for metric in compared.values()] for first, second in scored]
    keys = function_keys([first for first, _ in scored])
    columns = zip(*bootstrap_means(rows, keys), strict=True)
    figures = [{"mean": float(mean), "low": float(low), "high": float(high)} for mean, low, high in columns]
    skill = list(compared).index("skill")
    better = sum(row[skill] > _EQUAL for row in rows) / len(rows)
    worse = sum(row[skill] < -_EQUAL for row in rows) / len(rows)
    equal = sum(abs(row[skill]) <= _EQUAL for row in rows) / len(rows)
    differences = dict(zip(compared, figures, strict=True))
    return counts | {"differences": differences, "better": better, "equal": equal, "worse": worse}


def _difference(metric: Metric, first: EpisodeRecord, second: EpisodeRecord) -> float:
    return metric.read(first) - metric.read(second)


def _same_judge(first: EpisodeRecord, second: EpisodeRecord) -> bool:
    """Whether two descriptions were judged alike; a program needs no judge, so it goes with all of them."""
    judges = {(record.score or {}).get("judge", "program") for record in (first, second)} - {"program"}
    return len(judges) <= 1
