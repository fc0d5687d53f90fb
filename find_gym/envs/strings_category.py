"""The strings category: what may be asked, how answers are written, how submissions are judged, the task in words."""

from __future__ import annotations

import ast
import shlex
from collections.abc import Sequence
from typing import Any

import numpy as np

from find_gym.envs.text import TextInterface, shorten
from find_gym.functions.strings.function import StringBlackBox
from find_gym.scoring import Submission
from find_gym.scoring.judges.protocol import Judge
from find_gym.scoring.strings import StringScore, StringScorer

MAX_INPUT_LENGTH = 1000

TASK = """\
There is a hidden function f. It takes one string and returns one string. Find out what it computes, and describe it.

To see outputs, send a line such as
QUERY ["Hello, World!", "abc 123", ""]
with a JSON list of any strings of at most 1000 characters. Each input costs 1 of your budget of {budget}. You get the
outputs in the same order, as JSON.

The function applies one operation on strings (such as reversing, removing, replacing, counting, shifting letters along
the alphabet), or one to the result of another. It may treat some strings by another rule.

When you know enough, or when the budget is spent, submit in this form:
[DESCRIPTION]: what the function computes, in a sentence or two.
[DOMAIN]: which strings it treats by another rule; or none.
[CODE]:
```python
def f(s):
    return ...
```
The code is judged: it is called with single strings and has to return exactly the function's output. It may import
string, re and math. The texts and numbers in it may have about 300 characters in all, so that a table of your queries
does not pass. You have one submission and {messages} messages in all."""


class StringCategory:
    """Functions from strings to strings.

    Args:
        judge: scores what descriptions say in language, by unit tests beside the score of the code; or None.
    """

    name = "strings"

    def __init__(self, judge: Judge | None = None) -> None:
        self._judge = judge

    def objection(self, inputs: tuple[Any, ...]) -> str | None:
        """Says why a query with these inputs can't be answered, or returns None."""
        for value in inputs:
            if len(value) > MAX_INPUT_LENGTH:
                return f"expected strings of at most {MAX_INPUT_LENGTH} characters, actual length: {len(value)}"
        return None

    def answer(self, function: StringBlackBox, inputs: tuple[Any, ...], rng: np.random.Generator) -> list[Any]:
        """Returns the function's outputs."""
        return function(inputs, rng)

    def to_json(self, outputs: list[Any]) -> list[Any]:
        """Returns outputs as they are."""
        return outputs

    def score(self, function: StringBlackBox, submission: Submission, asked: Sequence[Any] = ()) -> StringScore:
        """Judges a submission, whatever was asked."""
        return StringScorer(function, self._judge).score(submission)


def string_text(max_queries: int) -> TextInterface:
    """Returns the `text` interface to string functions.

    Observations have room for the escaped answers to the whole budget at once, of inputs of the greatest length.
    """
    return TextInterface(TASK, read_strings, 4096 + 26 * MAX_INPUT_LENGTH * max(max_queries, 1))


def read_strings(argument: list[Any] | str) -> list[str]:
    """Reads the inputs of one query: a JSON or Python list of strings, or words quoted as in a shell.

    Raises:
        ValueError: there is none, or something in it is not a string.
    """
    if isinstance(argument, str):
        items: list[Any] = _read_words(argument)
    else:
        items = argument
    for item in items:
        if not isinstance(item, str):
            raise ValueError(f"expected strings in quotes as inputs, actual value: {shorten(repr(item))}")
    if not items:
        raise ValueError("expected at least one input after QUERY, actual: none")
    return items


def _read_words(text: str) -> list[Any]:
    if text.startswith("["):
        try:
            items = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            items = None
        if not isinstance(items, list):
            raise ValueError(f"expected a JSON list of strings, actual: {shorten(text)}")
        return items
    try:
        return shlex.split(text)
    except ValueError as error:
        raise ValueError(f"expected a JSON list of strings, actual: {shorten(text)} ({error})") from error
