"""The figures of a report: means with intervals for each agent, overall, by family, by variant, ..."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from find_gym.scoring import OUTCOMES
from find_gym_agents.categories import agent_category
from find_gym_agents.categories.record import Grouping, ReportSettings
from find_gym_agents.report.bootstrap import LEVEL, RESAMPLES, mean_intervals
from find_gym_agents.report.distinct import function_keys
from find_gym_agents.report.exceptions import count_exceptions
from find_gym_agents.report.paired import paired_differences
from find_gym_agents.report.repeats import count_repeats
from find_gym_agents.report.troubles import count_troubles
from find_gym_agents.report.usage import count_usage
from find_gym_agents.runs.records import EpisodeRecord

_ALL_OUTCOMES = (*OUTCOMES, "no_submission", "unscored")


def summarise(episodes: Sequence[EpisodeRecord]) -> dict[str, Any]:
    """Computes the figures of a report.

    Args:
        episodes: records of one or more agents, all of one category; at least one.

    Returns:
        JSON-serialisable data: "category", and for each agent "overall", the groups of the category ("by_family",
        "by_variant", ...; each with "n" episodes of "distinct" functions), "outcomes",
        "unscored" and, where there are any, "exceptions" and "usage". Unscored episodes are counted, and in no mean.
        "pairs" has the paired differences between the agents.
    """
    report = agent_category(episodes[0].category).report
    names = list(dict.fromkeys(record.agent for record in episodes))
    return {
        "category": episodes[0].category,
        "bootstrap": {"level": LEVEL, "resamples": RESAMPLES},
        "agents": {
            name: _summarise_agent(report, [record for record in episodes if record.agent == name]) for name in names
        },
        "pairs": paired_differences(report, episodes),
    }


def _summarise_agent(report: ReportSettings, episodes: list[EpisodeRecord]) -> dict[str, Any]:
    scored = [record for record in episodes if record.scored]
    counts = Counter(record.outcome for record in episodes)
    usage, repeats, troubles = count_usage(episodes), count_repeats(episodes), count_troubles(episodes)
    return {
        "episodes": len(episodes),
        "unscored": len(episodes) - len(scored),
        "overall": _means(report, scored),
        **{group.key: _grouped(report, scored, group) for group in report.groups},
        **({"exceptions": count_exceptions(scored)} if report.has_exceptions else {}),
        **({"usage": usage} if usage is not None else {}),
        **({"repeats": repeats} if repeats is not None else {}),
        **({"troubles": troubles} if troubles else {}),
        "outcomes": {outcome: counts[outcome] for outcome in _ALL_OUTCOMES if counts[outcome]},
    }


def _grouped(report: ReportSettings, episodes: list[EpisodeRecord], group: Grouping) -> dict[str, dict[str, Any]]:
    members: dict[str, list[EpisodeRecord]] = {}
    for record in episodes:
        members.setdefault(group.read(record), []).append(record)
    names = [name for name in group.order if name in members] + sorted(set(members) - set(group.order))
    return {name: _means(report, members[name]) for name in names}


def _means(report: ReportSettings, episodes: list[EpisodeRecord]) -> dict[str, Any]:
    """Returns the numbers of episodes and of distinct functions, and each metric's mean with its interval.

    The metrics are None where there are no episodes.
    """
    metrics = report.metrics
    if not episodes:
        return {"n": 0, "distinct": 0} | dict.fromkeys(metrics)
    keys = function_keys(episodes)
    values = [[metric.read(record) for metric in metrics.values()] for record in episodes]
    columns = mean_intervals(values, keys, [metric.bounded for metric in metrics.values()])
    figures = {name: _figure(*values) for name, values in zip(metrics, zip(*columns, strict=True), strict=True)}
    return {"n": len(episodes), "distinct": len(set(keys))} | figures


def _figure(mean: float, low: float, high: float) -> dict[str, float]:
    return {"mean": float(mean), "low": float(low), "high": float(high)}
