"""Unit tests of what is said in language about functions whose code is scored, where a judge is configured.

As in the paper, a test has an input with its output, and two executions of freshly sampled functions that the function
itself would answer otherwise. Code is scored apart, by what it computes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from find_gym.core.submissions import Submission
from find_gym.judges.protocol import Judge
from find_gym.judges.unit_tests import Bounds, UnitTest, UnitTestScore, judged_bounds, replace_untold, score_unit_tests

TESTS = 10
# How often tests are drawn again that the judge fails with the true description; it has to be asked for each.
ROUNDS = 2
# Other functions that distractors come from, and executions of each.
OTHERS = 6
EXECUTIONS = 12

DrawUnitTests = Callable[[Any, np.random.Generator, int], list[UnitTest]]


class DescriptionScorer:
    """Scores descriptions of one function in language, always by the same unit tests.

    Tests that the judge fails with the true description are drawn again, twice at most.

    Args:
        function: the truth.
        judge: reads the descriptions.
        draw: draws unit tests of a function, given a generator and their number.
        tests: the number of tests.

    Example:
        >>> from find_gym.categories.numeric.unit_tests import draw_unit_tests
        >>> from find_gym.functions import NumericFunction, sample_numeric
        >>> from find_gym.language import ScriptedModel
        >>> from find_gym.judges.language_model import LanguageModelJudge
        >>> function = NumericFunction(sample_numeric(np.random.default_rng(0)))
        >>> scorer = DescriptionScorer(function, LanguageModelJudge(ScriptedModel()), draw_unit_tests)
        >>> round(scorer.score(Submission(description="a line")).share, 3)
        0.333
    """

    def __init__(self, function: Any, judge: Judge, draw: DrawUnitTests, tests: int = TESTS) -> None:
        self._function = function
        self._judge = judge
        rng = np.random.default_rng([*np.frombuffer(function.identity(), dtype=np.uint32).tolist(), 4])

        def draw_again(failed: list[int]) -> list[UnitTest]:
            fresh = draw(function, rng, tests)
            return [fresh[place] for place in failed]

        self.tests = replace_untold(draw(function, rng, tests), judge, function.describe(), draw_again, ROUNDS)

    def score(self, submission: Submission) -> UnitTestScore:
        """Scores the description and the domain of a submission; its code is not read."""
        parts = (submission.description.strip(), submission.domain.strip())
        text = "\n".join(part for part in parts if part and part.lower() != "none")
        return score_unit_tests(self._judge, text, self.tests, self._bounds)

    @cached_property
    def _bounds(self) -> Bounds:
        return judged_bounds(self._judge, self._function.describe(), self.tests)
