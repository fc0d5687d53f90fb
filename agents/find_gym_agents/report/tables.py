"""The tables of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from find_gym_agents.categories import agent_category
from find_gym_agents.categories.record import Grouping, ReportSettings
from find_gym_agents.report.table import Table
from find_gym_agents.report.usage import USED

TROUBLES = "Troubles"
_OUTCOMES = {
    "right": "right",
    "wrong": "wrong",
    "malformed": "malformed",
    "raised": "raised",
    "timed_out": "timed out",
    "out_of_memory": "out of memory",
    "forbidden": "forbidden",
    "no_submission": "no submission",
    "unscored": "UNSCORED",
}


def write_seconds(value: float) -> str:
    """Writes a duration to two digits, from 100 seconds on to the second."""
    return f"{value:.2g}" if value < 99.5 else f"{value:.0f}"


_WRITTEN = {"queries": "{:.1f}".format, "complexity": "{:.0f}".format, "seconds": write_seconds}


def tables(summary: dict[str, Any]) -> list[Table]:
    """Returns the tables of a category.

    Args:
        summary: the figures of the category.

    Returns:
        Overall, paired differences, exceptions, use of language models (each where there are any), outcomes, and by
        groups.
    """
    agents = summary["agents"]
    report = agent_category(summary["category"]).report
    found = [_overall(report, agents)]
    if summary["pairs"]:
        found.append(_pairs(report, summary["pairs"]))
    if report.has_exceptions:
        found.append(_exceptions(agents))
    if any("usage" in agent for agent in agents.values()):
        found.append(_usage(agents))
    if any("repeats" in agent for agent in agents.values()):
        found.append(_repeats(agents))
    found.append(_outcomes(agents))
    if any("troubles" in agent for agent in agents.values()):
        found.append(_troubles(agents))
    return found + [table for group in report.groups if (table := _grouped(report, group, agents)).rows]


def closing_table(agents: Mapping[str, Any], title: str) -> Table:
    """Returns the one table that matters, as commands print it at their end.

    Args:
        agents: the figures of each agent, as a category's summary has them.
        title: what they were asked.
    """
    rows = []
    for name, agent in agents.items():
        overall = agent["overall"]
        figures = [_figure(key, overall[key]) for key in ("skill", "accuracy", "queries", "seconds")]
        short = [figures[0], *(figure.partition(" [")[0] for figure in figures[1:])]
        rows.append([name, str(overall["n"]), *short, str(agent["unscored"] or "")])
    header = ["agent", "n", "skill", "accuracy", "queries", "seconds", "UNSCORED"]
    if not any(row[-1] for row in rows):
        header, rows = header[:-1], [row[:-1] for row in rows]
    return Table(f"{title} (means; skill with its 95 % interval)", header, rows)


def _overall(report: ReportSettings, agents: dict[str, Any]) -> Table:
    columns = [metric.column for metric in report.metrics.values()]
    rows = [[name, *_figures(agent["overall"], tuple(report.metrics))] for name, agent in agents.items()]
    title = "Overall (mean and 95 % interval; a function that was drawn often counts once in the interval)"
    return Table(title, ["agent", *columns, "n", "distinct"], rows)


def _grouped(report: ReportSettings, group: Grouping, agents: dict[str, Any]) -> Table:
    """Returns the table of one grouping, cut to the most frequent members where there are too many to read."""
    title, shown = group.title, members(group, agents)
    if group.most is not None and len(shown) > group.most:
        title = f"{title}: the {group.most} most frequent of {len(shown)}, the others in results.json"
        counts = {
            member: max(agent[group.key].get(member, {"n": 0})["n"] for agent in agents.values()) for member in shown
        }
        # Sorting keeps the order of members that are equally frequent.
        shown = sorted(shown, key=counts.__getitem__, reverse=True)[: group.most]
    rows = [
        [name, member, *_figures(agent[group.key][member], report.group_metrics)]
        for name, agent in agents.items()
        for member in shown
        if member in agent[group.key]
    ]
    columns = [report.metrics[key].column for key in report.group_metrics]
    return Table(title, ["agent", group.column, *columns, "n", "distinct"], rows, labels=2, folded=True)


def members(group: Grouping, agents: dict[str, Any]) -> list[str]:
    """Returns the members of a grouping that any agent has, in the order in which they are listed."""
    return list(dict.fromkeys(member for agent in agents.values() for member in agent[group.key]))


def _figures(figures: dict[str, Any], columns: tuple[str, ...]) -> list[str]:
    return [*(_figure(name, figures[name]) for name in columns), str(figures["n"]), str(figures["distinct"])]


def _figure(name: str, figure: dict[str, float] | None) -> str:
    if figure is None:
        return "-"
    if name not in _WRITTEN:
        return f"{figure['mean']:.3f} [{figure['low']:.2f}, {figure['high']:.2f}]"
    mean, low, high = (_WRITTEN[name](figure[part]) for part in ("mean", "low", "high"))
    # Nothing varies, such as the queries of agents that spend their budget.
    return mean if low == high else f"{mean} [{low}, {high}]"


def _pairs(report: ReportSettings, pairs: list[dict[str, Any]]) -> Table:
    rows = []
    for pair in pairs:
        shares = ["-" if pair[side] is None else f"{pair[side]:.0%}" for side in ("better", "equal", "worse")]
        differences = [_difference(pair["differences"][key]) for key in report.compared]
        counts = [str(pair["unscored"]), str(pair["not_common"])]
        rows.append([pair["agent"], pair["against"], str(pair["n"]), *differences, *shares, *counts])
    metrics = [report.metrics[key].column for key in report.compared]
    header = ["agent", "against", "n", *metrics, "better", "equal", "worse", "unscored", "not common"]
    title = "Paired differences on the same functions (mean and 95 % bootstrap interval; better, equal, worse by skill)"
    return Table(title, header, rows, labels=2)


def _difference(figure: dict[str, float] | None) -> str:
    if figure is None:
        return "-"
    # Rounded first, so that nothing is written as a negative zero.
    mean, low, high = (round(figure[name], digits) + 0.0 for name, digits in (("mean", 3), ("low", 2), ("high", 2)))
    return f"{mean:+.3f} [{low:+.2f}, {high:+.2f}]"


_USED = {
    "tokens": ("tokens", "{:.0f}"),
    "prompt_tokens": ("of prompts", "{:.0f}"),
    "completion_tokens": ("of replies", "{:.0f}"),
    "calls": ("calls", "{:.1f}"),
    "retries": ("retries", "{:.2f}"),
    "seconds": ("seconds", "{:.1f}"),
    "cost": ("cost", "{:.4g}"),
}


def _usage(agents: dict[str, Any]) -> Table:
    """Returns the means for an episode, the tokens with their interval and in total."""
    rows = []
    usages = {name: agent["usage"] for name, agent in agents.items() if "usage" in agent}
    priced = any(usage["cost"] for usage in usages.values())
    shown = USED if priced else USED[:-1]
    for name, usage in usages.items():
        cells = ["-" if usage[key] is None else _USED[key][1].format(usage[key]["mean"]) for key in shown]
        tokens = usage["tokens"]
        if tokens is not None:
            cells[0] = f"{tokens['mean']:.0f} [{tokens['low']:.0f}, {tokens['high']:.0f}]"
        totals = [("tokens", "{:.0f}"), *([("cost", "{:.4g}")] if priced else [])]
        sums = ["-" if usage[key] is None else form.format(usage[key]["total"]) for key, form in totals]
        rows.append([name, str(usage["n"]), *cells, *sums])
    header = ["agent", "n", *(_USED[key][0] for key in shown), "tokens in all", *(["cost in all"] if priced else [])]
    return Table("Use of language models (means for an episode, unscored ones included)", header, rows)


def _repeats(agents: dict[str, Any]) -> Table:
    """Returns the shares of functions that are right in at least one of k episodes."""
    columns = list(
        dict.fromkeys(key for agent in agents.values() for key in agent.get("repeats", {}).get("pass_at", {}))
    )
    rows = []
    for name, agent in agents.items():
        repeats = agent.get("repeats")
        if repeats is not None:
            cells = [_figure("", repeats["pass_at"].get(key)) for key in columns]
            rows.append([name, str(repeats["functions"]), _figure("", repeats["skill"]), *cells])
    title = "Repeats (means over functions with 95 % bootstrap intervals over functions; pass@k: right in one of k)"
    return Table(title, ["agent", "functions", "skill", *(f"pass@{key}" for key in columns)], rows)


def _troubles(agents: dict[str, Any]) -> Table:
    rows = [
        [name, trouble["what"], trouble["hint"], str(trouble["count"])]
        for name, agent in agents.items()
        for trouble in agent.get("troubles", ())
    ]
    return Table(TROUBLES, ["agent", "what", "what to do", "count"], rows, labels=3)


def _exceptions(agents: dict[str, Any]) -> Table:
    rows = []
    for name, agent in agents.items():
        row = [name]
        for share in (agent["exceptions"]["found"], agent["exceptions"]["false_alarms"]):
            row += ["0", "-"] if share is None else [str(share["n"]), _figure("", share)]
        rows.append(row)
    header = ["agent", "corrupted", "exception found (IoU >= 0.8)", "others", "false alarms"]
    return Table("Exceptions", header, rows)


def _outcomes(agents: dict[str, Any]) -> Table:
    present = [key for key in _OUTCOMES if any(key in agent["outcomes"] for agent in agents.values())]
    rows = [[name, *(str(agent["outcomes"].get(key, 0)) for key in present)] for name, agent in agents.items()]
    return Table("Outcomes", ["agent", *(_OUTCOMES[key] for key in present)], rows)
