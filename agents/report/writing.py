"""Writes the files of a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from find_gym_agents.evaluation._records import EpisodeRecord, Run, RunError, write_bytes, write_json, write_text
from find_gym_agents.report.summary import summarise
from find_gym_agents.report.tables import tables


def write_report(runs: Sequence[Run], folder: Path, *, pictures: bool = True) -> tuple[dict[str, Any], str]:
    """Writes the report of one run, or of several runs together.

    Args:
        runs: the runs; an agent that is in several of them is told apart by the names of their folders.
        folder: where report.md, results.json and, with `pictures`, report.html and the plots go.
        pictures: whether to write report.html and the plots.

    Returns:
        The content of results.json, and the tables as plain text.

    Raises:
        RunError: there are no episodes, or their functions are of several categories.
        ImportError: pictures are asked for and matplotlib is not installed.
    """
    episodes = _together(runs)
    if not episodes:
        raise RunError(f"expected episodes in {', '.join(str(run.folder) for run in runs)}, actual: none")
    categories = list(dict.fromkeys(record.category for record in episodes))
    if len(categories) > 1:
        raise RunError(f"expected runs of one category, actual: {', '.join(categories)}; report each by itself")
    configs = [run.config for run in runs]
    summary = {"runs": configs} | summarise(episodes)
    found = tables(summary)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "results.json", summary)
    title = _title(configs)
    markdown = "\n".join(table.as_markdown() for table in found)
    write_text(folder / "report.md", f"# {title}\n\n{markdown}")
    if pictures:
        from find_gym_agents.report.page import write_page
        from find_gym_agents.report.plots import draw_all

        drawn = draw_all(summary, episodes)
        for name, plot in drawn.items():
            write_bytes(folder / f"{name}.png", plot.png)
        write_text(folder / "report.html", write_page(title, configs, found, drawn, episodes))
    return summary, "\n\n".join(table.as_text() for table in found)


def _title(configs: Sequence[dict[str, Any]]) -> str:
    return f"Evaluation on {', '.join(dict.fromkeys(str(config['identity'].get('env')) for config in configs))}"


def _together(runs: Sequence[Run]) -> list[EpisodeRecord]:
    seen: dict[str, int] = {}
    for run in runs:
        for name in dict.fromkeys(record.agent for record in run.episodes):
            seen[name] = seen.get(name, 0) + 1
    return [
        replace(record, agent=f"{record.agent} ({run.folder.name})") if seen[record.agent] > 1 else record
        for run in runs
        for record in run.episodes
    ]
