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

from find_gym.functions import QUERY_RANGE
from find_gym.functions.categories import CATEGORY_FUNCTIONS
from find_gym_agents.evaluation._records import EpisodeRecord
from find_gym_agents.report.categories import CATEGORIES
from find_gym_agents.report.plots import COLOURS, Plot
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
        episodes: all records, of one category.
    """
    category = CATEGORIES[episodes[0].category]
    script, style = _asset("page.js"), _asset("page.css")
    names = list(dict.fromkeys(record.agent for record in episodes))
    data: dict[str, Any] = {
        "agents": [{"name": name, "colour": COLOURS[place % len(COLOURS)]} for place, name in enumerate(names)],
        "range": QUERY_RANGE,
        "trivial": category.trivial,
        "episodes": [_episode(record, names) for record in episodes],
    }
    # The same for many episodes: written once.
    data["prompts"] = _share(data["episodes"], "prompt")
    data["truths"] = _share(data["episodes"], "truth")
    parts = {
        "policy": f"default-src 'none'; img-src data:; script-src '{_hash(script)}'; style-src '{_hash(style)}'",
        "title": html.escape(title),
        "style": style,
        "introduction": category.introduction,
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


def _share(episodes: list[dict[str, Any]], key: str) -> list[Any]:
    """Replaces an entry of each episode by its place in a list of the different ones, and returns that list."""
    places: dict[str, int] = {}
    different: list[Any] = []
    for episode in episodes:
        text = json.dumps(episode[key])
        if text not in places:
            places[text] = len(different)
            different.append(episode[key])
        episode[key] = places[text]
    return different


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
    category = CATEGORIES[record.category]
    score = record.score or {}
    submission = dict(record.submission or {})
    program = submission.pop("program", None)
    if program is not None:
        functions = CATEGORY_FUNCTIONS[record.category]
        written = functions.make(functions.read_spec(program))
        submission |= {"description": written.describe(), "code": written.source()}
    return {
        "agent": names.index(record.agent),
        "index": record.index,
        "id": record.function,
        "family": record.family,
        "variant": record.variant,
        "outcome": record.outcome,
        "score": _score(record, score) if record.scored else None,
        "badges": category.badges(record),
        "message": _shorten(str(score.get("message", ""))),
        "queries": record.queries,
        "steps": record.steps,
        "seconds": record.agent_seconds,
        "truth": {key: _shorten(text) for key, text in record.truth.items()},
        "submission": {key: _shorten(str(text)) for key, text in submission.items()},
        "error": _shorten(record.error or ""),
        "prompt": _shorten(record.prompt),
        "transcript": _transcript(record),
        **category.show(record),
    }


def _score(record: EpisodeRecord, score: dict[str, Any]) -> dict[str, Any]:
    """Returns accuracy and skill, and the other parts of a score under the names they have on the page."""
    category = CATEGORIES[record.category]
    strata = {f"{name} stratum": value for name, value in score.get("strata", {}).items()}
    parts = {category.trivial: score.get("trivial_accuracy"), **strata}
    parts |= {name: score.get(key) for key, name in category.score_parts.items()}
    return {"accuracy": score.get("accuracy", 0.0), "skill": score.get("skill", 0.0), "parts": list(parts.items())}


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
