"""An episode as curves: truth, submission and answers, on the page of a report and in its plot of examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from find_gym.categories.numeric.variants import Region
from find_gym.functions import QUERY_RANGE, NumericFunction, NumericSpec
from find_gym.scoring import read_domain
from find_gym_agents.categories.numeric.curves import GRID, NEAR_RANGE, FloatArray, Scale, near, scales, thin
from find_gym_agents.runs.records import EpisodeRecord


def show_curves(record: EpisodeRecord) -> dict[str, Any]:
    """Returns the curves as "plot", in units of the plots: inputs as they are, heights from 0 to 1000."""
    truth, regions = _truth(record)
    x, y = record.answers()
    axes = scales(truth, x, y)
    points = thin(truth, axes)
    curves = {"truth": (GRID[points], truth[points]), "submission": _curve(record), "answers": (x, y)}
    middle = {name: (u[near(u)], v[near(u)]) for name, (u, v) in curves.items()}
    plot = {
        "exceptions": [_clipped(region.lower, region.upper) for region in regions],
        "claimed": _claimed(record.submission or {}),
        "undefined": [round(value, 2) for value in x[~np.isfinite(y)].tolist()],
        "full": _lines(curves, axes[0]) | {"range": QUERY_RANGE},
        "near": _lines(middle, axes[1]) | {"range": NEAR_RANGE},
    }
    return {"plot": plot}


def draw_example(axes: Any, record: EpisodeRecord) -> None:
    """Draws the truth, the submission, the answers and the exception of an episode."""
    truth, regions = _truth(record)
    x, y = record.answers()
    scale = Scale.of(truth, y)
    for region in regions:
        axes.axvspan(max(region.lower, QUERY_RANGE[0]), min(region.upper, QUERY_RANGE[1]), color="#E69F00", alpha=0.18)
    axes.plot(GRID, scale.heights(truth), color="#AAAAAA", linewidth=3.5, label="truth")
    assert record.curve is not None
    curve = np.array([record.curve["x"], record.curve["y"]], dtype=np.float64)
    axes.plot(curve[0], scale.heights(curve[1]), color="#0072B2", linewidth=1.2, label="submission")
    axes.plot(x, scale.heights(y), "o", color="#222222", markersize=2.2, label="answers")
    ticks = scale.ticks()
    axes.set_yticks(scale.heights(np.array(ticks)), [f"{value:g}" for value in ticks], fontsize=7)
    axes.set_xticks([-100, 0, 100], ["-100", "0", "100"], fontsize=7)
    axes.set_ylim(-0.02, 1.02)
    skill = record.score["skill"] if record.score is not None else 0.0
    axes.set_title(f"{record.family}, {record.variant}: skill {skill:.2f}", fontsize=8.5)


def _truth(record: EpisodeRecord) -> tuple[FloatArray, Sequence[Region]]:
    """Returns the truth on the grid and its exceptions; of a function without a spec what the record has of it."""
    if "callable" in record.spec:
        return np.array((record.curve or {}).get("truth", [None] * len(GRID)), dtype=np.float64), ()
    spec = NumericSpec.from_json(record.spec)
    return NumericFunction(spec).truth(GRID), spec.regions


def _claimed(submission: dict[str, Any]) -> list[list[float]]:
    """Returns the exceptions that a submission claims."""
    program = submission.get("program")
    if program is not None:
        return [_clipped(region.lower, region.upper) for region in NumericSpec.from_json(program).regions]
    claimed: list[list[float]] = read_domain(submission.get("domain", "")).tolist()
    return claimed


def _curve(record: EpisodeRecord) -> tuple[FloatArray, FloatArray]:
    """Returns the submission's curve, NaN where it is undefined."""
    curve = record.curve or {"x": [], "y": []}
    return np.array(curve["x"], dtype=np.float64), np.array(curve["y"], dtype=np.float64)


def _lines(curves: dict[str, tuple[FloatArray, FloatArray]], scale: Scale) -> dict[str, Any]:
    ticks = scale.ticks()
    places = (1000 * scale.heights(np.array(ticks))).round().astype(int).tolist()
    lines: dict[str, Any] = {name: _line(x, y, scale) for name, (x, y) in curves.items()}
    return lines | {
        "ticks": [[place, f"{value:.6g}"] for place, value in zip(places, ticks, strict=True)],
        "bent": scale.linear_to is not None,
    }


def _clipped(lower: float, upper: float) -> list[float]:
    return [max(lower, QUERY_RANGE[0]), min(upper, QUERY_RANGE[1])]


def _line(x: FloatArray, y: FloatArray, scale: Scale) -> str:
    """Writes points as "x height x height", with ";" where the curve is interrupted."""
    heights = 1000 * scale.heights(y)
    words = [
        f"{left:.6g} {height:.0f}" if np.isfinite(height) else ";"
        for left, height in zip(x.round(3).tolist(), heights.tolist(), strict=True)
    ]
    return " ".join(words)
