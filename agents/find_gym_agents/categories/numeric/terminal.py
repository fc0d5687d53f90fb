"""Plots of an episode made of characters."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.core.episode import Episode
from find_gym.functions import QUERY_RANGE
from find_gym.scoring import predict
from find_gym_agents.categories.numeric.curves import Scale

FloatArray = NDArray[np.float64]

_HEIGHT = 16
_LABELS = 22
_CURVE_POINTS = 512
_WIDTHS = (40, 100)
_DOTTED = 12
_COLOURS = {"truth": "cyan", "submission": "magenta", "answers": "red", "undefined": "red"}


def plot_answers(episode: Episode, span: tuple[float, float] | None = None) -> str:
    """Returns a plot of the answers so far, after the end with the truth and the submission.

    Args:
        episode: the episode.
        span: the least and the greatest input to show; by default all that were asked, after the end all there are.

    Raises:
        SandboxError: the sandbox failed, so that the submission can't be drawn.
    """
    import plotille

    x = np.array(episode.inputs, dtype=np.float64)
    y = np.array(episode.outputs, dtype=np.float64)
    low, high = span or (QUERY_RANGE if episode.last.terminated else _span(x))
    shown = (x >= low) & (x <= high)
    x, y = x[shown], y[shown]
    curves = _curves(episode, np.linspace(low, high, _CURVE_POINTS))
    grid_values = np.concatenate([curve for _, curve in curves.values()]) if curves else y
    scale = Scale.of(grid_values, y)
    bent = _Axis(scale)
    figure = plotille.Figure()
    figure.width = int(np.clip(shutil.get_terminal_size().columns - _LABELS, *_WIDTHS))
    figure.height = _HEIGHT
    figure.origin = False
    figure.with_colors = coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    figure.x_label, figure.y_label = "x", "f(x)"
    figure.x_ticks_fkt = lambda value, _: f"{value:.4g}"
    figure.y_ticks_fkt = lambda value, _: f"{bent.value(value):.4g}"
    figure.set_x_limits(low, high)
    bottom, top = bent.place(np.array([scale.low, scale.high]))
    room = 0.05 * (top - bottom)
    figure.set_y_limits(bottom - room, top + room)
    for name, (places, values) in curves.items():
        heights = np.clip(bent.place(values), bottom - room, top + room)
        if name == "submission" and not coloured:
            dots = np.flatnonzero(np.isfinite(values))[::_DOTTED]
            figure.scatter(places[dots].tolist(), heights[dots].tolist(), marker="+")
            continue
        for run in _defined_runs(values):
            figure.plot(places[run].tolist(), heights[run].tolist(), lc=_COLOURS[name])
    marked = np.isfinite(y)
    for name, chosen, heights, marker in (
        ("answers", marked, bent.place(y[marked]), "o"),
        ("undefined", ~marked, np.full((~marked).sum(), bottom), "x"),
    ):
        if chosen.any():
            figure.scatter(x[chosen].tolist(), heights.tolist(), lc=_COLOURS[name], marker=marker)
    names = [*curves, "answers", *(["undefined"] if (~marked).any() else [])]
    return f"{figure.show()}\n  {_legend(names, coloured)}"


class _Axis:
    """The vertical axis: linear, or bent by asinh where a few values dwarf all the rest."""

    def __init__(self, scale: Scale) -> None:
        self._linear_to = scale.linear_to

    def place(self, y: FloatArray) -> FloatArray:
        """Returns where outputs are on the axis."""
        return y if self._linear_to is None else np.arcsinh(y / self._linear_to)

    def value(self, place: Any) -> float:
        """Returns the output at a place."""
        return float(place if self._linear_to is None else np.sinh(place) * self._linear_to)


def _span(x: FloatArray) -> tuple[float, float]:
    if x.size == 0:
        return -1.0, 1.0
    low, high = float(x.min()), float(x.max())
    room = 0.03 * (high - low) or 1.0
    return low - room, high + room


def _curves(episode: Episode, grid: FloatArray) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Returns the curves on the grid: none before the end."""
    if not episode.last.terminated:
        return {}
    curves = {"truth": (grid, episode.function.truth(grid))}
    if episode.last.submission is not None:
        curves["submission"] = (grid, predict(episode.last.submission, grid))
    return curves


def _defined_runs(values: FloatArray) -> list[NDArray[np.intp]]:
    """Returns the places of each run of finite values."""
    places = np.flatnonzero(np.isfinite(values))
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    return [run for run in runs if run.size]


def _legend(names: Sequence[str], coloured: bool) -> str:
    marks = {"truth": "line", "submission": "line" if coloured else "+", "answers": "o", "undefined": "x"}
    colours = _COLOURS if coloured else dict.fromkeys(_COLOURS, "")
    return ", ".join(f"{name}: {colours[name]} {marks[name]}".replace(":  ", ": ") for name in names)
