"""Pictures of training runs."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from find_gym_agents.report.colours import agent_colours
from find_gym_agents.runs.records import write_bytes


def draw_learning_curve(
    curves: Sequence[Sequence[dict[str, Any]]],
    path: Path,
    title: str,
    references: Mapping[str, float] | None = None,
) -> None:
    """Draws the skill on the validation functions over the time of training, as a PNG.

    Args:
        curves: the rows of one run or more; a ring marks the best validation of each, whose policy is kept.
        path: where to write it.
        title: the title.
        references: the skill of other agents on test functions, drawn as dashed lines.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    lowest = 0.0
    colours = agent_colours(len(curves))
    for index, curve in enumerate(curves):
        minutes = [row["seconds"] / 60 for row in curve]
        skills = [row["skill"] for row in curve]
        lowest = min(lowest, *skills)
        axes.plot(minutes, skills, color=colours[index], marker="o", markersize=3)
        best = max(range(1, len(curve)), key=skills.__getitem__, default=0)
        axes.plot(minutes[best], skills[best], "o", markersize=9, fillstyle="none", color=colours[index])
    for row, before in zip(curves[0][1:], curves[0], strict=False):
        if row["phase"] != before["phase"]:
            minute = before["seconds"] / 60
            axes.axvline(minute, color="#BBBBBB", linewidth=1, linestyle=":")
            axes.text(minute, 0.02, f" {row['phase']}", fontsize=8, color="#555555", rotation=90, va="bottom")
    for skill in (references or {}).values():
        axes.axhline(skill, color="#555555", linewidth=1, linestyle="--")
    for skill, label in reference_labels(references or {}):
        axes.annotate(label, (1, skill), xycoords=("axes fraction", "data"), xytext=(-2, 2),
                      textcoords="offset points", fontsize=8, color="#555555", ha="right", va="bottom")  # fmt: skip
    axes.set(xlabel="minutes of training", ylabel="skill on validation functions", ylim=(lowest, 1), title=title)
    axes.grid(color="#DDDDDD")
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=150)
    write_bytes(path, content.getvalue())


def reference_labels(references: Mapping[str, float], apart: float = 0.05) -> list[tuple[float, str]]:
    """Returns the labels of other agents' lines, one for those that are too close to each other for two.

    Args:
        references: the skill of each agent on test functions.
        apart: how far from each other labels have to be, in skill.

    Returns:
        The height and the text of each label, from the highest down.
    """
    labels: list[tuple[float, str]] = []
    for name, skill in sorted(references.items(), key=lambda pair: -pair[1]):
        text = f"{name} {skill:.2f}"
        if labels and labels[-1][0] - skill < apart:
            labels[-1] = (labels[-1][0], f"{labels[-1][1]}, {text}")
        else:
            labels.append((skill, f"test functions: {text}"))
    return labels
