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
        rows = [[_rate(grounded, execution) for execution in row] for row in options]
        return np.array(rows, dtype=np.float64).reshape(len(rows), -1)

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


def _rate(grounded: Sequence[tuple[RelationFunction, float]], execution: Execution) -> float:
    word, output = str(execution.input), str(execution.output)
    if len(grounded) == 1:
        function, weight = grounded[0]
        return weight if function.accepts(word, output) else 0.0
    weights = [weight for function, weight in grounded if function.accepts(word, output)]
    if canonical(output) == UNDEFINED:
        return weights[0] if weights and len(weights) == len(grounded) else 0.0
    return max(weights, default=0.0)
