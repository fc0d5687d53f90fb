"""Unit tests of what is said in language about a string function."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.categories.strings.function import StringFunction
from find_gym.categories.strings.inputs import balanced_inputs
from find_gym.categories.strings.sampling import sample_string
from find_gym.judges.descriptions import EXECUTIONS, OTHERS
from find_gym.judges.protocol import Execution
from find_gym.judges.unit_tests import UnitTest, make_unit_tests, one_of


def draw_unit_tests(function: Any, rng: np.random.Generator, count: int) -> list[UnitTest]:
    """Draws unit tests of a function, with executions of freshly sampled ones that it would answer otherwise."""
    own = _executions(function, rng, count)
    others = []
    for _ in range(OTHERS):
        others += _executions(StringFunction(sample_string(rng)), rng, EXECUTIONS)
    return make_unit_tests(rng, own, one_of(others), lambda one: function.truth([one.input])[0] != one.output)


def _executions(function: Any, rng: np.random.Generator, count: int) -> list[Execution]:
    inputs, followed = balanced_inputs(rng, count, function)
    return [Execution(text, output) for text, output in zip(inputs, followed.outputs, strict=True)]
