"""Writes the files of a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from find_gym.core.registry import categories_by_name
from find_gym_agents.report.summary import summarise
from find_gym_agents.report.table import Table
from find_gym_agents.report.tables import TROUBLES, closing_table, tables
from find_gym_agents.runs.records import EpisodeRecord, Run, RunError, write_bytes, write_json, write_text


def write_report(runs: Sequence[Run], folder: Path, *, pictures: bool = True) -> tuple[dict[str, Any], str]:
    """Writes the report of one run, or of several runs together, of one category or of several.

    Args:
        runs: the runs; an agent that is in several of them is told apart by their folders.
        folder: where report.md, results.json and, with `pictures`, report.html and the plots go.
        pictures: whether to write report.html and the plots.

    Returns:
        The content of results.json, and the tables as plain text. Where episodes of a run are missing, "not_run" is
        their number. Where there are several categories, results.json has
        "runs" and under "categories" the figures of each; where there is one, these stand beside "runs".

    Raises:
        RunError: there are no episodes, a run is given twice, or a category is not registered.
        ImportError: pictures are asked for and matplotlib is not installed.
    """
    folders = [run.folder.resolve() for run in runs]
    for run, place in zip(runs, folders, strict=True):
        if folders.count(place) > 1:
            raise RunError(f"expected different runs, actual: {str(run.folder)!r} twice")
    episodes = _together(runs)
    if not episodes:
        raise RunError(f"expected episodes in {', '.join(str(run.folder) for run in runs)}, actual: none")
    groups = {
        category: [record for record in episodes if record.category == category]
        for category in dict.fromkeys(record.category for record in episodes)
    }
    unknown = sorted(set(groups) - set(categories_by_name()))
    if unknown:
        raise RunError(
            f"expected episodes of registered categories ({', '.join(categories_by_name())}), actual: "
            f"{', '.join(unknown)}; the package that registers it is not installed"
        )
    summaries = {category: summarise(group) for category, group in groups.items()}
    found = {category: tables(summary) for category, summary in summaries.items()}
    several = len(groups) > 1
    configs = [run.config for run in runs]
    not_run = sum(run.not_run for run in runs)
    if not_run:
        next(iter(found.values())).insert(1, _unfinished(runs))
    results = (
        {"runs": configs}
        | ({"not_run": not_run} if not_run else {})
        | ({"categories": summaries} if several else next(iter(summaries.values())))
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "results.json", results)
    title = _title(configs)
    write_text(folder / "report.md", f"# {title}\n\n{_markdown(found)}")
    if pictures:
        _write_pictures(folder, title, configs, summaries, found, groups)
    return results, _text(found)


def closing(results: dict[str, Any], folder: Path) -> str:
    """Returns what a command prints of a report: one short table for each category, troubles, and where the rest is.

    Args:
        results: the content of results.json.
        folder: the folder of the report.
    """
    summaries = results["categories"].values() if "categories" in results else [results]
    parts = []
    for summary in summaries:
        parts.append(closing_table(summary["agents"], summary["category"].capitalize()))
        parts += [table for table in tables(summary) if table.title == TROUBLES]
    page = folder / "report.html"
    places = [f"Report: {page if page.exists() else folder / 'report.md'}"]
    if results.get("not_run"):
        places.append(f"{results['not_run']} episodes were not run; the same command, with a greater budget, goes on.")
    return "\n\n".join([*(part.as_text() for part in parts), "\n".join(places)])


def _unfinished(runs: Sequence[Run]) -> Table:
    rows = [[run.folder.name, str(len(run.episodes)), str(run.not_run)] for run in runs if run.not_run]
    title = "Unfinished: interrupted, or the budget is spent; the same command, with a greater budget, goes on"
    return Table(title, ["run", "episodes", "not run"], rows)


def _write_pictures(
    folder: Path,
    title: str,
    configs: Sequence[dict[str, Any]],
    summaries: dict[str, dict[str, Any]],
    found: dict[str, list[Table]],
    groups: dict[str, list[EpisodeRecord]],
) -> None:
    """Writes report.html and the plots; those of several categories have the category in their names."""
    from find_gym_agents.report.page import Section, write_page
    from find_gym_agents.report.plots import draw_all

    sections = []
    for category, episodes in groups.items():
        drawn = draw_all(summaries[category], episodes)
        for name, plot in drawn.items():
            prefix = f"{category}_" if len(groups) > 1 else ""
            write_bytes(folder / f"{prefix}{name}.png", plot.png)
        sections.append(Section(category, found[category], drawn, episodes))
    write_text(folder / "report.html", write_page(title, configs, sections))


def _markdown(found: dict[str, list[Table]]) -> str:
    if len(found) == 1:
        return "\n".join(table.as_markdown() for group in found.values() for table in group)
    return "\n".join(
        f"## {category.capitalize()}\n\n" + "\n".join(table.as_markdown(level=3) for table in group)
        for category, group in found.items()
    )


def _text(found: dict[str, list[Table]]) -> str:
    texts = {category: "\n\n".join(table.as_text() for table in group) for category, group in found.items()}
    if len(texts) == 1:
        return "".join(texts.values())
    return "\n\n".join(f"=== {category}\n\n{text}" for category, text in texts.items())


def _title(configs: Sequence[dict[str, Any]]) -> str:
    return f"Evaluation on {', '.join(dict.fromkeys(str(config['identity'].get('env')) for config in configs))}"


def _together(runs: Sequence[Run]) -> list[EpisodeRecord]:
    """Returns the episodes of all runs; an agent's name has the run's where several runs have it in a category."""
    names = Counter(run.folder.name for run in runs)
    seen = Counter(key for run in runs for key in {(record.category, record.agent) for record in run.episodes})
    together = []
    for run in runs:
        label = run.folder.name if names[run.folder.name] == 1 else str(run.folder)
        together += [
            replace(record, agent=f"{record.agent} ({label})") if seen[record.category, record.agent] > 1 else record
            for record in run.episodes
        ]
    return together
