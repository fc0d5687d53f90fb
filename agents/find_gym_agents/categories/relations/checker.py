"""How likely evidence is under a description of a relation."""

from __future__ import annotations

import math
from typing import Any

from find_gym.categories.relations.conditions import conditions_of
from find_gym.categories.relations.function import RelationFunction, RelationSpec
from find_gym_agents.categories.checking import ERROR_RATE, Checker, Evidence

# So many other answers are there.
_ANSWERS = 1000


class RelationChecker(Checker):
    """An answer is the relation's but for a small error rate; the description costs its tokens and its values."""

    def log_likelihood(self, program: Any, bits: float, evidence: Evidence) -> float:
        """Returns the log-likelihood less the length of the description, the values of its exceptions included."""
        assert isinstance(program, RelationSpec)
        function = RelationFunction(program)
        right = sum(function.accepts(word, answer) for word, answer in evidence)
        likelihood = right * math.log1p(-ERROR_RATE) + (len(evidence) - right) * math.log(ERROR_RATE / _ANSWERS)
        attributes = [condition.attribute for condition in conditions_of(program.relation)]
        values = sum(math.log(attributes.count(condition.attribute)) for condition in program.exceptions)
        return likelihood - bits * math.log(2) - values
