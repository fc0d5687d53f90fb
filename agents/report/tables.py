"""The tables of a report, once as data and then as plain text, Markdown or HTML."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

from find_gym_agents.report.categories import CATEGORIES, Grouping, ReportedCategory

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


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Attributes:
        title: its title.
        header: the names of the columns.
        rows: the cells; the first `labels` of each row are words, the others numbers.
        labels: the number of columns that hold words.
    """

    title: str
    header: list[str]
    rows: list[list[str]]
    labels: int = 1

    def as_text(self) -> str:
        """Returns aligned plain text."""
        lines = [self.header, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.header))]

        def write(line: list[str]) -> str:
            cells = [
                cell.ljust(width) if column < self.labels else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(line, widths, strict=True))
            ]
            return "  ".join(cells).rstrip()

        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        return "\n".join([self.title, write(self.header), rule, *map(write, self.rows)])

    def as_markdown(self) -> str:
        """Returns a Markdown table under a heading."""
        alignment = ["---" if column < self.labels else "---:" for column in range(len(self.header))]
        lines = [self.header, alignment, *([_markdown(cell) for cell in row] for row in self.rows)]
        return f"## {self.title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"

    def as_html(self) -> str:
        """Returns an HTML table with a caption; every cell is escaped."""

        def write(line: list[str], tag: str) -> str:
            cells = []
            for column, cell in enumerate(line):
                kind = "th" if tag == "th" or column == 0 else "td"
                scope = ' scope="col"' if tag == "th" else ' scope="row"' if column == 0 else ""
                style = "" if column < self.labels else ' class="number"'
                mean, _, interval = cell.partition(" [")
                text = html.escape(mean) + (
                    f' <span class="interval">[{html.escape(interval)}</span>' if interval else ""
                )
                cells.append(f"<{kind}{scope}{style}>{text}</{kind}>")
            return f"<tr>{''.join(cells)}</tr>"

        body = "\n".join(write(row, "td") for row in self.rows)
        return (
            f'<div class="scroll"><table><caption>{html.escape(self.title)}</caption>\n'
            f"<thead>{write(self.header, 'th')}</thead>\n<tbody>{body}</tbody></table></div>"
        )


def _markdown(cell: str) -> str:
    return cell.replace("\\", "\\\\").replace("|", "\\|")


def tables(summary: dict[str, Any]) -> list[Table]:
    """Returns the tables of a report: overall, exceptions where the category has them, outcomes, and by groups."""
    agents = summary["agents"]
    category = CATEGORIES[summary["category"]]
    found = [_overall(category, agents)]
    if category.has_exceptions:
        found.append(_exceptions(agents))
    found.append(_outcomes(agents))
    return found + [table for group in category.groups if (table := _grouped(category, group, agents)).rows]


def _overall(category: ReportedCategory, agents: dict[str, Any]) -> Table:
    columns = [metric.column for metric in category.metrics.values()]
    rows = [[name, *_figures(agent["overall"], tuple(category.metrics))] for name, agent in agents.items()]
    return Table("Overall (mean and 95 % bootstrap interval)", ["agent", "n", *columns], rows)


def _grouped(category: ReportedCategory, group: Grouping, agents: dict[str, Any]) -> Table:
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
        [name, member, *_figures(agent[group.key][member], category.group_metrics)]
        for name, agent in agents.items()
        for member in shown
        if member in agent[group.key]
    ]
    columns = [category.metrics[key].column for key in category.group_metrics]
    return Table(title, ["agent", group.column, "n", *columns], rows, labels=2)


def members(group: Grouping, agents: dict[str, Any]) -> list[str]:
    """Returns the members of a grouping that any agent has, in the order in which they are listed."""
    return list(dict.fromkeys(member for agent in agents.values() for member in agent[group.key]))


def _figures(figures: dict[str, Any], columns: tuple[str, ...]) -> list[str]:
    return [str(figures["n"]), *(_figure(name, figures[name]) for name in columns)]


def _figure(name: str, figure: dict[str, float] | None) -> str:
    if figure is None:
        return "-"
    if name == "queries":
        return f"{figure['mean']:.1f} [{figure['low']:.1f}, {figure['high']:.1f}]"
    if name == "seconds":
        return f"{figure['mean']:.2g} [{figure['low']:.2g}, {figure['high']:.2g}]"
    return f"{figure['mean']:.3f} [{figure['low']:.2f}, {figure['high']:.2f}]"


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
