"""Pictures of training runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from find_gym_agents.evaluation._records import write_bytes
from find_gym_agents.report.plots import COLOURS


def draw_learning_curve(curves: Sequence[Sequence[dict[str, Any]]], path: Path, title: str) -> None:
    """Draws the skill on the validation functions over the time of training, as a PNG.

    Args:
        curves: the rows of one run or more.
        path: where to write it.
        title: the title.
    """
    import io

    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    for index, curve in enumerate(curves):
        minutes = [row["seconds"] / 60 for row in curve]
        axes.plot(minutes, [row["skill"] for row in curve], color=COLOURS[index], marker="o", markersize=3)
    for row, before in zip(curves[0][1:], curves[0], strict=False):
        if row["phase"] != before["phase"]:
            minute = before["seconds"] / 60
            axes.axvline(minute, color="#BBBBBB", linewidth=1, linestyle=":")
            axes.text(minute, 0.02, f" {row['phase']}", fontsize=8, color="#555555", rotation=90, va="bottom")
    least = min([0.0, *(row["skill"] for curve in curves for row in curve)])
    axes.set(xlabel="minutes of training", ylabel="skill on validation functions", ylim=(least, 1), title=title)
    axes.grid(color="#DDDDDD")
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=150)
    write_bytes(path, content.getvalue())
