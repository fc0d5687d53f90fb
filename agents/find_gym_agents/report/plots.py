"""The plots of a report, each as PNG and as SVG."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from find_gym_agents.categories import agent_category
from find_gym_agents.categories.record import Grouping
from find_gym_agents.report.colours import COLOURS, agent_colours
from find_gym_agents.report.tables import members
from find_gym_agents.runs.records import EpisodeRecord

# One for each round of the palette's eight colours.
_MARKERS = "osD^vP*X"
_EXAMPLES = 8
# The height of a legend of one row, in inches, which the heights of plots allow for.
_ONE_ROW = 0.3
_INK, _GRID_COLOUR = "#222222", "#DDDDDD"
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "find-gym",
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica", "Arial", "Liberation Sans", "DejaVu Sans"],
    "font.size": 10,
    "axes.edgecolor": "#888888",
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.parse_math": False,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


@dataclass(frozen=True)
class Plot:
    """A plot.

    Attributes:
        title: what it shows, also for those who can't see it.
        png: the picture at 150 dots an inch.
        svg: the same as SVG.
    """

    title: str
    png: bytes
    svg: bytes


def check_plots() -> None:
    """Checks that plots can be drawn.

    Raises:
        ImportError: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError("expected matplotlib for the report: pip install 'find-gym[report]'") from error


def draw_all(summary: dict[str, Any], episodes: list[EpisodeRecord]) -> dict[str, Plot]:
    """Draws all plots of a report.

    Args:
        summary: the figures.
        episodes: the records.

    Returns:
        The plots by the names of their files.
    """
    check_plots()
    agents = summary["agents"]
    report = agent_category(summary["category"]).report
    plots = {
        f"skill_{group.key}": draw_plot(
            f"Skill {group.title[0].lower()}{group.title[1:]}",
            partial(_by_group, agents=agents, group=group, trivial=report.trivial),
        )
        for group in report.groups
        if group.plotted and members(group, agents)
    }
    plots["skill_by_queries"] = draw_plot(
        "Skill against queries",
        partial(_by_queries, agents=agents, episodes=episodes, trivial=report.trivial),
        width=5.5,
    )
    chosen = _examples(summary, episodes)
    if chosen and report.example is not None:
        title = f"Examples of {chosen[0].agent}, from its worst to its best"
        plots["examples"] = draw_plot(title, partial(_example_panels, chosen=chosen, draw=report.example), width=11.0)
    return plots


def draw_plot(title: str, draw: Callable[[Any], float], width: float = 6.5) -> Plot:
    """Draws one plot; `draw` fills a figure and returns its height in inches, without the legend."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(width, 4.0), layout="constrained")
        FigureCanvasAgg(figure)
        heading = textwrap.wrap(title, int(10 * width)) or [""]
        height = draw(figure) + 0.2 * (len(heading) - 1)
        figure.set_size_inches(width, height)
        figure.suptitle("\n".join(heading), fontsize=12, fontweight="bold", color=_INK)
        figure.set_size_inches(width, height + _add_legend(figure))
        pictures = []
        for kind, options in (("png", {"dpi": 150, "metadata": {}}), ("svg", {"metadata": {"Date": None}})):
            buffer = io.BytesIO()
            figure.savefig(buffer, format=kind, **options)
            pictures.append(buffer.getvalue())
    return Plot(title, pictures[0], pictures[1])


def _by_group(figure: Any, agents: dict[str, Any], group: Grouping, trivial: str) -> float:
    """Draws mean skill with its interval, groups from top to bottom, agents side by side within each."""
    names = members(group, agents)
    axes = figure.add_subplot()
    step = 0.8 / max(len(agents), 1)
    colours = agent_colours(len(agents))
    for place, (name, agent) in enumerate(agents.items()):
        rows = [(row, agent[group.key][member]) for row, member in enumerate(names) if member in agent[group.key]]
        if not rows:
            continue
        height = [row + (place - (len(agents) - 1) / 2) * step for row, _ in rows]
        mean = np.array([figures["skill"]["mean"] for _, figures in rows])
        low = np.array([figures["skill"]["low"] for _, figures in rows])
        high = np.array([figures["skill"]["high"] for _, figures in rows])
        error = np.maximum([mean - low, high - mean], 0.0)
        axes.errorbar(
            mean, height, xerr=error, fmt=marker(place), markersize=4.5, color=colours[place], elinewidth=1.6,
            label=name,
        )  # fmt: skip
    counts = {
        member: max(agent[group.key][member]["n"] for agent in agents.values() if member in agent[group.key])
        for member in names
    }
    axes.set_yticks(range(len(names)), [f"{member}  (n={counts[member]})" for member in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    for row in range(1, len(names)):
        axes.axhline(row - 0.5, color=_GRID_COLOUR, linewidth=0.6)
    skill_axis(axes.set_xlim, axes.set_xlabel, axes.xaxis, trivial)
    return 1.4 + len(names) * max(0.26, 0.11 * len(agents) + 0.08)


def _by_queries(figure: Any, agents: dict[str, Any], episodes: list[EpisodeRecord], trivial: str) -> float:
    """Draws each episode as a dot and each agent's mean with its intervals."""
    axes = figure.add_subplot()
    rng = np.random.default_rng(0)
    colours = agent_colours(len(agents))
    for place, (name, agent) in enumerate(agents.items()):
        scored = [record for record in episodes if record.agent == name and record.scored]
        if not scored:
            continue
        skills = np.array([record.score["skill"] if record.score else 0.0 for record in scored])
        queries = np.array([float(record.queries) for record in scored])
        # Moved a little, so that equal ones do not hide each other.
        axes.plot(
            queries + rng.uniform(-0.8, 0.8, queries.size),
            skills + rng.uniform(-0.012, 0.012, skills.size),
            ".",
            color=colours[place],
            alpha=0.35,
            markersize=6,
            markeredgewidth=0,
            rasterized=True,
        )
        x, y = agent["overall"]["queries"], agent["overall"]["skill"]
        axes.errorbar(
            [x["mean"]],
            [y["mean"]],
            xerr=[[max(x["mean"] - x["low"], 0)], [max(x["high"] - x["mean"], 0)]],
            yerr=[[max(y["mean"] - y["low"], 0)], [max(y["high"] - y["mean"], 0)]],
            fmt=marker(place),
            markersize=8,
            color=colours[place],
            markeredgecolor="white",
            elinewidth=1.8,
            label=name,
            zorder=3,
        )
    axes.set_xlabel("queries used")
    axes.set_xlim(left=-2)
    skill_axis(axes.set_ylim, axes.set_ylabel, axes.yaxis, trivial)
    return 4.2


