"""The numeric category: what may be asked, how answers are written, how submissions are judged, the task in words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from find_gym.categories.numeric.category import MAX_NUMERIC_COMPLEXITY
from find_gym.categories.numeric.function import QUERY_RANGE, NumericBlackBox
from find_gym.categories.numeric.score import NumericScore, NumericScorer
from find_gym.core.message_rules import MessageRules
from find_gym.core.objections import objection_to_code
from find_gym.core.scorers import scorers
from find_gym.core.submissions import Submission
from find_gym.interfaces.quoting import shorten
from find_gym.interfaces.text import Task, TextInterface
from find_gym.judges.protocol import Judge

TASK = Task(
    opening="""\
There is a hidden function f. It takes one number and returns one number. Find out what it computes, and describe it.\
""",
    asking="""\
Inputs are any numbers from -128 to 128. Each input costs 1 of your budget of {budget}. You get a line
`input -> output` for each of them; null means that the function is undefined there.""",
    hints="""\
The function may be a common mathematical function or a sum or product of two; its constants may have decimals. Its
outputs may be noisy. On a part of the inputs (below a bound, above a bound, or between two bounds) it may depart from
its rule. It may also be a neural network that only approximates such a function.""",
    judging="""\
The code is judged: it is called with single numbers, should return the function's output without noise, and nan where
f is undefined. It may import math and numpy, and hold about as many numbers as 24 points have (48 numbers of five
digits), so that a table of your queries does not pass. You have one submission and {messages} messages in all.""",
)


def read_numbers(argument: list[Any] | str) -> list[float]:
    """Reads the inputs of one query: a JSON list, or numbers separated by spaces or commas.

    Raises:
        ValueError: there is none, or something in it is not a finite number.
    """
    if isinstance(argument, str):
        words: list[Any] = argument.strip("[](){};. ").replace(",", " ").split()
        # A minus sign of typography, as it is or as a message of ASCII characters escapes it.
        words = [re.sub(r"\u2212|\\u2212", "-", word).strip("\"'[]()") for word in words]
    else:
        words = argument
    inputs = []
    for word in words:
        try:
            value = math.nan if isinstance(word, bool) else float(word)
        except (TypeError, ValueError, OverflowError):
            value = math.nan
        if not math.isfinite(value):
            raise ValueError(f"expected finite numbers as inputs, actual value: {shorten(str(word))}")
        inputs.append(value)
    if not inputs:
        raise ValueError("expected at least one input after QUERY, actual: none")
    return inputs


NUMERIC_MESSAGES = MessageRules(
    read_inputs=read_numbers,
    input_schema={"type": "number", "minimum": QUERY_RANGE[0], "maximum": QUERY_RANGE[1]},
    inputs="The inputs, numbers from -128 to 128; each costs 1 of the budget.",
    example="[1, 2.5, -3]",
    parts={
        "description": "what the function computes, in a sentence or two",
        "domain": "where it departs from that, as an inequality such as 3 < x < 7.5, x < -20 or x > 11; or none",
        "code": "Python code that defines f(x)",
    },
    required=("description", "code"),
    template="def f(x):\n    return ...",
)


class NumericExaminer:
    """Functions from numbers to numbers.

    Args:
        judge: scores what descriptions say in language, by unit tests beside the score of the code; or None.
    """

    messages = NUMERIC_MESSAGES

    def __init__(self, judge: Judge | None = None) -> None:
        self.judge = judge
        self._scorers = scorers(NumericScorer, judge)

    def objection(self, inputs: tuple[Any, ...]) -> str | None:
        """Says why a query with these inputs can't be answered, or returns None."""
        low, high = QUERY_RANGE
        outside = [value for value in inputs if not low <= value <= high]
        return f"expected inputs in [{low:g}, {high:g}], actual value: {outside[0]!r}" if outside else None

    def answer(self, function: NumericBlackBox, inputs: tuple[Any, ...], rng: np.random.Generator) -> list[Any]:
        """Returns the function's outputs, NaN where undefined."""
        return function(np.array(inputs, dtype=np.float64), rng).tolist()

    def to_json(self, outputs: list[Any]) -> list[Any]:
        """Returns outputs with None where undefined; numbers read back as the same floats."""
        return [value if math.isfinite(value) else None for value in outputs]

    def objection_to_submission(
        self, function: NumericBlackBox, submission: Submission, asked: Sequence[Any] = (), *, strict: bool = True
    ) -> str | None:
        """Says why a submission can't be judged, or returns None."""
        return objection_to_code(submission, MAX_NUMERIC_COMPLEXITY)

    def score(self, function: NumericBlackBox, submission: Submission, asked: Sequence[Any] = ()) -> NumericScore:
        """Judges a submission, whatever was asked."""
        return self.scorer(function).score(submission)

    def scorer(self, function: NumericBlackBox) -> NumericScorer:
        """Returns what judges submissions to a function."""
        return self._scorers.of(function)


def numeric_text(max_queries: int, *, tools: bool = False) -> TextInterface:
    """Returns the `text` or `tools` interface; observations fit the answer to the whole budget at once."""
    return TextInterface(TASK, NUMERIC_MESSAGES, 4096 + 64 * max_queries, tools=tools)
