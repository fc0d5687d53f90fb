"""Unit tests: how they are made and counted; descriptions of numeric and string functions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.categories.numeric.unit_tests import draw_unit_tests as draw_numeric
from find_gym.categories.strings.function import StringFunction
from find_gym.categories.strings.sampling import sample_string
from find_gym.categories.strings.score import StringScorer
from find_gym.categories.strings.unit_tests import draw_unit_tests as draw_string
from find_gym.functions import NumericFunction, sample_numeric
from find_gym.judges.descriptions import DescriptionScorer
from find_gym.judges.language_model import LanguageModelJudge
from find_gym.judges.protocol import Execution
from find_gym.judges.unit_tests import UnitTest, judged_bounds, make_unit_tests, score_unit_tests, share_right
from find_gym.language import ScriptedModel
from find_gym.scoring import NumericScorer, Submission

QUICK = {"variants": {"plain": 0.5, "noised": 0.2, "corrupted": 0.3}}


class Oracle:
    """Knows which executions are the function's own, and reads nothing else into a true description."""

    name = "oracle"

    def __init__(self, own: list[Execution], truth: str) -> None:
        self._own, self._truth = own, truth

    def rate(self, description: str, options: list) -> np.ndarray:
        """Rates the function's own executions 1, where the description is the true one."""
        known = description == self._truth
        return np.array([[float(known and option in self._own) for option in row] for row in options])


@given(st.integers(0, 2**31), st.integers(2, 4), st.integers(1, 20))
@settings(max_examples=40, deadline=None)
def test_each_test_has_one_true_option(seed: int, options: int, count: int) -> None:
    own = [Execution(index, "own") for index in range(count)]
    tests = make_unit_tests(
        np.random.default_rng(seed),
        own,
        lambda rng: Execution(int(rng.integers(50)), str(rng.choice(["own", "other"]))),
        lambda execution: execution.output != "own",
        options,
    )
    assert [test.options[test.correct] for test in tests] == own
    for test in tests:
        assert len(set(test.options)) == options
        assert sum(option.output == "own" for option in test.options) == 1
    judge = Oracle(own, "true")
    score = score_unit_tests(judge, "false", tests, judged_bounds(judge, "true", tests))
    assert score.truth_share == 1.0 and score.share == score.empty_share == pytest.approx(1 / options)
    assert score.skill == pytest.approx(0.0, abs=1e-9)


def test_distractors_that_cannot_be_found_are_an_error() -> None:
    with pytest.raises(ValueError, match="expected distractors"):
        make_unit_tests(np.random.default_rng(0), [Execution(1)], lambda _: Execution(2), lambda _: False)


def test_ties_count_as_guessing_and_nan_as_least_likely() -> None:
    test = UnitTest((Execution("a"), Execution("b"), Execution("c")), 1)
    assert share_right(np.array([[0.0, 1.0, 0.0]]), [test]) == 1.0
    assert share_right(np.array([[1.0, 1.0, 0.0]]), [test]) == 0.5
    assert share_right(np.array([[np.nan, 0.0, np.nan]]), [test]) == 1.0
    assert share_right(np.full((1, 3), np.nan), [test]) == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="expected ratings of shape"):
        share_right(np.zeros((2, 3)), [test])
    with pytest.raises(ValueError, match="expected at least one"):
        share_right(np.zeros((0, 3)), [])
    with pytest.raises(ValueError, match="expected correct from 0 to 2"):
        UnitTest(test.options, 3)


@pytest.mark.parametrize("seed", range(8))
def test_numeric_and_string_functions_get_true_executions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    judge = LanguageModelJudge(ScriptedModel())
    numeric = NumericFunction(sample_numeric(rng, difficulty=QUICK))
    for test in DescriptionScorer(numeric, judge, draw_numeric).tests:
        right = [
            abs(float(numeric.truth([option.input])[0]) - option.output) <= 1e-3 * max(1, abs(option.output))
            for option in test.options
        ]
        assert right.index(True) == test.correct and sum(right) == 1
    string = StringFunction(sample_string(rng))
    for test in DescriptionScorer(string, judge, draw_string).tests:
        right = [string.truth([option.input])[0] == option.output for option in test.options]
        assert right.index(True) == test.correct and sum(right) == 1


def test_scorers_judge_descriptions_where_there_is_a_judge() -> None:
    function = StringFunction(sample_string(np.random.default_rng(0)))
    own = [test.options[test.correct] for test in DescriptionScorer(function, Oracle([], ""), draw_string).tests]
    judge = Oracle(own, function.describe())
    score = StringScorer(function, judge).score(Submission(function.describe(), code="def f(s):\n    return s\n"))
    assert score.unit_tests is not None and score.unit_tests["share"] == 1.0 and score.accuracy < 1
    assert StringScorer(function).score(Submission(code=function.source())).unit_tests is None
    numeric = NumericFunction(sample_numeric(np.random.default_rng(0)))
    scored = NumericScorer(numeric, LanguageModelJudge(ScriptedModel())).score(Submission("x", code=numeric.source()))
    assert scored.accuracy == 1.0 and scored.unit_tests is not None
    assert scored.unit_tests["judge"] == "language model scripted"
