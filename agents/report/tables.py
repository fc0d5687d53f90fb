"""The tables of a report, once as data and then as plain text, Markdown or HTML."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

_COLUMNS = {
    "accuracy": "accuracy",
    "skill": "skill",
    "paper_success": "paper's success",
    "beyond_range": "beyond range",
    "queries": "queries",
    "seconds": "seconds",
}
_GROUP_COLUMNS = ("accuracy", "skill", "paper_success", "queries", "seconds")
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
    """Returns the tables of a report: overall, exceptions, outcomes, by variant, by family."""
    agents = summary["agents"]
    found = [_overall(agents), _exceptions(agents), _outcomes(agents)]
    for group, word in (("by_variant", "variant"), ("by_family", "family")):
        rows = [
            [name, member, *_figures(figures, _GROUP_COLUMNS)]
            for name, agent in agents.items()
            for member, figures in agent[group].items()
        ]
        if rows:
            found.append(
                Table(f"By {word}", ["agent", word, "n", *(_COLUMNS[key] for key in _GROUP_COLUMNS)], rows, labels=2)
            )
    return found


def _overall(agents: dict[str, Any]) -> Table:
    rows = [[name, *_figures(agent["overall"], tuple(_COLUMNS))] for name, agent in agents.items()]
    return Table("Overall (mean and 95 % bootstrap interval)", ["agent", "n", *_COLUMNS.values()], rows)


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
