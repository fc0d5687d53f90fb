"""Tables, plots and the page of evaluations that are made of several runs: of budgets, and of adaptive gain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from find_gym_agents.categories import agent_category
from find_gym_agents.report.bootstrap import bootstrap_means
from find_gym_agents.report.colours import agent_colours
from find_gym_agents.report.distinct import function_keys
from find_gym_agents.report.plots import Plot, draw_plot, marker, skill_axis
from find_gym_agents.report.table import Table
from find_gym_agents.runs.records import EpisodeRecord, write_bytes, write_text

# A mean with its interval: "mean", "low" and "high".
Figure = Mapping[str, float]


@dataclass(frozen=True)
class Comparison:
    """What is written of an evaluation that is made of several runs.

    Attributes:
        title: the title of the page.
        category: the category of the functions.
        configs: the configurations of the runs.
        tables: the tables.
        plots: makes the plots, by the names of their files.
    """

    title: str
    category: str
    configs: Sequence[dict[str, Any]]
    tables: Sequence[Table]
    plots: Mapping[str, Any] = field(default_factory=dict)

    def write(self, folder: Path, *, pictures: bool) -> str:
        """Writes report.md and, with `pictures`, report.html and the plots; returns the tables as text."""
        text = "\n".join(table.as_markdown() for table in self.tables)
        write_text(folder / "report.md", f"# {self.title}\n\n{text}")
        if pictures:
            from find_gym_agents.report.page import Section, write_page

            plots: dict[str, Plot] = {name: make() for name, make in self.plots.items()}
            for name, plot in plots.items():
                write_bytes(folder / f"{name}.png", plot.png)
            section = Section(self.category, self.tables, plots, [])
            write_text(folder / "report.html", write_page(self.title, self.configs, [section]))
        return "\n\n".join(table.as_text() for table in self.tables)


# --- Budgets ----------------------------------------------------------------------------------------------------------


def by_budget_table(title: str, figures: Mapping[str, Mapping[int, Figure | None]], budgets: Sequence[int]) -> Table:
    """Returns a table of means, one row for each agent, one column for each budget.

    Args:
        title: its title.
        figures: the means by agents and budgets, as far as they are known.
        budgets: the budgets.
    """
    rows = [[name, *(_cell(own.get(budget)) for budget in budgets)] for name, own in figures.items()]
    return Table(title, ["agent", *(f"{budget} queries" for budget in budgets)], rows)


def draw_by_budget(
    title: str, label: str | None, figures: Mapping[str, Mapping[int, Figure | None]], category: str
) -> Plot:
    """Draws means over budgets, with their intervals.

    Args:
        title: what it shows.
        label: the label of the means; None for skill.
        figures: the means by agents and budgets.
        category: the category of the functions.
    """
    trivial = agent_category(category).report.trivial
    return draw_plot(title, partial(_lines, figures=figures, label=label, trivial=trivial))


def _lines(figure: Any, figures: Mapping[str, Mapping[int, Figure | None]], label: str | None, trivial: str) -> float:
    axes = figure.add_subplot()
    colours = agent_colours(len(figures))
    budgets = sorted({budget for own in figures.values() for budget in own})
    for place, (name, own) in enumerate(figures.items()):
        known = [(budget, one) for budget, one in sorted(own.items()) if one is not None]
        mean = [one["mean"] for _, one in known]
        below = [max(one["mean"] - one["low"], 0.0) for _, one in known]
        above = [max(one["high"] - one["mean"], 0.0) for _, one in known]
        # Agents side by side, so that no interval hides another.
        x = [budgets.index(budget) + 0.06 * (place - (len(figures) - 1) / 2) for budget, _ in known]
        axes.errorbar(
            x, mean, yerr=[below, above], fmt=f"-{marker(place)}", markersize=4.5, linewidth=1.4, elinewidth=1.4,
            color=colours[place], label=name,
        )  # fmt: skip
    axes.set_xticks(range(len(budgets)), list(map(str, budgets)))
    axes.set_xlabel("queries that may be asked")
    if label is None:
        skill_axis(axes.set_ylim, axes.set_ylabel, axes.yaxis, trivial)
    else:
        axes.axhline(0.0, color="#888888", linewidth=0.8)
        axes.set_ylabel(label)
    return 4.0


# --- Adaptive gain ----------------------------------------------------------------------------------------------------


def paired_gain(own: Sequence[EpisodeRecord], other: Sequence[EpisodeRecord]) -> dict[str, Any] | None:
    """Returns the mean difference of skill between two runs on the same functions.

    Args:
        own: the records of an agent.
        other: those that are subtracted.

    Returns:
        "mean", "low", "high" (95 %, from resampled functions) and "n"; None where no function is scored in both.
    """
    by_index = {(record.index, record.repeat): record for record in other if record.scored}
    pairs = [
        (record, by_index[record.index, record.repeat])
        for record in own
        if record.scored and (record.index, record.repeat) in by_index
    ]
    if not pairs:
        return None
    read = agent_category(pairs[0][0].category).report.metrics["skill"].read
    rows = [[read(one) - read(another)] for one, another in pairs]
    mean, low, high = bootstrap_means(rows, function_keys([one for one, _ in pairs]))
    return {"mean": float(mean[0]), "low": float(low[0]), "high": float(high[0]), "n": len(pairs)}


def gain_table(figures: Mapping[str, Mapping[str, Figure | None]], names: Mapping[str, str]) -> Table:
    """Returns the table of adaptive gain.

    Args:
        figures: for each agent its skill, as "skill", and its gain over other queries by their names.
        names: the other queries in words, by their names.
    """
    rows = [
        [agent, _cell(own["skill"]), *(_cell(own[name], signed=True) for name in names)]
        for agent, own in figures.items()
    ]
    title = (
        "Adaptive gain: skill with an agent's own queries, and by how much it is above that with others, of which it "
        "concludes in the same way (paired, 95 % bootstrap intervals over functions)"
    )
    return Table(title, ["agent", "own queries", *(f"less {words}" for words in names.values())], rows)


def _cell(figure: Figure | None, *, signed: bool = False) -> str:
    if figure is None:
        return "-"
    sign = "+" if signed else ""
    return f"{figure['mean']:{sign}.3f} [{figure['low']:{sign}.2f}, {figure['high']:{sign}.2f}]"
