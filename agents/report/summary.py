"""The figures of a report: means with intervals for each agent, overall, by family and by variant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from find_gym.functions.numeric.atoms import ATOMS
from find_gym.functions.numeric.rules import OPERATORS
from find_gym.functions.numeric.variants import VARIANTS
from find_gym.scoring import OUTCOMES
from find_gym_agents.evaluation._records import EpisodeRecord
from find_gym_agents.report.bootstrap import LEVEL, RESAMPLES, bootstrap_means

EXCEPTION_FOUND = 0.8


def _part(name: str) -> Callable[[EpisodeRecord], float]:
    """Returns what reads a part of the score; without a submission, or where the category has none, it is 0."""
    return lambda record: float((record.score or {}).get(name) or 0.0)


def _paper_score(record: EpisodeRecord) -> float:
    """Returns the paper's score: success (numeric), or the share of unit tests that are right."""
    score = record.score or {}
    return float(score.get("paper_success", score.get("paper_score", 0.0)))


METRICS: dict[str, Callable[[EpisodeRecord], float]] = {
    "accuracy": _part("accuracy"),
    "skill": _part("skill"),
    "paper_success": _paper_score,
    "beyond_range": _part("beyond_range"),
    "queries": lambda record: float(record.queries),
    "seconds": lambda record: record.agent_seconds,
}

_FAMILY_ORDER = (*ATOMS, *OPERATORS)
_ALL_OUTCOMES = (*OUTCOMES, "no_submission", "unscored")


def summarise(episodes: Sequence[EpisodeRecord]) -> dict[str, Any]:
    """Computes the figures of a report.

    Args:
        episodes: records of one or more agents.

    Returns:
        JSON-serialisable data: for each agent "overall", "by_family", "by_variant", "exceptions", "outcomes" and
        "unscored". Unscored episodes are counted, and in no mean.
    """
    names = list(dict.fromkeys(record.agent for record in episodes))
    return {
        "bootstrap": {"level": LEVEL, "resamples": RESAMPLES},
        "agents": {name: _summarise_agent([record for record in episodes if record.agent == name]) for name in names},
    }


def _summarise_agent(episodes: list[EpisodeRecord]) -> dict[str, Any]:
    scored = [record for record in episodes if record.scored]
    counts = Counter(record.outcome for record in episodes)
    return {
        "episodes": len(episodes),
        "unscored": len(episodes) - len(scored),
        "overall": _means(scored),
        "by_variant": _grouped(scored, lambda record: record.variant, VARIANTS),
        "by_family": _grouped(scored, lambda record: record.family, _FAMILY_ORDER),
        "exceptions": _exceptions(scored),
        "outcomes": {outcome: counts[outcome] for outcome in _ALL_OUTCOMES if counts[outcome]},
    }


def _grouped(
    episodes: list[EpisodeRecord], key: Callable[[EpisodeRecord], str], order: Sequence[str]
) -> dict[str, dict[str, Any]]:
    present = {key(record) for record in episodes}
    names = [name for name in order if name in present] + sorted(present - set(order))
    return {name: _means([record for record in episodes if key(record) == name]) for name in names}


def _means(episodes: list[EpisodeRecord]) -> dict[str, Any]:
    """Returns the number of episodes and each metric's mean with its interval, None where there are no episodes."""
    if not episodes:
        return {"n": 0} | dict.fromkeys(METRICS)
    columns = bootstrap_means([[metric(record) for metric in METRICS.values()] for record in episodes])
    figures = {name: _figure(*values) for name, values in zip(METRICS, zip(*columns, strict=True), strict=True)}
    return {"n": len(episodes)} | figures


def _figure(mean: float, low: float, high: float) -> dict[str, float]:
    return {"mean": float(mean), "low": float(low), "high": float(high)}


def _exceptions(episodes: list[EpisodeRecord]) -> dict[str, Any]:
    """Returns how often true exceptions were found, and how often one was claimed where there is none."""
    corrupted = [record for record in episodes if record.variant == "corrupted"]
    others = [record for record in episodes if record.variant != "corrupted"]
    return {
        "found": _share([_overlap(record) >= EXCEPTION_FOUND for record in corrupted]),
        "false_alarms": _share([false_alarm(record) for record in others]),
    }


def _overlap(record: EpisodeRecord) -> float:
    return float(record.score.get("exception_iou", 1.0)) if record.score is not None else 0.0


def false_alarm(record: EpisodeRecord) -> bool:
    """Whether a submission that could be judged claims an exception of a function that has none."""
    return record.outcome in ("right", "wrong") and record.variant != "corrupted" and _overlap(record) < 1


def _share(hits: list[bool]) -> dict[str, Any] | None:
    if not hits:
        return None
    mean, low, high = bootstrap_means([[float(hit)] for hit in hits])
    return {"n": len(hits)} | _figure(mean[0], low[0], high[0])
