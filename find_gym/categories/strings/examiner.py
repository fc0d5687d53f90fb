"""The strings category: what may be asked, how answers are written, how submissions are judged, the task in words."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

import numpy as np

from find_gym.categories.strings.category import MAX_STRING_COMPLEXITY
from find_gym.categories.strings.function import StringBlackBox
from find_gym.categories.strings.score import StringScore, StringScorer
from find_gym.core.message_rules import MessageRules
from find_gym.core.objections import objection_to_code
from find_gym.core.parsing import read_literal
from find_gym.core.scorers import scorers
from find_gym.core.submissions import Submission
from find_gym.interfaces.quoting import shorten
from find_gym.interfaces.text import Task, TextInterface
from find_gym.judges.protocol import Judge

MAX_INPUT_LENGTH = 1000

TASK = Task(
    opening="""\
There is a hidden function f. It takes one string and returns one string. Find out what it computes, and describe it.\
""",
    asking="""\
Inputs are a JSON list of any strings of at most 1000 characters. Each input costs 1 of your budget of {budget}. You get
a line `input -> output` for each of them, both as JSON.""",
    hints="""\
The function applies one operation on strings (such as reversing, removing, replacing, counting, shifting letters along
the alphabet), or one to the result of another. It may treat some strings by another rule.""",
    judging="""\
The code is judged: it is called with single strings and has to return exactly the function's output. It may import
string, re and math. The texts and numbers in it may have about 300 characters in all, so that a table of your queries
does not pass. You have one submission and {messages} messages in all.""",
)


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
            items = read_literal(text)
        except ValueError:
            items = None
        if not isinstance(items, list):
            raise ValueError(f"expected a JSON list of strings, actual: {shorten(text)}")
        return items
    try:
        return shlex.split(text)
    except ValueError as error:
        raise ValueError(f"expected a JSON list of strings, actual: {shorten(text)} ({error})") from error


STRING_MESSAGES = MessageRules(
    read_inputs=read_strings,
    input_schema={"type": "string", "maxLength": MAX_INPUT_LENGTH},
    inputs="The inputs, strings of at most 1000 characters; each costs 1 of the budget.",
    example='["Hello, World!", "abc 123", ""]',
    parts={
        "description": "what the function computes, in a sentence or two",
        "domain": "which strings it treats by another rule; or none",
        "code": "Python code that defines f(s)",
    },
    required=("description", "code"),
    template="def f(s):\n    return ...",
)


class StringExaminer:
    """Functions from strings to strings.

    Args:
        judge: scores what descriptions say in language, by unit tests beside the score of the code; or None.
    """

    messages = STRING_MESSAGES

    def __init__(self, judge: Judge | None = None) -> None:
        self._scorers = scorers(StringScorer, judge)

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

    def objection_to_submission(
        self, function: StringBlackBox, submission: Submission, asked: Sequence[Any] = (), *, strict: bool = True
    ) -> str | None:
        """Says why a submission can't be judged, or returns None."""
        return objection_to_code(submission, MAX_STRING_COMPLEXITY)

    def score(self, function: StringBlackBox, submission: Submission, asked: Sequence[Any] = ()) -> StringScore:
        """Judges a submission, whatever was asked."""
        return self._scorers.of(function).score(submission)


def string_text(max_queries: int, *, tools: bool = False) -> TextInterface:
    """Returns the `text` or `tools` interface to string functions.

    Observations have room for the escaped pairs of the whole budget at once, of inputs of the greatest length.
    """
    return TextInterface(TASK, STRING_MESSAGES, 4096 + 40 * MAX_INPUT_LENGTH * max(max_queries, 1), tools=tools)
