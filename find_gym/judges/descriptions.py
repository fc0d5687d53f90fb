"""Unit tests of what is said in language about numeric and string functions, where a judge is configured.

As in the paper, a test has an input with its output, and two executions of freshly sampled functions that the function
itself would answer otherwise. Code is scored apart, by what it computes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from find_gym.categories.numeric.function import NumericFunction
from find_gym.categories.numeric.sampling import sample_numeric
from find_gym.categories.strings.function import StringFunction
from find_gym.categories.strings.inputs import balanced_inputs
from find_gym.categories.strings.sampling import sample_string
from find_gym.core.draws import Draws
from find_gym.core.submissions import Submission
from find_gym.core.unit_tests import UnitTest, UnitTestScore, make_unit_tests, replace_untold, score_unit_tests
from find_gym.judges.protocol import Execution, Judge

TESTS = 10
# How often tests are drawn again that the judge fails with the true description; it has to be asked for each.
ROUNDS = 2
_OTHERS = 6
_EXECUTIONS = 12
_DIGITS = 4
# A distractor's output differs from the function's by more than this share.
_TOLERANCE = 0.1
# Networks take half a second to train, and as distractors have nothing that other functions lack.
_OTHER_NUMERIC = {"variants": {"plain": 1.0}}


class DescriptionScorer:
    """Scores descriptions of one numeric or string function in language, always by the same unit tests.

    Tests that the judge fails with the true description are drawn again, twice at most.

    Args:
        function: the truth.
        judge: reads the descriptions.
        tests: the number of tests.

    Example:
        >>> from find_gym.functions import NumericSpec
        >>> from find_gym.language import ScriptedModel
        >>> from find_gym.judges.language_model import LanguageModelJudge
        >>> function = NumericFunction(sample_numeric(np.random.default_rng(0)))
        >>> scorer = DescriptionScorer(function, LanguageModelJudge(ScriptedModel()))
        >>> round(scorer.score(Submission(description="a line")).share, 3)
        0.333
    """

    def __init__(self, function: Any, judge: Judge, tests: int = TESTS) -> None:
        self._function = function
        self._judge = judge
        rng = np.random.default_rng([*np.frombuffer(function.identity(), dtype=np.uint32).tolist(), 4])
        is_numeric = getattr(function, "category", "numeric") == "numeric"
        draw = _numeric_tests if is_numeric else _string_tests

        def draw_again(failed: list[int]) -> list[UnitTest]:
            fresh = draw(function, rng, tests)
            return [fresh[place] for place in failed]

        self.tests = replace_untold(draw(function, rng, tests), judge, function.describe(), draw_again, ROUNDS)

    def score(self, submission: Submission) -> UnitTestScore:
        """Scores the description and the domain of a submission; its code is not read."""
        parts = (submission.description.strip(), submission.domain.strip())
        text = "\n".join(part for part in parts if part and part.lower() != "none")
        return score_unit_tests(self._judge, text, self._function.describe(), self.tests)


def _string_tests(function: Any, rng: np.random.Generator, count: int) -> list[UnitTest]:
    inputs = balanced_inputs(rng, count, function.truth, function.sides)
    own = [Execution(text, output) for text, output in zip(inputs, function.truth(inputs), strict=True)]
    others = []
    for _ in range(_OTHERS):
        other = StringFunction(sample_string(rng))
        asked = balanced_inputs(rng, _EXECUTIONS, other.truth, other.sides)
        others += [Execution(text, output) for text, output in zip(asked, other.truth(asked), strict=True)]
    return make_unit_tests(rng, own, _drawer(others), lambda one: function.truth([one.input])[0] != one.output)


def _numeric_tests(function: Any, rng: np.random.Generator, count: int) -> list[UnitTest]:
    own = _numeric_executions(function, rng, count)
    if not own:
        raise ValueError("expected a function that is defined somewhere in [-128, 128], actual: it is not")
    others = []
    for _ in range(_OTHERS):
        other = NumericFunction(sample_numeric(rng, difficulty=_OTHER_NUMERIC))
        others += _numeric_executions(other, rng, _EXECUTIONS)

    def is_wrong(execution: Execution) -> bool:
        truth = float(function.truth(np.array([execution.input]))[0])
        return not abs(truth - execution.output) <= _TOLERANCE * max(abs(truth), abs(execution.output))

    return make_unit_tests(rng, own, _drawer(others), is_wrong)


def _numeric_executions(function: Any, rng: np.random.Generator, count: int) -> list[Execution]:
    """Returns executions within the query range, half of them near 0, where the function is defined."""
    far = rng.uniform(-128, 128, 4 * count)
    near = rng.uniform(-12, 12, 4 * count)
    x = np.round(np.stack([far, near], axis=1).ravel(), 1)
    y = function.truth(x)
    pairs = [(a, float(f"{b:.{_DIGITS}g}")) for a, b in zip(x.tolist(), y.tolist(), strict=True) if math.isfinite(b)]
    return [Execution(a, b) for a, b in pairs[:count]]


def _drawer(executions: Sequence[Execution]) -> Callable[[Draws], Execution]:
    return lambda rng: executions[int(rng.integers(len(executions)))]
