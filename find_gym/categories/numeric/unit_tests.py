"""Unit tests of what is said in language about a numeric function."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.function import NumericFunction
from find_gym.categories.numeric.sampling import sample_numeric
from find_gym.judges.descriptions import EXECUTIONS, OTHERS
from find_gym.judges.protocol import Execution
from find_gym.judges.unit_tests import UnitTest, make_unit_tests, one_of

_DIGITS = 4
# A distractor's output differs from the function's by more than this share.
_TOLERANCE = 0.1
# Networks take long to train, and as distractors have nothing that other functions lack.
_OTHER_NUMERIC = {"variants": {"plain": 1.0}}


def draw_unit_tests(function: Any, rng: np.random.Generator, count: int) -> list[UnitTest]:
    """Draws unit tests of a function, with executions of freshly sampled ones that it would answer otherwise.

    Raises:
        ValueError: the function is undefined on all of [-128, 128].
    """
    own = _executions(function, rng, count)
    if not own:
        raise ValueError("expected a function that is defined somewhere in [-128, 128], actual: it is not")
    others = []
    for _ in range(OTHERS):
        other = NumericFunction(sample_numeric(rng, difficulty=_OTHER_NUMERIC))
        others += _executions(other, rng, EXECUTIONS)

    def is_wrong(execution: Execution) -> bool:
        truth = float(function.truth(np.array([execution.input]))[0])
        return not abs(truth - execution.output) <= _TOLERANCE * max(abs(truth), abs(execution.output))

    return make_unit_tests(rng, own, one_of(others), is_wrong)


def _executions(function: Any, rng: np.random.Generator, count: int) -> list[Execution]:
    """Returns executions within the query range, half of them near 0, where the function is defined."""
    far = rng.uniform(-128, 128, 4 * count)
    near = rng.uniform(-12, 12, 4 * count)
    x = np.round(np.stack([far, near], axis=1).ravel(), 1)
    y = function.truth(x)
    pairs = [(a, float(f"{b:.{_DIGITS}g}")) for a, b in zip(x.tolist(), y.tolist(), strict=True) if math.isfinite(b)]
    return [Execution(a, b) for a, b in pairs[:count]]
