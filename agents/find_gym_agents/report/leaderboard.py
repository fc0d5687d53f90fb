"""The leaderboard: a row for each agent and configuration, merged from runs, ranked among the same functions only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from find_gym.core.registry import categories_by_name
from find_gym_agents.categories import agent_category
from find_gym_agents.report.summary import summarise
from find_gym_agents.runs.records import (
    EPISODES,
    SPECS,
    EpisodeRecord,
    Run,
    RunError,
    locked,
    read_lines,
    write_json,
    write_text,
)

LEADERBOARD = "leaderboard"
_FORMAT = 1
# What decides which functions are asked, how they are asked and scored; the rest of a run's identity is its agents'.
_CONFIGURATION = (
    "env", "dataset", "dataset_sha256", "split", "difficulty", "functions", "seed", "max_queries", "exemplars", "judge",
)  # fmt: skip

Figure = dict[str, float]


@dataclass(frozen=True)
class Row:
    """One agent of one run.

    Attributes:
        run: the name of the run's folder.
        agent: the agent's name.
        category: the category of the functions.
        configuration: the entries of the run's identity that decide functions, protocol and judge.
        settings: the other entries, such as those of a language model.
        specs: a digest of the functions themselves.
        functions: their number.
        scored: the number of episodes with a score, of which the figures are.
        unscored: the number of those without.
        distinct: how many of the scored functions are not the same; each counts once in the intervals. None in a row
            that was written before they were counted.
        skill: mean, "low" and "high", None where nothing is scored; so with the others.
        paper: the paper's score.
        queries: inputs asked.
        seconds: the agent's own computation.
        tokens: tokens of prompts and replies for an episode, None where the agent uses no model or they are not known.
        date: the day of the last episode (UTC), as YYYY-MM-DD.
        versions: the versions of Python and of packages.
    """

    run: str
    agent: str
    category: str
    configuration: dict[str, Any]
    settings: dict[str, Any]
    specs: str
    functions: int
    scored: int
    unscored: int
    skill: Figure | None
    paper: Figure | None
    queries: Figure | None
    seconds: Figure | None
    tokens: Figure | None
    date: str
    versions: dict[str, str]
    distinct: int | None = None

    @property
    def complete(self) -> bool:
        """Whether every function is scored; an agent that fails on the hard ones must not lead."""
        return self.scored == self.functions

    @property
    def key(self) -> tuple[str, str, str]:
        """What a later row of the same run and agent replaces."""
        return self.run, self.agent, self.group

    @property
    def group(self) -> str:
        """What rows that may be ranked together have in common, as text."""
        return json.dumps([self.category, self.configuration, self.specs], sort_keys=True)

    @staticmethod
    def from_json(data: Any) -> Row:
        """Reads a row.

        Raises:
            ValueError: it is none.
        """
        names = {entry.name for entry in fields(Row)}
        if not isinstance(data, dict) or set(data) | {"distinct"} != names:
            actual = sorted(set(data) ^ names) if isinstance(data, dict) else type(data).__name__
            raise ValueError(f"expected a row with its entries, actual: {actual} (missing or unknown)")
        row = Row(**data)
        texts = (row.run, row.agent, row.specs, row.date)
        numbers = (row.functions, row.scored, row.unscored, *([] if row.distinct is None else [row.distinct]))
        tables = (row.configuration, row.settings, row.versions)
        figures = [
            figure for figure in (row.skill, row.paper, row.queries, row.seconds, row.tokens) if figure is not None
        ]
        right = (
            row.category in categories_by_name()
            and all(isinstance(text, str) for text in texts)
            and all(isinstance(number, int) for number in numbers)
            and all(isinstance(table, dict) for table in tables)
            and all(_is_figure(figure) for figure in figures)
        )
        if not right:
            raise ValueError(
                f"expected a row of a known category with texts, counts and figures, actual: {data!r:.300}"
            )
        return row


def _is_figure(data: Any) -> bool:
    return isinstance(data, dict) and all(isinstance(data.get(name), int | float) for name in ("mean", "low", "high"))


def write_leaderboard(runs: Sequence[Run], folder: Path) -> tuple[list[Row], str]:
    """Merges runs into the leaderboard of a folder.

    Writes leaderboard.json, leaderboard.md and leaderboard.html. Where there is a leaderboard.json, rows of the same
    run and agent are replaced and the others kept.

    Args:
        runs: the runs; at least one.
        folder: where the files go.

    Returns:
        All rows, and the tables as plain text.

    Raises:
        RunError: a run has no episodes, two of them can't be told apart, or leaderboard.json is none.
    """
    from find_gym_agents.report.leaderboard_page import as_html, as_markdown, as_text, read_published

    given: dict[tuple[str, str, str], Row] = {}
    for run in runs:
        for row in make_rows(run):
            if row.key in given:
                raise RunError(
                    f"expected runs in folders of different names, actual: {row.run!r} twice with {row.agent}"
                )
            given[row.key] = row
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        path = folder / f"{LEADERBOARD}.json"
        merged = {row.key: row for row in _read(path)} | given
        order = list(categories_by_name())
        rows = sorted(merged.values(), key=lambda row: (order.index(row.category), row.group, row.agent, row.run))
        published = read_published()
        write_json(path, {"format": _FORMAT, "rows": [asdict(row) for row in rows], "published": published})
        write_text(folder / f"{LEADERBOARD}.md", as_markdown(rows, published))
        write_text(folder / f"{LEADERBOARD}.html", as_html(rows, published))
    return rows, as_text(rows, published)


def make_rows(run: Run) -> list[Row]:
    """Returns the rows of a run, one for each agent that has episodes.

    Raises:
        RunError: there are no episodes.
    """
    if not run.episodes:
        raise RunError(f"expected episodes in {str(run.folder)!r}, actual: none")
    categories = dict.fromkeys(record.category for record in run.episodes)
    return [row for category in categories for row in _make_rows(run, category)]


def _make_rows(run: Run, category: str) -> list[Row]:
    episodes = [record for record in run.episodes if record.category == category]
    identity = run.config["identity"]
    digest, count = _functions(run, episodes)
    paper = agent_category(category).report.paper
    written = (run.folder / EPISODES).stat().st_mtime
    rows = []
    for name, agent in summarise(episodes)["agents"].items():
        overall = agent["overall"]
        tokens = agent.get("usage", {}).get("tokens")
        rows.append(
            Row(
                run=run.folder.resolve().name,
                agent=name,
                category=category,
                configuration={key: identity[key] for key in _CONFIGURATION if identity.get(key) is not None},
                settings={key: identity[key] for key in identity if key not in (*_CONFIGURATION, "agents")},
                specs=digest,
                functions=count,
                scored=overall["n"],
                unscored=agent["unscored"],
                distinct=overall["distinct"],
                skill=overall["skill"],
                paper=None if paper is None else overall[paper],
                queries=overall["queries"],
                seconds=overall["seconds"],
                tokens=None if tokens is None else {key: tokens[key] for key in ("mean", "low", "high")},
                date=datetime.fromtimestamp(written, UTC).strftime("%Y-%m-%d"),
                versions={key: str(value) for key, value in run.config.get("versions", {}).items()},
            )
        )
    return rows


def _functions(run: Run, episodes: Sequence[EpisodeRecord]) -> tuple[str, int]:
    """Returns a digest of the run's functions and their number, whether they have episodes or not."""
    specs: dict[int, Any] = {record.index: record.spec for record in episodes}
    specs |= {line["index"]: line["spec"] for line in read_lines(run.folder / SPECS) if {"index", "spec"} <= set(line)}
    text = json.dumps([specs[index] for index in sorted(specs)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8], len(specs)


def _read(path: Path) -> list[Row]:
    if not path.exists():
        return []
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or data.get("format") != _FORMAT or not isinstance(data.get("rows"), list):
            raise ValueError(f'expected an object with "format" {_FORMAT} and "rows", actual: {str(data)[:100]!r}')
        return [Row.from_json(row) for row in data["rows"]]
    except (OSError, ValueError, TypeError) as error:
        raise RunError(f"expected a leaderboard in {path}, actual: {error}") from error
