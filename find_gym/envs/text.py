"""The `text` interface: messages in and out, for language models and scripted interpreters."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Callable, Iterable
from typing import Any

from gymnasium import spaces

from find_gym.envs.episode import Episode, Move, Query, Refuse, Submit
from find_gym.envs.quoting import escape_controls, quote_values
from find_gym.interfaces.spaces import Texts
from find_gym.scoring import Submission

CHARSET = frozenset(string.printable) - frozenset("\t\r\x0b\x0c")
MAX_MESSAGE = 32_768

# Bounded, as all repetitions here that begin anywhere: the time must not grow with the square of a message's length.
_MARKER = re.compile(r"[*_#\s]{0,40}\[\s*(DESCRIPTION|DOMAIN|CODE)\s*\][*_]*\s*:?[*_]*", re.IGNORECASE)
# What may stand before a marker on its line: markup of headings, lists and quotations.
_BEFORE = re.compile(r"[ \t>*_#-]{0,40}(?:\d{1,3}[.)][ \t]{0,8})?[ \t*_#]{0,40}\Z")
# A message may break a line within a string of its list.
_DECODER = json.JSONDecoder(strict=False)
_QUERY = re.compile(r"^[\s>*`_-]{0,40}QUERY\b[*`_]*[ \t]*:?[*`_ \t]*", re.IGNORECASE | re.MULTILINE)
_FENCE = re.compile(r"(?:```|~~~)[ \t]*(?:python3?|py)?[ \t]*\n?(.*?)(?:```|~~~|\Z)", re.IGNORECASE | re.DOTALL)
_HELP = (
    "write QUERY [1, 2.5, -3] to ask, or [DESCRIPTION]: ... [DOMAIN]: ... [CODE]: ```python ...``` to submit, "
    "each at the beginning of a line"
)


def printable(text: str) -> str:
    """Returns text as printable ASCII and newlines, everything else escaped."""
    escaped = text.replace("\t", "    ").encode("ascii", "backslashreplace").decode()
    return "".join(character if character in CHARSET else f"\\x{ord(character):02x}" for character in escaped)


# Reads the inputs of one query, given as a parsed JSON list or as the text of a line; ValueError says what is wrong.
ReadInputs = Callable[[list[Any] | str], list[Any]]


def read_message(message: str, read_inputs: ReadInputs) -> Move:
    """Reads a message: a submission if a line begins with a marker such as [DESCRIPTION] or [CODE], or else a query.

    Case, bold type, fences and spacing do not matter; several QUERY lines count as one query with all of their inputs.

    Args:
        message: what the interpreter wrote.
        read_inputs: reads the inputs of one query.

    Returns:
        The move; a `Refuse` that says what was wrong where the message is neither.
    """
    submission = read_submission(message)
    if submission is not None:
        return Submit(submission)
    found = list(_QUERY.finditer(message))
    if not found:
        return Refuse(f"expected a query or a submission: {_HELP}; actual message: {shorten(message)}")
    inputs: list[Any] = []
    end = 0
    for match in found:
        if match.start() < end:
            continue  # Within the list of the query before.
        argument, end = _argument(message, match.end())
        try:
            inputs += read_inputs(argument)
        except ValueError as error:
            return Refuse(f"{error}; {_HELP}; nothing was charged")
    return Query(tuple(inputs))


def _argument(message: str, start: int) -> tuple[list[Any] | str, int]:
    """Returns the JSON list that begins at a place, over several lines if need be, or else the rest of its line."""
    if message.startswith("[", start):
        try:
            items, end = _DECODER.raw_decode(message, start)
            return items, end
        except (ValueError, RecursionError):
            pass
    end = message.find("\n", start)
    end = len(message) if end < 0 else end
    return message[start:end].strip(" \t\r*`"), end


def read_submission(message: str) -> Submission | None:
    """Reads the parts of a submission, or returns None where no line of the message begins with a marker.

    Markers elsewhere are quotations: within the list of a query, after a quotation mark, before the first line that
    begins with one; and after it wherever another line begins with the same one. The last [DESCRIPTION], [DOMAIN] and
    [CODE] count. The code is the last fenced block after the last [CODE], or all of the text after it where there is no
    fence; without a [CODE] marker, the last fenced block of the message.
    """
    found = _markers(message)
    if not found:
        return None
    parts = {"DESCRIPTION": "", "DOMAIN": "", "CODE": ""}
    ends = [marker.start() for marker in found[1:]] + [len(message)]
    for marker, end in zip(found, ends, strict=True):
        parts[_kind(marker)] = message[marker.end() : end].strip()
    named = any(_kind(marker) == "CODE" for marker in found)
    blocks = _FENCE.findall(parts["CODE"] if named else message)
    code = blocks[-1] if blocks else parts["CODE"]
    return Submission(parts["DESCRIPTION"], parts["DOMAIN"], code.strip("\n"))


def _markers(message: str) -> list[re.Match[str]]:
    """Returns the markers that count, in order."""
    found = list(_MARKER.finditer(message))
    if not found:
        return []
    lists = [(match.end(), _argument(message, match.end())[1]) for match in _QUERY.finditer(message)]
    lists = [(start, end) for start, end in lists if message.startswith("[", start)]
    found = [marker for marker in found if not any(start <= marker.start(1) < end for start, end in lists)]
    openings = {marker.start(): _kind(marker) for marker in found if _opens_line(message, marker)}
    begin, kinds = min(openings, default=len(message)), set(openings.values())
    return [
        marker
        for marker in found
        if marker.start() in openings
        or (marker.start() > begin and _kind(marker) not in kinds and _stands_alone(message, marker))
    ]


def _kind(marker: re.Match[str]) -> str:
    return marker.group(1).upper()


def _opens_line(message: str, marker: re.Match[str]) -> bool:
    bracket = message.rindex("[", marker.start(), marker.start(1))
    return _BEFORE.match(message, message.rfind("\n", 0, bracket) + 1, bracket) is not None


def _stands_alone(message: str, marker: re.Match[str]) -> bool:
    return marker.group()[0].isspace() or message[marker.start() - 1].isspace()


def write_submission(submission: Submission) -> str:
    """Writes a submission as a message."""
    return (
        f"[DESCRIPTION]: {submission.description}\n[DOMAIN]: {submission.domain or 'none'}\n"
        f"[CODE]:\n```python\n{submission.code.strip()}\n```"
    )


def write_query(inputs: Iterable[Any]) -> str:
    """Writes a query as a message; nothing within an input can pass for a marker, whatever it is."""
    return f"QUERY {quote_values(inputs)}"


def shorten(text: str, length: int = 80) -> str:
    """Returns text as a Python literal in ASCII, cut if it is long; nothing in it can pass for a marker."""
    return escape_controls(ascii(text if len(text) <= length else f"{text[:length]}..."))


class TextInterface:
    """Messages of printable ASCII and newlines; function inputs and outputs appear as JSON.

    The first observation is the task. A message is a query (`QUERY [1, 2.5, -3]`) or a submission with the parts
    [DESCRIPTION], [DOMAIN] and [CODE]; see `read_message`. Anything else gets an observation that says how to write
    it, and costs one message of the episode but nothing of the budget.

    Args:
        task: the first observation, with the places {budget} and {messages}.
        read_inputs: reads the inputs of one query.
        max_observation: the greatest length of an observation.
    """

    extra_steps = 20

    def __init__(self, task: str, read_inputs: ReadInputs, max_observation: int) -> None:
        self._task = task
        self._read_inputs = read_inputs
        characters = "".join(sorted(CHARSET))
        self.action_space = spaces.Text(MAX_MESSAGE, min_length=0, charset=characters)
        self.observation_space = Texts(max_observation, min_length=0, charset=characters)

    def begin(self, episode: Episode) -> str:
        """Starts an episode and returns its task."""
        places = {"{budget}": str(episode.budget), "{messages}": str(episode.steps_left)}
        text = self._task
        for place, value in places.items():
            text = text.replace(place, value)
        return text

    def decode(self, action: Any, episode: Episode) -> Move:
        """Returns the move that a message stands for."""
        if not isinstance(action, str):
            raise TypeError(f"expected a message (str), actual type: {type(action).__name__}")
        return read_message(action, self._read_inputs)

    def observe(self, episode: Episode) -> str:
        """Returns the answer to the last message."""
        last = episode.last
        lines = []
        if last.outputs:
            lines.append(f"OUTPUTS {quote_values(episode.category.to_json(list(last.outputs)))}")
        if last.message and last.score is None:
            lines.append(f"ERROR {_limit(last.message)}")
        elif last.message:
            lines.append(f"NOTE {escape_controls(_limit(last.message))}")
        if last.score is not None:
            lines.append(f"SCORE accuracy {last.score.accuracy:.3f}, skill {last.score.skill:.3f}")
        elif not last.terminated:
            left = f"{episode.budget} of {episode.rules.max_queries} inputs left"
            if episode.budget == 0:
                left += ": submit now"
            lines.append(f"{left}, {episode.steps_left} messages left.")
        return printable("\n".join(lines))


def _limit(text: str) -> str:
    return text if len(text) <= 2000 else f"{text[:2000]}..."
