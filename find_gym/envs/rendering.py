"""Rendering: a plot (numeric) or a table of what was asked, with truth and submission after the end."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.domains import read_domain
from find_gym.categories.numeric.function import QUERY_RANGE
from find_gym.categories.numeric.score import predict
from find_gym.core.episode import Episode
from find_gym.envs.endings import description_of

SIZE_IN_PIXELS = (720, 480)
# What of text in monospace fits the picture below its title.
_CHARACTERS, _LINES, _GAP = 101, 32, 3
# Lines that the truth, the description and the code may take each.
_MOST_LINES = 6
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
    """Writes an episode on matplotlib axes: its last answers in one column or two, after the end what was handed in."""
    closing = _closing(episode)
    room = _LINES - len(closing)
    asked = [ascii(one) for one in episode.inputs]
    answered = [f"{one:.3f}" if isinstance(one, float) else ascii(one) for one in episode.outputs]
    columns = 1 if len(asked) <= room else 2
    shown = list(zip(asked, answered, strict=True))[-columns * room :]
    each = -(-len(shown) // columns)
    for column in range(columns):
        rows = shown[column * each : (column + 1) * each]
        lines = _aligned(rows, (_CHARACTERS - _GAP * (columns - 1)) // columns)
        place = column * (_CHARACTERS + _GAP) / 2 / _CHARACTERS
        _write(axes, lines, place, 1.0, va="top")
    _write(axes, closing, 0.0, 0.0, va="bottom")
    axes.axis("off")


def _write(axes: Any, lines: list[str], x: float, y: float, va: str) -> None:
    text = axes.text(x, y, "\n".join(lines), va=va, family="monospace", fontsize=8, parse_math=False)
    # The axes take up the whole picture, whatever is written on them.
    text.set_in_layout(False)


def _aligned(rows: list[tuple[str, str]], width: int) -> list[str]:
    """Returns rows of a table, their arrows below each other; cells are cut where a row has more characters."""
    arrow = " -> "
    left = max((len(asked) for asked, _ in rows), default=0)
    right = max((len(answered) for _, answered in rows), default=0)
    room = width - len(arrow)
    if left + right > room:
        # The narrower cells keep their width, up to half of the room.
        left = max(min(left, room // 2), room - right)
        right = room - left
    return [f"{_shorten(asked, left):{left}}{arrow}{_shorten(answered, right)}" for asked, answered in rows]


def _shorten(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _closing(episode: Episode) -> list[str]:
    """Returns the truth and what was handed in, in lines; none before the end."""
    if not episode.last.terminated:
        return []
    submitted = episode.last.submission
    parts = [("truth", episode.function.describe())]
    if submitted is not None:
        parts += [("submission", description_of(submitted)), ("code", submitted.code)]
    lines = [""]
    for name, text in parts:
        told = [
            piece
            for line in f"{name}: {text}".splitlines()
            for piece in textwrap.wrap(ascii(line)[1:-1], _CHARACTERS, subsequent_indent="  ")
        ]
        if text:
            lines += told if len(told) <= _MOST_LINES else [*told[: _MOST_LINES - 1], "  ..."]
    return lines


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
