"""A table of texts, as plain text, Markdown or HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Attributes:
        title: its title.
        header: the names of the columns.
        rows: the cells; the first `labels` of each row are words, the others numbers.
        labels: the number of columns that hold words.
        folded: whether a page shows it only when it is asked to.
    """

    title: str
    header: list[str]
    rows: list[list[str]]
    labels: int = 1
    folded: bool = False

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

    def as_markdown(self, level: int = 2) -> str:
        """Returns a Markdown table under a heading of that level."""
        rows = [[_markdown(cell) for cell in row] for row in self.rows]
        return f"{'#' * level} {_markdown(self.title)}\n\n{markdown_table(self.header, rows, self.labels)}"

    def as_html(self) -> str:
        """Returns an HTML table under its title; every cell is escaped."""
        names = [html.escape(name) for name in self.header]

        def write(line: list[str], tag: str) -> str:
            cells = []
            for column, cell in enumerate(line):
                kind = "th" if tag == "th" or column == 0 else "td"
                # A narrow window shows a row as a list, each cell beside its column's name.
                told = ' scope="col"' if tag == "th" else f' data-column="{names[column]}"'
                told += ' scope="row"' if tag == "td" and column == 0 else ""
                style = "" if column < self.labels else ' class="number"'
                cells.append(f"<{kind}{told}{style}>{_with_interval(cell)}</{kind}>")
            return f"<tr>{''.join(cells)}</tr>"

        body = "\n".join(write(row, "td") for row in self.rows)
        title = html.escape(self.title)
        table = (
            f'<div class="scroll"><table aria-label="{title}">\n'
            f"<thead>{write(self.header, 'th')}</thead>\n<tbody>{body}</tbody></table></div>"
        )
        if self.folded:
            return f"<details><summary>{title}</summary>{table}</details>"
        return f'<p class="title">{title}</p>\n{table}'


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], labels: int = 1) -> str:
    """Returns a Markdown table of cells that are Markdown already, numbers on the right.

    Args:
        header: the names of the columns.
        rows: the cells.
        labels: the number of columns, from the left, that hold words.
    """
    alignment = ["---" if column < labels else "---:" for column in range(len(header))]
    return "".join(f"| {' | '.join(line)} |\n" for line in (header, alignment, *rows))


def _with_interval(cell: str) -> str:
    mean, _, interval = cell.partition(" [")
    if not interval:
        return html.escape(cell)
    return f'{html.escape(mean)} <span class="interval">[{html.escape(interval)}</span>'


def _markdown(cell: str) -> str:
    """Escapes what Markdown would read as cells, lines or markup."""
    line = " ".join(cell.splitlines())
    return line.replace("\\", "\\\\").replace("|", "\\|").replace("&", "&amp;").replace("<", "&lt;")