def skill_axis(set_limits: Any, set_label: Any, axis: Any, trivial: str) -> None:
    """Makes an axis one of skill; its functions that set limits and label are given beside it."""
    # What is worse than chance is below 0.
    set_limits(min(0.0, axis.get_data_interval()[0]) - 0.03, 1.03)
    set_label(f"skill (0: {trivial}, 1: truth)")
    axis.grid(color=_GRID_COLOUR, linewidth=0.6)
    axis.get_major_locator().set_params(nbins=5)


def marker(place: int) -> str:
    """Returns the marker of the agent at a place: another one for each round of the palette."""
    return _MARKERS[place // len(COLOURS) % len(_MARKERS)]


def _add_legend(figure: Any) -> float:
    """Adds the legend of the first axes below a figure, in as many columns as fit, and returns its height in inches."""
    handles, names = figure.axes[0].get_legend_handles_labels()
    if not names:
        return 0.0
    width = figure.get_size_inches()[0]
    names = ["\n".join(textwrap.wrap(name, int(11 * width))) for name in names]
    for columns in range(min(4, len(names)), 0, -1):
        # Of several rows, as few columns as they need.
        balanced = -(-len(names) // -(-len(names) // columns))
        legend = figure.legend(handles, names, loc="outside lower center", ncols=balanced, frameon=False, fontsize=9)
        extent = legend.get_window_extent(figure.canvas.get_renderer())
        # Browsers draw the SVG's texts in a font of theirs, which may be wider.
        if columns == 1 or extent.width <= 0.9 * width * figure.dpi:
            break
        legend.remove()
    return max(float(extent.height) / figure.dpi - _ONE_ROW, 0.0)


def _examples(summary: dict[str, Any], episodes: list[EpisodeRecord]) -> list[EpisodeRecord]:
    """Chooses episodes of the agent that was named first, evenly from its worst to its best."""
    drawable = [record for record in episodes if record.score is not None and (record.curve or record.comparison)]
    first = next((name for name in summary["agents"] if any(record.agent == name for record in drawable)), None)
    shown = [record for record in drawable if record.agent == first]
    shown.sort(key=lambda record: (record.score["skill"] if record.score else 0.0, record.index))
    places: list[int] = (
        np.unique(np.linspace(0, len(shown) - 1, min(_EXAMPLES, len(shown))).round().astype(int)).tolist()
        if shown
        else []
    )
    return [shown[place] for place in places]


def _example_panels(figure: Any, chosen: list[EpisodeRecord], draw: Callable[[Any, EpisodeRecord], None]) -> float:
    rows = -(-len(chosen) // 4)
    grid = figure.subplots(rows, 4, squeeze=False).ravel()
    for axes, record in zip(grid, chosen, strict=False):
        draw(axes, record)
    for axes in grid[len(chosen) :]:
        axes.set_visible(False)
    return 0.9 + 2.3 * rows
