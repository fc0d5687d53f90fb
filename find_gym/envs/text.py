"""The `text` interface: messages in and out, for language models and scripted interpreters."""

from __future__ import annotations

import json
import math
import re
import string
from typing import Any

import numpy as np
from gymnasium import spaces

from find_gym.envs.episode import Episode, Move, Query, Refuse, Submit
from find_gym.functions import QUERY_RANGE
from find_gym.scoring import Submission

CHARSET = frozenset(string.printable) - frozenset("\t\r\x0b\x0c")
MAX_MESSAGE = 32_768

_MARKER = re.compile(r"[*_#\s]*\[\s*(DESCRIPTION|DOMAIN|CODE)\s*\][*_]*\s*:?[*_]*", re.IGNORECASE)
# A bracketed list may go on over several lines; anything else ends with its line.
_QUERY = re.compile(
    r"^[\s>*`_-]*QUERY\b[*`_]*\s*:?[*`_ \t]*(\[[^\[\]]*\]|[^\n]*?)[\s`*]*$", re.IGNORECASE | re.MULTILINE
)
_FENCE = re.compile(r"(?:```|~~~)[ \t]*(?:python3?|py)?[ \t]*\n?(.*?)(?:```|~~~|\Z)", re.IGNORECASE | re.DOTALL)
_HELP = "write QUERY [1, 2.5, -3] to ask, or [DESCRIPTION]: ... [DOMAIN]: ... [CODE]: ```python ...``` to submit"

_PROMPT = """\
There is a hidden function f. It takes one number and returns one number. Find out what it computes, and describe it.

To see outputs, send a line such as
QUERY [1, 2.5, -3]
with any inputs from {low:g} to {high:g}. Each input costs 1 of your budget of {budget}. You get the outputs in the same
order; null means that the function is undefined there.

The function may be a common mathematical function or a sum or product of two; its constants may have decimals. Its
outputs may be noisy. On a part of the inputs (below a bound, above a bound, or between two bounds) it may depart from
its rule. It may also be a neural network that only approximates such a function.

When you know enough, or when the budget is spent, submit in this form:
[DESCRIPTION]: what the function computes, in a sentence or two.
[DOMAIN]: where it departs from that, as an inequality such as 3 < x < 7.5, x < -20 or x > 11; or none.
[CODE]:
```python
def f(x):
    return ...
```
The code is judged: it is called with single numbers, should return the function's output without noise, and nan where
f is undefined. It may import math and numpy, and have at most 24 numeric literals, so that a table of your queries does
not pass. You have one submission and {steps} messages in all."""


def printable(text: str) -> str:
    """Returns text as printable ASCII and newlines, everything else escaped."""
    escaped = text.replace("\t", "    ").encode("ascii", "backslashreplace").decode()
    return "".join(character if character in CHARSET else f"\\x{ord(character):02x}" for character in escaped)


def write_outputs(outputs: np.ndarray) -> str:
    """Writes outputs as a JSON list, null where undefined; numbers read back as the same floats."""
    return json.dumps([value if math.isfinite(value) else None for value in outputs.tolist()])


def read_message(message: str) -> Move:
    """Reads a message: a submission if it has a marker such as [DESCRIPTION] or [CODE], or else a query.

    Case, bold type, fences and spacing do not matter; inputs may be a JSON list or separated by spaces or commas;
    several QUERY lines count as one query with all of their inputs.

    Args:
        message: what the interpreter wrote.

    Returns:
        The move; a `Refuse` that says what was wrong where the message is neither.
    """
    submission = read_submission(message)
    if submission is not None:
        return Submit(submission)
    arguments = _QUERY.findall(message)
    if not arguments:
        return Refuse(f"expected a query or a submission: {_HELP}; actual message: {_shorten(message)}")
    inputs: list[float] = []
    for argument in arguments:
        try:
            inputs += _read_inputs(argument)
        except ValueError as error:
            return Refuse(f"{error}; {_HELP}; nothing was charged")
    return Query(tuple(inputs))


def _read_inputs(argument: str) -> list[float]:
    """Reads the inputs of one QUERY line.

    Raises:
        ValueError: something in it is not a finite number.
    """
    words = argument.strip().strip("[](){};.").replace(",", " ").split()
    inputs = []
    for word in words:
        try:
            value = float(word.replace("\u2212", "-").strip("\"'[]()"))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ValueError(f"expected finite numbers as inputs, actual value: {_shorten(word)}")
        inputs.append(value)
    if not inputs:
        raise ValueError("expected at least one input after QUERY, actual: none")
    return inputs


def read_submission(message: str) -> Submission | None:
    """Reads the parts of a submission, or returns None where the message has no marker.

    The last [DESCRIPTION], [DOMAIN] and [CODE] count. The code is the last fenced block after the last [CODE], or all
    of the text after it where there is no fence; without a [CODE] marker, the last fenced block of the message.
    """
    found = list(_MARKER.finditer(message))
    if not found:
        return None
    parts = {"DESCRIPTION": "", "DOMAIN": "", "CODE": ""}
    ends = [marker.start() for marker in found[1:]] + [len(message)]
    for marker, end in zip(found, ends, strict=True):
        parts[marker.group(1).upper()] = message[marker.end() : end].strip()
    named = any(marker.group(1).upper() == "CODE" for marker in found)
    blocks = _FENCE.findall(parts["CODE"] if named else message)
    code = blocks[-1] if blocks else parts["CODE"]
    return Submission(parts["DESCRIPTION"], parts["DOMAIN"], code.strip("\n"))


def write_submission(submission: Submission) -> str:
    """Writes a submission as a message."""
    return (
        f"[DESCRIPTION]: {submission.description}\n[DOMAIN]: {submission.domain or 'none'}\n"
        f"[CODE]:\n```python\n{submission.code.strip()}\n```"
    )


def _shorten(text: str, length: int = 80) -> str:
    return ascii(text if len(text) <= length else f"{text[:length]}...")


class TextInterface:
    """Messages of printable ASCII and newlines; function inputs and outputs appear as JSON.

    The first observation is the task. A message is a query (`QUERY [1, 2.5, -3]`) or a submission with the parts
    [DESCRIPTION], [DOMAIN] and [CODE]; see `read_message`. Anything else gets an observation that says how to write
    it, and costs one message of the episode but nothing of the budget.

    Args:
        max_queries: the budget.
    """

    extra_steps = 20

    def __init__(self, max_queries: int) -> None:
        characters = "".join(sorted(CHARSET))
        self.action_space = spaces.Text(MAX_MESSAGE, min_length=0, charset=characters)
        self.observation_space = spaces.Text(4096 + 64 * max_queries, min_length=0, charset=characters)

    def begin(self, episode: Episode) -> str:
        """Starts an episode and returns its task."""
        low, high = QUERY_RANGE
        return _PROMPT.format(low=low, high=high, budget=episode.budget, steps=episode.steps_left)

    def decode(self, action: Any, episode: Episode) -> Move:
        """Returns the move that a message stands for."""
        if not isinstance(action, str):
            raise TypeError(f"expected a message (str), actual type: {type(action).__name__}")
        return read_message(action)

    def observe(self, episode: Episode) -> str:
        """Returns the answer to the last message."""
        last = episode.last
        lines = []
        if last.outputs.size:
            lines.append(f"OUTPUTS {write_outputs(last.outputs)}")
        if last.message:
            lines.append(f"ERROR {_limit(last.message)}" if last.score is None else f"NOTE {_limit(last.message)}")
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
