"""Trivial interpreters of string functions, to compare others with: the identity, a constant, a table of queries."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping

import numpy as np

from find_gym.functions.strings.inputs import draw_inputs
from find_gym.functions.strings.probes import PROBES
from find_gym.scoring import Submission
from find_gym.scoring.strings import MAX_TEXT_LITERALS, count_text_literals
from find_gym_agents.base import ScriptedStringAgent, StringSolution

_QUERIES = 16


class IdentityAgent(ScriptedStringAgent):
    """Asks nothing and submits the identity."""

    def solve(self, budget: int, rng: np.random.Generator) -> StringSolution:
        """Interprets one function; see `ScriptedAgent.solve`."""
        yield from ()
        return Submission("It leaves the string as it is.", code="def f(s):\n    return s\n")


class ConstantStringAgent(ScriptedStringAgent):
    """Asks 16 probes and submits the answer that comes most often."""

    def solve(self, budget: int, rng: np.random.Generator) -> StringSolution:
        """Interprets one function; see `ScriptedAgent.solve`."""
        outputs: list[str] = []
        if budget > 0:
            outputs = yield list(PROBES[: min(budget, _QUERIES)])
        # A long answer comes once at most and would not pass the cap on literals.
        short = [output for output in outputs if len(output) <= MAX_TEXT_LITERALS // 2]
        answer = Counter(short).most_common(1)[0][0] if short else ""
        return Submission(f"It always gives {answer!r}.", code=f"def f(s):\n    return {ascii(answer)}\n")


class LookupStringAgent(ScriptedStringAgent):
    """The exploit: spends the budget on probes and random strings and submits a table; others stay as they are.

    As many rows as the cap on literals lets pass, the short ones first.
    """

    def solve(self, budget: int, rng: np.random.Generator) -> StringSolution:
        """Interprets one function; see `ScriptedAgent.solve`."""
        inputs = list(dict.fromkeys([*PROBES, *draw_inputs(rng, budget)]))[:budget]
        outputs = (yield inputs) if inputs else []
        return tabulate(dict(zip(inputs, outputs, strict=True)))


def tabulate(answers: Mapping[str, str]) -> Submission:
    """Writes the answers that differ from their inputs as code, as many as the cap on literals lets pass.

    Args:
        answers: outputs by inputs.

    Returns:
        The submission.

    Example:
        >>> print(tabulate({"ab": "ba", "x": "x"}).code)
        TABLE = {'ab': 'ba'}
        <BLANKLINE>
        <BLANKLINE>
        def f(s):
            return TABLE.get(s, s)
        <BLANKLINE>
    """
    changed = [(text, output) for text, output in answers.items() if text != output]
    rows: dict[str, str] = {}
    for text, output in sorted(changed, key=lambda row: (len(row[0]) + len(row[1]), row)):
        if count_text_literals(ast.parse(_write_table({**rows, text: output}))) > MAX_TEXT_LITERALS:
            break
        rows[text] = output
    code = f"{_write_table(rows)}\n\n\ndef f(s):\n    return TABLE.get(s, s)\n"
    return Submission(f"A table of {len(rows)} inputs and outputs.", code=code)


def _write_table(rows: Mapping[str, str]) -> str:
    return f"TABLE = {ascii(dict(rows))}"
