"""Rendering: the category's plot or a table of what was asked, with truth and submission after the end."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.core.endings import description_of
from find_gym.core.episode import Episode

SIZE_IN_PIXELS = (720, 480)
# What of text in monospace fits the picture below its title.
_CHARACTERS, _LINES, _GAP = 101, 32, 3
# Lines that the truth, the description and the code may take each.
_MOST_LINES = 6


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


def draw(episode: Episode, plot: Callable[[Any, Episode], None] | None = None) -> NDArray[np.uint8]:
    """Returns a picture of the episode, uint8 of shape `(480, 720, 3)`.

    Args:
        episode: the episode.
        plot: draws it on matplotlib axes; by default its answers are written.

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
    (plot or write_answers)(axes, episode)
    axes.set_title(_title(episode), fontsize=10)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()


def _title(episode: Episode) -> str:
    asked = f"{len(episode.inputs)} of {episode.rules.max_queries} inputs asked"
    score = episode.last.score
    return asked if score is None else f"{asked}, accuracy {score.accuracy:.2f}, skill {score.skill:.2f}"
