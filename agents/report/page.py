"""The self-contained HTML page of a report.

Everything that agents wrote reaches the page as JSON in a data block, with `<`, `>` and `&` escaped, and is shown by
setting text only; the tables are escaped here. The page's own policy allows its one script and its one style sheet by
their hashes and nothing else, so that even a slip could neither run code nor load anything.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from importlib import resources
from typing import Any

import numpy as np

from find_gym.functions import QUERY_RANGE, NumericFunction, NumericSpec
from find_gym.functions.catalogue import CATALOGUE
from find_gym.scoring import read_domain
from find_gym_agents.evaluation._curves import GRID, FloatArray, Scale, near, scales, thin
from find_gym_agents.evaluation._records import EpisodeRecord
from find_gym_agents.report.plots import COLOURS, Plot
from find_gym_agents.report.summary import false_alarm
from find_gym_agents.report.tables import Table

# Longer texts stand in full in episodes.jsonl only.
_TEXT_LIMIT = 6_000
_STEPS_LIMIT = 200


def write_page(
    title: str,
    configs: Sequence[dict[str, Any]],
    tables: Sequence[Table],
    plots: dict[str, Plot],
    episodes: Sequence[EpisodeRecord],
) -> str:
    """Returns the page.

    Args:
        title: its title.
        configs: the configurations of the runs.
        tables: its tables; the first ones are open, those by variant and family can be opened.
        plots: its plots.
        episodes: all records.
    """
    script, style = _asset("page.js"), _asset("page.css")
    names = list(dict.fromkeys(record.agent for record in episodes))
    data = {
        "agents": [{"name": name, "colour": COLOURS[place % len(COLOURS)]} for place, name in enumerate(names)],
        "range": QUERY_RANGE,
        "episodes": [_episode(record, names) for record in episodes],
    }
    parts = {
        "policy": f"default-src 'none'; img-src data:; script-src '{_hash(script)}'; style-src '{_hash(style)}'",
        "title": html.escape(title),
        "style": style,
        "facts": "\n".join(_facts(config) for config in configs),
        "tables": "\n".join(_table(table) for table in tables),
        "plots": "\n".join(_picture(name, plot) for name, plot in plots.items()),
        "data": embed(data),
        "script": script,
    }
    # One pass over the template: what is filled in is never searched for places again.
    pieces = _asset("page.html").split("%%")
    return "".join(parts[piece] if place % 2 else piece for place, piece in enumerate(pieces))


def embed(data: Any) -> str:
    """Writes data as JSON that can stand in an HTML script element, whatever texts are in it."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _asset(name: str) -> str:
    return resources.files("find_gym_agents.report").joinpath("assets", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _facts(config: dict[str, Any]) -> str:
    facts = {**config["identity"], **config.get("versions", {})}
    facts["agents"] = ", ".join(facts.get("agents", []))
    facts.pop("dataset_sha256", None)
    items = (
        f"<div><dt>{html.escape(name.replace('_', ' '))}</dt><dd>{html.escape(str(value))}</dd></div>"
        for name, value in facts.items()
        if value not in (None, "")
    )
    return f'<dl class="facts">{"".join(items)}</dl>'


def _table(table: Table) -> str:
    if table.labels == 1:
        return table.as_html()
    return f"<details><summary>{html.escape(table.title)}</summary>{table.as_html()}</details>"


def _picture(name: str, plot: Plot) -> str:
    content = base64.b64encode(plot.svg).decode()
    return f'<img id="{name}" src="data:image/svg+xml;base64,{content}" alt="{html.escape(plot.title)}">'


def _episode(record: EpisodeRecord, names: list[str]) -> dict[str, Any]:
    """Returns what the page shows of an episode."""
    score = record.score or {}
    submission = dict(record.submission or {})
    program = submission.pop("program", None)
    if program is not None:
        category = CATALOGUE[program["category"]]
        written = category.make(category.read_spec(program))
        submission |= {"description": written.describe(), "code": written.source()}
    return {
        "agent": names.index(record.agent),
        "index": record.index,
        "id": record.function,
        "family": record.family,
        "variant": record.variant,
        "outcome": record.outcome,
        "score": _score(score) if record.scored else None,
        "alarm": false_alarm(record),
        "message": _shorten(str(score.get("message", ""))),
        "queries": record.queries,
        "steps": record.steps,
        "seconds": record.agent_seconds,
        "truth": {key: _shorten(text) for key, text in record.truth.items()},
        "submission": {key: _shorten(str(text)) for key, text in submission.items()},
        "error": _shorten(record.error or ""),
        "prompt": _shorten(record.prompt),
        "transcript": _transcript(record),
        "plot": _plot(record, program),
    }


def _score(score: dict[str, Any]) -> dict[str, Any]:
    return {
        "accuracy": score.get("accuracy", 0.0),
        "skill": score.get("skill", 0.0),
        "trivial": score.get("trivial_accuracy"),
        "strata": {name: round(value, 4) for name, value in score.get("strata", {}).items()},
        "beyond": score.get("beyond_range", 0.0),
        "iou": score.get("exception_iou", 0.0),
        "paper": score.get("paper_success", score.get("paper_score", 0.0) == 1.0),
        "paperError": score.get("paper_error"),
    }


def _shorten(text: str) -> str:
    if len(text) <= _TEXT_LIMIT:
        return text
    return f"{text[:_TEXT_LIMIT]}\n... ({len(text) - _TEXT_LIMIT} more characters in episodes.jsonl)"


def _transcript(record: EpisodeRecord) -> list[list[str]]:
    """Returns what was said, as pairs of who ("agent", "environment", or "episode" for both) and what."""
    if record.rendered:
        return [["episode", _shorten(record.rendered)]]
    said = []
    for step in record.transcript[:_STEPS_LIMIT]:
        said.append(["agent", _shorten(str(step["action"]))])
        answer = step.get("observation")
        said.append(["environment", _shorten(answer if answer is not None else str(step["outputs"]))])
    if len(record.transcript) > _STEPS_LIMIT:
        said.append(["environment", f"... ({len(record.transcript) - _STEPS_LIMIT} more steps in episodes.jsonl)"])
    return said


def _plot(record: EpisodeRecord, program: dict[str, Any] | None) -> dict[str, Any] | None:
    """Returns the curves in units of the plots: inputs as they are, heights from 0 to 1000; None without numbers."""
    if record.spec.get("category") != "numeric":
        return None
    spec = NumericSpec.from_json(record.spec)
    truth = NumericFunction(spec).truth(GRID)
    x, y = record.answers()
    axes = scales(truth, x, y)
    points = thin(truth, axes)
    curves = {"truth": (GRID[points], truth[points]), "submission": _curve(record), "answers": (x, y)}
    claimed = [] if record.submission is None else read_domain(record.submission.get("domain", "")).tolist()
    if program is not None:
        claimed = [_clipped(region.lower, region.upper) for region in NumericSpec.from_json(program).regions]
    middle = {name: (u[near(u)], v[near(u)]) for name, (u, v) in curves.items()}
    return {
        "exceptions": [_clipped(region.lower, region.upper) for region in spec.regions],
        "claimed": claimed,
        "undefined": [round(value, 2) for value in x[~np.isfinite(y)].tolist()],
        "full": _lines(curves, axes[0]),
        "near": _lines(middle, axes[1]),
    }


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
