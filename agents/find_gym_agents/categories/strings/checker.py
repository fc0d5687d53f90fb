"""How likely evidence is under a description of a string function."""

from __future__ import annotations

import math
from typing import Any

from find_gym.categories.strings.function import StringSpec
from find_gym.categories.strings.programs import run
from find_gym.interfaces.draft import Draft
from find_gym_agents.categories.checking import ERROR_RATE, Checker, Evidence
from find_gym_agents.interpreters.enumeration.search import log_choices

# Printable characters: an answer that the program does not give has to be written out.
_CHARACTERS = 95


class StringChecker(Checker):
    """An answer is the program's but for a small error rate; the program costs its tokens and its constants."""

    def log_likelihood(self, program: Any, bits: float, evidence: Evidence) -> float:
        """Returns the log-likelihood less the length of the program, its constants included."""
        assert isinstance(program, StringSpec)
        outputs = run(program.program, [text for text, _ in evidence])
        likelihood = sum(
            math.log1p(-ERROR_RATE)
            if output == answer
            else math.log(ERROR_RATE) - math.log(_CHARACTERS) * (len(answer) + 1)
            for output, (_, answer) in zip(outputs, evidence, strict=True)
        )
        return likelihood - bits * math.log(2) - log_choices(program.program)

    def greatest(self, draft: Draft, bits: float, evidence: Evidence) -> float:
        """Returns the log-likelihood of a program that gives all answers, with the constants that cost least."""
        least = self.codec.program(draft, [], [])
        return len(evidence) * math.log1p(-ERROR_RATE) - bits * math.log(2) - log_choices(least.program)
