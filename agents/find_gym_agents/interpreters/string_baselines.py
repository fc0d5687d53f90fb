"""Trivial interpreters of string functions, to compare others with: the identity, a constant, a table of queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from find_gym.categories.strings.category import MAX_STRING_COMPLEXITY
from find_gym.categories.strings.inputs import draw_inputs
from find_gym.categories.strings.probes import PROBES
from find_gym.scoring import Submission
from find_gym_agents.base import ScriptedStringAgent, StringSolution
from find_gym_agents.interpreters.knots import longest_that_fits

_QUERIES = 16
_LONGEST = 200


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
        # A long answer comes once at most and would not pass the cap on complexity.
        short = [output for output in outputs if len(output) <= _LONGEST]
        answer = Counter(short).most_common(1)[0][0] if short else ""
        return Submission(f"It always gives {answer!r}.", code=f"def f(s):\n    return {ascii(answer)}\n")


class LookupStringAgent(ScriptedStringAgent):
    """The exploit: spends the budget on probes and random strings and submits a table; others stay as they are.

    As many rows as the cap on complexity lets pass, the short ones first.
    """

    def solve(self, budget: int, rng: np.random.Generator) -> StringSolution:
        """Interprets one function; see `ScriptedAgent.solve`."""
        inputs = list(dict.fromkeys([*PROBES, *draw_inputs(rng, budget)]))[:budget]
        outputs = (yield inputs) if inputs else []
        return tabulate(dict(zip(inputs, outputs, strict=True)))


def tabulate(answers: Mapping[str, str]) -> Submission:
    """Writes the answers that differ from their inputs as code, as many as the cap on complexity lets pass.

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
    changed.sort(key=lambda row: (len(row[0]) + len(row[1]), row))
    return longest_that_fits(lambda count: _write(dict(changed[:count])), len(changed), MAX_STRING_COMPLEXITY)


def _write(rows: Mapping[str, str]) -> Submission:
    code = f"TABLE = {ascii(dict(rows))}\n\n\ndef f(s):\n    return TABLE.get(s, s)\n"
    return Submission(f"A table of {len(rows)} inputs and outputs.", code=code)
