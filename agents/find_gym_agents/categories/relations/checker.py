"""How likely evidence is under a description of a relation."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from find_gym.categories.relations.answers import UNDEFINED, canonical
from find_gym.categories.relations.conditions import conditions_of
from find_gym.categories.relations.function import RelationFunction, RelationSpec
from find_gym.categories.relations.tokens import RelationDraft
from find_gym.interfaces.draft import Draft
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
        attributes = [condition.attribute for condition in conditions_of(program.relation)]
        values = sum(math.log(attributes.count(condition.attribute)) for condition in program.exceptions)
        return _of_answers(right, len(evidence)) - bits * math.log(2) - values

    def greatest(self, draft: Draft, bits: float, evidence: Evidence) -> float:
        """Returns the log-likelihood for exceptions that hold all answers "undefined", their values for nothing."""
        assert isinstance(draft, RelationDraft)
        right = _most_right(draft.relation(), tuple(evidence))
        return _of_answers(right, len(evidence)) - bits * math.log(2)


def _of_answers(right: int, count: int) -> float:
    """Returns the log-likelihood of so many answers, some of which are those of the description."""
    return right * math.log1p(-ERROR_RATE) + (count - right) * math.log(ERROR_RATE / _ANSWERS)


@lru_cache(maxsize=256)
def _most_right(relation: str, evidence: tuple[tuple[str, str], ...]) -> int:
    """Returns how many answers a relation can give, whatever its exceptions are."""
    plain = RelationFunction(RelationSpec(relation))
    return sum(canonical(answer) == UNDEFINED or plain.accepts(word, answer) for word, answer in evidence)
