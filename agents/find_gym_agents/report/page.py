"""The self-contained HTML page of a report.

Everything that agents wrote reaches the page as JSON in data blocks, with `<`, `>` and `&` escaped, and is shown by
setting text only; the tables are escaped here.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from find_gym_agents.categories import agent_category
from find_gym_agents.report.colours import agent_colours
from find_gym_agents.report.episodes import embed, page_episodes
from find_gym_agents.report.plots import Plot
from find_gym_agents.report.table import Table
from find_gym_agents.report.template import fill
from find_gym_agents.runs.records import EpisodeRecord

_SCRIPTS = (
    "sorting.js", "elements.js", "curves.js", "answers.js", "tests.js", "messages.js", "cards.js", "filters.js",
    "view.js",
)  # fmt: skip


@dataclass(frozen=True)
class Section:
    """What a page says of one category.

    Attributes:
        category: the category's name.
        tables: its tables.
        plots: its plots, by their names.
        episodes: its records.
    """

    category: str
    tables: Sequence[Table]
    plots: dict[str, Plot]
    episodes: Sequence[EpisodeRecord]


def write_page(title: str, configs: Sequence[dict[str, Any]], sections: Sequence[Section]) -> str:
    """Returns the page.

    Args:
        title: its title.
        configs: the configurations of the runs.
        sections: one for each category; at least one.
    """
    episodes = [record for section in sections for record in section.episodes]
    names = list(dict.fromkeys(record.agent for record in episodes))
    shown = page_episodes(episodes, names, [section.category for section in sections])
    data = {
        "agents": names,
        "categories": [_category(section, names) for section in sections],
        "texts": shown.texts,
        "episodes": shown.entries,
    }
    parts = {
        "facts": "\n".join(_facts(config) for config in configs),
        "sections": "\n".join(_section(section, folded=len(sections) > 1) for section in sections),
        "data": embed(data),
        "details": shown.details,
    }
    return fill("page.html", title, parts, _SCRIPTS)


def _category(section: Section, names: list[str]) -> dict[str, Any]:
    """Returns a category's name, the legend of its episodes, and the colours of the agents, those of its plots."""
    own = list(dict.fromkeys(record.agent for record in section.episodes))
    drawn = dict(zip(own, agent_colours(len(own)), strict=True))
    colours = [drawn.get(name) for name in names]
    return {"name": section.category, "legend": agent_category(section.category).report.legend, "colours": colours}


def _section(section: Section, *, folded: bool) -> str:
    tables = "\n".join(table.as_html() for table in section.tables)
    plots = "\n".join(_picture(name, plot) for name, plot in section.plots.items())
    content = (
        f'<p>{agent_category(section.category).report.introduction}</p>\n{tables}\n<div class="plots">\n{plots}\n</div>'
    )
    if not folded:
        return f'<section aria-label="Results">\n{content}\n</section>'
    heading = html.escape(section.category.capitalize())
    heading = f"<summary><h2>{heading}</h2></summary>"
    return f'<section><details class="category" open>{heading}\n{content}\n</details></section>'


def _facts(config: dict[str, Any]) -> str:
    facts = {**config["identity"], **config.get("versions", {})}
    facts["agents"] = ", ".join(map(str, facts.get("agents", [])))
    facts.pop("dataset_sha256", None)
    items = (
        f"<div><dt>{html.escape(name.replace('_', ' '))}</dt><dd>{html.escape(str(value))}</dd></div>"
        for name, value in facts.items()
        if value not in (None, "")
    )
    return f'<dl class="facts">{"".join(items)}</dl>'


def _picture(name: str, plot: Plot) -> str:
    content = base64.b64encode(plot.svg).decode()
    return f'<img class="{name}" src="data:image/svg+xml;base64,{content}" alt="{html.escape(plot.title)}">'
