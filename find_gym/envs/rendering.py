"""Rendering: a plot (numeric) or a table of what was asked, with truth and submission after the end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.envs.episode import Episode
from find_gym.functions import QUERY_RANGE
from find_gym.scoring import predict, read_domain

SIZE_IN_PIXELS = (720, 480)
_ROWS = 24
# An even number leaves out 0, where a step may have a value of its own that would set the scale.
_CURVE = np.linspace(*QUERY_RANGE, 2048)


def plot_episode(axes: Any, episode: Episode) -> None:
    """Draws an episode on matplotlib axes: the answers, and after the end the truth and the submission over them."""
    x, y = np.array(episode.inputs, dtype=np.float64), np.array(episode.outputs, dtype=np.float64)
    defined = np.isfinite(y)
    shown = [y[defined]]
    if episode.last.terminated:
        truth = episode.function.truth(_CURVE)
        axes.plot(_CURVE, truth, color="0.6", linewidth=4, label="truth")
        shown.append(truth[np.isfinite(truth)])
        for region in episode.function.regions:
            low, high = max(region.lower, QUERY_RANGE[0]), min(region.upper, QUERY_RANGE[1])
            axes.axvspan(low, high, color="tab:orange", alpha=0.15, label="exception")
        submission = episode.last.submission
        if submission is not None:
            axes.plot(_CURVE, predict(submission, _CURVE), color="tab:blue", linewidth=1.2, label="submission")
            if submission.program is None:
                for low, high in read_domain(submission.domain):
                    axes.axvspan(low, high, fill=False, hatch="//", edgecolor="tab:blue", alpha=0.4, label="claimed")
    axes.plot(x[defined], y[defined], "o", color="black", markersize=3.5, label="answers")
    if (~defined).any():
        axes.plot(x[~defined], np.zeros((~defined).sum()), "x", color="tab:red", markersize=5, label="undefined")
    axes.set_xlim(QUERY_RANGE[0] * 1.02, QUERY_RANGE[1] * 1.02)
    scale_values(axes, np.concatenate(shown))
    axes.set_xlabel("x")
    axes.set_ylabel("f(x)")
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    if unique:
        axes.legend(unique.values(), unique.keys(), loc="best", fontsize=8)


def write_answers(axes: Any, episode: Episode) -> None:
    """Writes the last answers of an episode on matplotlib axes as a table, and after the end what was handed in."""
    rows = list(zip(episode.inputs, episode.outputs, strict=True))[-_ROWS:]
    lines = [f"{_shorten(asked)}  ->  {_shorten(answered)}" for asked, answered in rows]
    if episode.last.terminated:
        submitted = episode.last.submission
        lines += ["", f"truth: {_shorten(episode.function.describe(), 2)}"]
        lines += [] if submitted is None else [f"submission: {_shorten(submitted.description, 2)}"]
    axes.axis("off")
    axes.text(0.0, 1.0, "\n".join(lines), va="top", family="monospace", fontsize=8, parse_math=False)


def _shorten(text: str, times: int = 1) -> str:
    """Returns text as an ASCII literal that fits half a line (or so many halves)."""
    literal = ascii(text)
    return literal if len(literal) <= 44 * times else f"{literal[: 44 * times - 3]}..."


def scale_values(axes: Any, values: NDArray[np.float64]) -> None:
    """Chooses the scale of the vertical axis: linear, or symmetric-logarithmic where poles dwarf all the rest."""
    if values.size == 0:
        return
    typical, largest = np.percentile(np.abs(values), [75, 100])
    # Where the rest is next to nothing (a bell curve), a linear axis shows it best.
    if 1e-8 * largest < typical < largest / 50:
        axes.set_yscale("symlog", linthresh=typical)


def draw(episode: Episode) -> NDArray[np.uint8]:
    """Returns a plot of the episode as an image, uint8 of shape `(480, 720, 3)`.

    Raises:
        ImportError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("expected matplotlib for plots: pip install 'find-gym[report]'") from error
    width, height = SIZE_IN_PIXELS
    figure = Figure(figsize=(width / 100, height / 100), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    if episode.category.name == "numeric":
        plot_episode(axes, episode)
    else:
        write_answers(axes, episode)
    axes.set_title(_title(episode), fontsize=10)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()


def _title(episode: Episode) -> str:
    asked = f"{len(episode.inputs)} of {episode.rules.max_queries} inputs asked"
    score = episode.last.score
    return asked if score is None else f"{asked}, accuracy {score.accuracy:.2f}, skill {score.skill:.2f}"
