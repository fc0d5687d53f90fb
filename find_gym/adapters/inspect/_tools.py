"""The tools of a model: to query the function, and to submit a description of it."""

from __future__ import annotations

from inspect_ai.tool import Tool, ToolDef, ToolError

from find_gym.adapters.inspect._episode import HiddenFunction
from find_gym.scoring import Submission

# Outputs are never cut: 0 lifts Inspect's limit.
_UNCUT = 0


def tools_for(function: HiddenFunction, category: str) -> list[Tool]:
    """Returns the tools `query` and `submit` of one sample.

    Args:
        function: what they act on.
        category: its category; inputs are numbers or strings, and only numbers and strings are described in code.
    """

    async def query_numbers(inputs: list[float]) -> str:
        """Asks the hidden function for its outputs.

        Args:
            inputs: numbers from -128 to 128; each costs 1 of the budget.
        """
        return _query(function, inputs)

    async def query_strings(inputs: list[str]) -> str:
        """Asks the hidden function for its outputs.

        Args:
            inputs: strings; each costs 1 of the budget.
        """
        return _query(function, inputs)

    async def submit_code(description: str, code: str, domain: str = "none") -> str:
        """Submits the final description of the hidden function, once.

        Args:
            description: what the function computes, in a sentence or two.
            code: Python source of the function, such as "def f(x): return ...".
            domain: where the function departs from that, such as "3 < x < 7.5"; or "none".
        """
        return _submit(function, Submission(description, domain, code))

    async def submit_words(description: str, domain: str = "none") -> str:
        """Submits the final description of the hidden function, once.

        Args:
            description: what the function does, in a sentence.
            domain: on which of its inputs it departs from that, such as "the input country is in Asia"; or "none".
        """
        return _submit(function, Submission(description, domain))

    query = query_numbers if category == "numeric" else query_strings
    submit = submit_code if category in ("numeric", "strings") else submit_words
    return [ToolDef(query, name="query", max_output=_UNCUT).as_tool(), ToolDef(submit, name="submit").as_tool()]


def _query(function: HiddenFunction, inputs: list[float] | list[str]) -> str:
    _check(function)
    return function.query(list(inputs))


def _submit(function: HiddenFunction, submission: Submission) -> str:
    _check(function)
    function.submit(submission)
    return "Submitted."


def _check(function: HiddenFunction) -> None:
    if function.over:
        raise ToolError("expected no more calls, actual: the episode is over")
