"""Enumeration: finds the program of one or two operations behind a string function.

It asks a few strings that tell most programs apart, searches for all programs that agree with the answers, and goes on
to ask what splits those that are left, the likely ones first.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from find_gym.categories.strings.function import StringFunction, StringSpec
from find_gym.categories.strings.probes import PROBES
from find_gym.categories.strings.programs import Program, run
from find_gym.scoring import Submission
from find_gym_agents.base import ScriptedStringAgent, StringSolution
from find_gym_agents.interpreters.enumeration.queries import CHECKS, OPENING, Predictions, best_query
from find_gym_agents.interpreters.enumeration.search import log_prior, search, single_steps

_MOST_QUERIES = 30
# Of the programs left, so many are compared to choose the next query, out of so many.
_COMPARED = 24
_MOST_PROGRAMS = 300
_LEAST_LOG_WEIGHT = -12.0


class EnumerationAgent(ScriptedStringAgent):
    """Searches string programs; see the module's documentation.

    Args:
        released: whether to try the faulty operations of the release as well, for published functions.
    """

    def __init__(self, *, released: bool = False) -> None:
        super().__init__()
        self._released = released

    def solve(self, budget: int, rng: np.random.Generator) -> StringSolution:
        """Interprets one function.

        Args:
            budget: inputs that may be asked in all.
            rng: not used: the agent has no randomness of its own.

        Yields:
            Lists of inputs; each is answered by a list of as many outputs.

        Returns:
            The submission.
        """
        most = min(budget, _MOST_QUERIES)
        inputs = list(OPENING[:most])
        outputs = list((yield inputs)) if inputs else []
        candidates = _Candidates(inputs, outputs, self._released)
        predictions = Predictions()
        unchecked = list(CHECKS)
        while len(inputs) < most:
            compared = predictions.different(candidates.likeliest(inputs, outputs), _COMPARED)
            query = best_query(compared, _weights(compared), inputs, predictions) if compared else None
            if query is None and not candidates.complete:
                candidates = _Candidates(inputs, outputs, self._released)
                if candidates.complete:
                    continue
            queries, unchecked = ([query], unchecked) if query is not None else (unchecked[: most - len(inputs)], [])
            if not queries or not compared:
                break
            outputs += yield queries
            inputs += queries
        programs = candidates.likeliest(inputs, outputs)
        return _submission(programs[0]) if programs else _closest(inputs, outputs)

    def conclude(self, inputs: list[str], outputs: list[str], exemplars: list[str]) -> Submission:
        """Describes a function from evidence; see `ScriptedAgent.conclude`."""
        programs = _Candidates(inputs, outputs, self._released).likeliest(inputs, outputs)
        return _submission(programs[0]) if programs else _closest(inputs, outputs)


class _Candidates:
    """The programs that agree with the answers.

    Args:
        inputs: what was asked.
        outputs: what was answered.
        released: whether to try the faulty operations of the release as well.

    Attributes:
        complete: whether no kind of program was left out of the search.
    """

    def __init__(self, inputs: Sequence[str], outputs: Sequence[str], released: bool) -> None:
        self._released = released
        self._search(inputs, outputs)

    def _search(self, inputs: Sequence[str], outputs: Sequence[str]) -> None:
        found, self.complete = search(inputs, outputs, released=self._released, enough=_MOST_PROGRAMS)
        if len(set(outputs)) == 1:
            # Functions that always give the same are not asked about, and too many programs do.
            found = [hypothesis for hypothesis in found if _varies(hypothesis.programs[-1])]
        found.sort(key=lambda hypothesis: log_prior(hypothesis.programs[0]), reverse=True)
        self._searched = len(inputs)
        self._left = [(hypothesis, len(inputs)) for hypothesis in found]

    def likeliest(self, inputs: Sequence[str], outputs: Sequence[str]) -> list[Program]:
        """Returns programs that agree with the answers, the likeliest first; all if they are not very many."""
        programs = self._agreeing(inputs, outputs)
        if not programs and self._searched < len(inputs):
            self._search(inputs, outputs)
            programs = self._agreeing(inputs, outputs)
        return sorted(programs, key=log_prior, reverse=True)

    def _agreeing(self, inputs: Sequence[str], outputs: Sequence[str]) -> list[Program]:
        programs: list[Program] = []
        left = []
        for index, (hypothesis, count) in enumerate(self._left):
            if len(programs) >= _MOST_PROGRAMS:
                left += self._left[index:]
                break
            if count < len(inputs):
                hypothesis = hypothesis.updated(inputs, outputs, count)
            if hypothesis.constants:
                programs += hypothesis.programs
                left.append((hypothesis, len(inputs)))
        self._left = left
        return programs


def _varies(program: Program) -> bool:
    first = run(program, PROBES[:1])
    return any(run(program, (text,)) != first for text in PROBES)


def _weights(programs: Sequence[Program]) -> list[float]:
    """Returns how likely each program is relative to the first, though none as next to impossible."""
    highest = log_prior(programs[0])
    return [math.exp(max(log_prior(program) - highest, _LEAST_LOG_WEIGHT)) for program in programs]


def _submission(program: Program) -> Submission:
    function = StringFunction(StringSpec(program))
    return Submission(description=function.describe(), domain="none", code=function.source())


def _closest(inputs: Sequence[str], outputs: Sequence[str]) -> Submission:
    """Returns the identity, the commonest answer or the single operation that agrees with most answers."""
    programs: list[Program] = [(), *((step,) for step in single_steps())]
    rights = [_agreements(program, inputs, outputs) for program in programs]
    best = max(range(len(programs)), key=rights.__getitem__)
    if outputs:
        answer, count = Counter(outputs).most_common(1)[0]
        if count > rights[best]:
            return Submission(f"It always gives {answer!r}.", "none", f"def f(s):\n    return {answer!r}\n")
    return _submission(programs[best])


def _agreements(program: Program, inputs: Sequence[str], outputs: Sequence[str]) -> int:
    return sum(y == output for y, output in zip(run(program, inputs), outputs, strict=True))


def consistent_program(pairs: Sequence[tuple[str, str]], *, released: bool = False) -> Program | None:
    """Finds the likeliest program of one or two operations that agrees with recorded pairs, without asking.

    Args:
        pairs: inputs and outputs.
        released: whether to try the faulty operations of the release as well, which published functions have.

    Returns:
        The program, or None where none agrees.

    Example:
        >>> program = consistent_program([("ab", "BA"), ("x 2y", "Y2 X"), ("Hello", "OLLEH")])
        >>> [step.name for step in program]
        ['convert_to_uppercase', 'reverse_string']
    """
    inputs, outputs = [text for text, _ in pairs], [output for _, output in pairs]
    programs = _Candidates(inputs, outputs, released).likeliest(inputs, outputs)
    return programs[0] if programs else None
