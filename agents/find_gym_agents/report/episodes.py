"""What the page shows of episodes: one light entry for the list, and the rest for the one that is opened.

The list is read when the page opens; the details of an episode are one line of JSON each, of which the page knows the
place and which it reads on demand, so that thousands of episodes open quickly. Texts that many episodes share, such as
tasks and true sources, are kept once and referred to by their places.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from find_gym.core.registry import category_named
from find_gym_agents.categories import agent_category
from find_gym_agents.report.answer_table import show_answers, show_value
from find_gym_agents.report.usage import used
from find_gym_agents.runs.records import EpisodeRecord

# Longer texts stand in full in episodes.jsonl only.
_TEXT_LIMIT = 6_000
_SHARED_LIMIT = 30_000
_STEPS_LIMIT = 200
# The messages that are the same in many episodes.
_SHARED_KINDS = ("system", "task")
_NUMBERS = ("prompt_tokens", "completion_tokens", "seconds", "retries", "dropped_before")


@dataclass(frozen=True)
class PageEpisodes:
    """The episodes of a page.

    Attributes:
        entries: for each episode what the list shows of it, with the place of its details ("at": begin and end in
            `details`, in characters).
        details: JSON lines, safe to stand in a script element.
        texts: what the details refer to by place.
    """

    entries: list[dict[str, Any]]
    details: str
    texts: list[str]


def page_episodes(episodes: Sequence[EpisodeRecord], agents: list[str], categories: list[str]) -> PageEpisodes:
    """Returns what the page shows of the episodes.

    Args:
        episodes: the records.
        agents: the names of all agents, to whose places the entries refer.
        categories: the same for the categories.
    """
    texts: dict[str, int] = {}
    entries, lines, begin = [], [], 0
    for record in episodes:
        line = embed(_details(record, texts))
        place = {"agent": agents.index(record.agent), "category": categories.index(record.category)}
        entries.append(place | _entry(record) | {"at": [begin, begin + len(line)]})
        lines.append(line)
        begin += len(line) + 1
    return PageEpisodes(entries, "\n".join(lines), list(texts))


def embed(data: Any) -> str:
    """Writes data as JSON that can stand in an HTML script element, whatever texts are in it; ASCII only."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _entry(record: EpisodeRecord) -> dict[str, Any]:
    score = record.score or {}
    figures = {"skill": score.get("skill", 0.0), "accuracy": score.get("accuracy", 0.0)} if record.scored else None
    return {
        "index": record.index,
        "id": record.function,
        "family": record.family,
        "variant": record.variant,
        "outcome": record.outcome,
        "score": figures,
        "badges": agent_category(record.category).report.badges(record),
        "queries": record.queries,
        "seconds": record.agent_seconds,
        "tokens": used(record)["tokens"],
    }


def _details(record: EpisodeRecord, texts: dict[str, int]) -> dict[str, Any]:
    show = agent_category(record.category).report.show or show_answers
    submission = dict(record.submission or {})
    program = submission.pop("program", None)
    if program is not None:
        functions = category_named(record.category)
        written = functions.make(functions.read_spec(program))
        submission |= {"description": written.describe(), "code": written.source()}
    said: dict[str, Any]
    if record.dialogue is not None:
        said = {"dialogue": [_message(message, texts) for message in record.dialogue]}
    else:
        said = {"prompt": _shared(record.prompt, texts), "transcript": _transcript(record)}
    return {
        "model": record.model,
        "parts": _parts(record) if record.scored else [],
        "message": _shorten(str((record.score or {}).get("message", ""))),
        "truth": {key: _shared(text, texts) for key, text in record.truth.items()},
        "submission": {key: _shorten(str(text)) for key, text in submission.items()},
        "error": _shorten(record.error or ""),
        **said,
        **show(record),
        "tests": [_test(test) for test in record.tests or ()],
    }


def _test(test: dict[str, Any]) -> list[Any]:
    """Returns a unit test as the texts of its options with their ratings, the function's own first."""
    texts = [" → ".join(map(show_value, option)) for option in test["options"]]
    options = [list(pair) for pair in zip(texts, test["ratings"], strict=True)]
    return [options.pop(test["correct"]), *options]


def _parts(record: EpisodeRecord) -> list[tuple[str, Any]]:
    """Returns the parts of a score besides accuracy and skill, under the names they have on the page."""
    report = agent_category(record.category).report
    score = record.score or {}
    strata = {f"{name} stratum": value for name, value in score.get("strata", {}).items()}
    parts = {report.trivial: score.get("trivial_accuracy"), **strata}
    return list((parts | {name: score.get(key) for key, name in report.score_parts.items()}).items())


def _message(message: dict[str, Any], texts: dict[str, int]) -> dict[str, Any]:
    """Returns a message of a dialogue, its content as "text" or, where it is shared, its place as "shared"."""
    kind = str(message.get("kind", ""))
    content = str(message.get("content", ""))
    shown = {"role": str(message.get("role", "")), "kind": kind}
    shown |= {name: message[name] for name in _NUMBERS if isinstance(message.get(name), int | float)}
    if message.get("finish_reason") is not None:
        shown["finish_reason"] = str(message["finish_reason"])
    return shown | ({"shared": _shared(content, texts)} if kind in _SHARED_KINDS else {"text": _shorten(content)})


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


def _shared(text: str, texts: dict[str, int]) -> int:
    """Returns the place of a text that other episodes may have as well."""
    return texts.setdefault(_shorten(text, _SHARED_LIMIT), len(texts))


def _shorten(text: str, limit: int = _TEXT_LIMIT) -> str:
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n... ({len(text) - limit} more characters in episodes.jsonl)"
