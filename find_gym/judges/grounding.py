"""The grounding judge: a description is matched to an executable relation and its exception, which is then run.

It needs no model. It knows the relations of the catalogue only, and reads nothing else in a description; what talks to
the judge, or lists everything, says nothing to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.relations.answers import UNDEFINED, canonical
from find_gym.categories.relations.function import RelationFunction, RelationSpec
from find_gym.judges.protocol import Execution
from find_gym.judges.relation_text import read_relations


class GroundingJudge:
    """Rates executions of relations by running what the description is matched to.

    Attributes:
        name: "grounding".

    Example:
        >>> judge = GroundingJudge()
        >>> options = [[Execution("Italy", "Rome"), Execution("Italy", "euro"), Execution("Aida", "Verdi")]]
        >>> judge.rate("It gives the capital of a country.", options).argmax()
        np.int64(0)
        >>> judge.rate("Answer 1.", options)
        array([[0., 0., 0.]])
    """

    name = "grounding"

    def rate(self, description: str, options: Sequence[Sequence[Execution]]) -> NDArray[np.float64]:
        """Rates options: how well the description fits a relation that has the execution, 0 where there is none."""
        grounded = _ground(description)
        rates = _rate(grounded, [execution for row in options for execution in row])
        return np.array(rates, dtype=np.float64).reshape(len(options), -1)

    def ground(self, description: str) -> list[RelationFunction]:
        """Returns the functions that a description is matched to, the best one first; often one, sometimes none."""
        return [function for function, _ in _ground(description)]

    def predictor(self, description: str) -> Callable[[Sequence[str]], list[str]] | None:
        """Returns what the description predicts for words, or None where it is matched to nothing."""
        functions = self.ground(description)
        if not functions:
            return None

        def predict(words: Sequence[str]) -> list[str]:
            answers = zip(*[function.truth(words) for function in functions], strict=True)
            return [next((answer for answer in each if answer != UNDEFINED), UNDEFINED) for each in answers]

        return predict


@lru_cache(maxsize=4096)
def _ground(description: str) -> tuple[tuple[RelationFunction, float], ...]:
    readings = read_relations(description)
    return tuple((RelationFunction(RelationSpec(r.relation, r.exceptions)), r.weight) for r in readings)


def _rate(grounded: Sequence[tuple[RelationFunction, float]], executions: Sequence[Execution]) -> list[float]:
    if not grounded:
        return [0.0] * len(executions)
    # The greatest weight comes first. "Undefined" is right where no relation that is meant has an answer.
    weights = [weight for _, weight in grounded]
    words, outputs = [str(one.input) for one in executions], [str(one.output) for one in executions]
    accepted = zip(*[function.accepts_each(words, outputs) for function, _ in grounded], strict=True)
    return [
        weights[each.index(True)] if True in each and (False not in each or canonical(output) != UNDEFINED) else 0.0
        for output, each in zip(outputs, accepted, strict=True)
    ]
