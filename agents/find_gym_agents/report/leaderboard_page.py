"""The leaderboard as text, Markdown and HTML: a section for each category, a table for each set of functions."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any

from find_gym.core.registry import categories_by_name
from find_gym_agents.categories import agent_category
from find_gym_agents.report.leaderboard import Figure, Row
from find_gym_agents.report.table import Table
from find_gym_agents.report.tables import write_seconds
from find_gym_agents.report.template import fill

_TITLE = "Leaderboard"
_INTRODUCTION = (
    "Means for a function, scores with 95 % intervals. Agents are ranked by skill, and only among those that "
    "were asked the same functions in the same way: each table has one set of functions. An agent has a rank when all "
    "of them are scored."
)


def read_published() -> list[dict[str, Any]]:
    """Returns the published figures: "category", "interpreter", "setting", "score", "value" and "source" of each."""
    papers = {name: paper for name in categories_by_name() if (paper := agent_category(name).paper) is not None}
    return [figure for name, paper in papers.items() for figure in paper.published(name)]


def as_text(rows: Sequence[Row], published: Sequence[dict[str, Any]]) -> str:
    """Returns the tables as plain text."""
    parts = []
    for category, tables in _sections(rows, published).items():
        parts += [f"=== {category}", *(table.as_text() for table in tables)]
    return "\n\n".join(parts)


def as_markdown(rows: Sequence[Row], published: Sequence[dict[str, Any]]) -> str:
    """Returns the page as Markdown."""
    parts = [f"# {_TITLE}\n\n{_INTRODUCTION}\n"]
    for category, tables in _sections(rows, published).items():
        parts += [f"## {category.capitalize()}\n", *(table.as_markdown(level=3) for table in tables)]
    return "\n".join(parts)


def as_html(rows: Sequence[Row], published: Sequence[dict[str, Any]]) -> str:
    """Returns the page as HTML, in one file that loads nothing."""
    sections = []
    for category, tables in _sections(rows, published).items():
        *own, last = [table.as_html() for table in tables]
        content = f'<div class="ranked">{"".join(own)}</div>\n<div class="published">{last}</div>'
        sections.append(f"<section>\n<h2>{html.escape(category.capitalize())}</h2>\n{content}\n</section>")
    parts = {"introduction": _INTRODUCTION, "sections": "\n".join(sections)}
    return fill("leaderboard.html", _TITLE, parts, ("sorting.js",))


def _sections(rows: Sequence[Row], published: Sequence[dict[str, Any]]) -> dict[str, list[Table]]:
    """Returns the tables of each category that has rows; the last one has the published figures."""
    sections = {}
    for category in categories_by_name():
        groups: dict[str, list[Row]] = {}
        for row in rows:
            if row.category == category:
                groups.setdefault(row.group, []).append(row)
        if groups:
            figures = [figure for figure in published if figure["category"] == category]
            sections[category] = [*(_table(category, group) for group in groups.values()), _published(figures)]
    return sections


def _table(category: str, rows: Sequence[Row]) -> Table:
    """Returns the table of one set of functions: the ranked ones by skill, then those that are not complete."""
    best = sorted(rows, key=lambda row: (not row.complete, -_mean(row), row.agent, row.run))
    cells = []
    for row in best:
        rank = 1 + sum(_mean(other) > _mean(row) for other in rows if other.complete)
        cells.append(
            [
                str(rank) if row.complete else "-",
                row.agent,
                _with_interval(row.skill),
                _with_interval(row.paper),
                _mean_of(row.queries, "{:.1f}"),
                _mean_of(row.tokens, "{:.0f}"),
                "-" if row.seconds is None else write_seconds(row.seconds["mean"]),
                str(row.scored),
                "-" if row.distinct is None else str(row.distinct),
                str(row.unscored),
                row.date,
                row.versions.get("find-gym", "-"),
                row.run,
            ]
        )
    report = agent_category(category).report
    paper = "paper's score" if report.paper is None else report.metrics[report.paper].column
    header = [
        "rank", "agent", "skill", paper, "queries", "tokens", "seconds", "scored", "distinct", "unscored",
        "date", "find-gym", "run",
    ]  # fmt: skip
    return Table(_describe(rows[0]), header, cells, labels=2)


def _published(figures: Sequence[dict[str, Any]]) -> Table:
    """Returns the published figures: a row for each interpreter and source, a column for each setting and score."""
    columns = list(dict.fromkeys(f"{figure['setting']}: {figure['score']}" for figure in figures))
    lines: dict[tuple[str, str], dict[str, str]] = {}
    for figure in figures:
        line = lines.setdefault((figure["interpreter"], figure["source"]), {})
        line[f"{figure['setting']}: {figure['score']}"] = f"{figure['value']:.2f}"
    rows = [
        [interpreter, f"published, {source}", *(line.get(column, "-") for column in columns)]
        for (interpreter, source), line in lines.items()
    ]
    title = "Published figures, on other functions and by another protocol: not to be ranked with those above"
    return Table(title, ["interpreter", "source", *columns], rows, labels=2)


def _mean(row: Row) -> float:
    return row.skill["mean"] if row.skill is not None else -1.0


def _with_interval(figure: Figure | None) -> str:
    return "-" if figure is None else f"{figure['mean']:.3f} [{figure['low']:.2f}, {figure['high']:.2f}]"


def _mean_of(figure: Figure | None, form: str) -> str:
    return "-" if figure is None else form.format(figure["mean"])


def _describe(row: Row) -> str:
    """Says in words which functions were asked, and how."""
    configuration = row.configuration
    if "dataset" in configuration:
        parts = [f"{row.functions} functions of the dataset {configuration['dataset']}"]
    else:
        difficulty = configuration.get("difficulty")
        text = difficulty if isinstance(difficulty, str) else json.dumps(difficulty, sort_keys=True)
        parts = [f"{row.functions} functions of the split {configuration.get('split')}", f"difficulty {text}"]
    parts += [f"seed {configuration.get('seed')}", f"{configuration.get('max_queries')} queries"]
    parts += ["with exemplars"] if configuration.get("exemplars") else []
    parts += [f"judge {configuration['judge']}"] if "judge" in configuration else []
    return f"{', '.join(parts)} ({configuration.get('env')}, functions {row.specs})"
