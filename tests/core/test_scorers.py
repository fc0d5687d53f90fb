"""Scorers that are kept, and functions that are asked for many inputs at once."""

import pickle
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import find_gym  # noqa: F401
from find_gym.categories.entities.custom import CallableEntityFunction
from find_gym.categories.entities.score import EntityScorer
from find_gym.categories.numeric.rules import AtomRule
from find_gym.categories.numeric.score import NumericScorer
from find_gym.categories.relations.custom import CallableRelation
from find_gym.categories.strings.custom import CallableStringFunction
from find_gym.categories.strings.score import StringScorer
from find_gym.core import scorers as module
from find_gym.core.registry import category_named
from find_gym.core.scorers import Scorers, scorers
from find_gym.core.submissions import Submission
from find_gym.functions import CallableFunction, NumericFunction, NumericSpec


def line(slope: float, offset: float = 1.0) -> NumericFunction:
    return NumericFunction(NumericSpec(AtomRule("linear", (slope, offset)), (-100.0, 100.0)))


def test_functions_of_one_spec_share_a_scorer_and_others_do_not() -> None:
    kept = Scorers(NumericScorer)
    kept.of(line(2.0))
    assert kept.of(line(2.0)) is kept.of(line(2.0))
    assert kept.of(line(2.0)) is not kept.of(line(3.0))
    # An equal number that is written otherwise makes another identity, and so other held-out inputs.
    assert line(2.0).spec == line(2).spec
    assert kept.of(line(2.0)) is not kept.of(line(2))


def test_callables_that_agree_on_the_probes_do_not_share() -> None:
    def one(x: float) -> float:
        return x

    def other(x: float) -> float:
        return x if x == round(x) else x + 9

    first, second = CallableFunction(one), CallableFunction(other)
    assert first.identity() == second.identity()
    kept = Scorers(NumericScorer)
    kept.of(first)
    assert kept.of(first) is kept.of(first)
    right = Submission(code="def f(x):\n    return x\n")
    assert kept.of(first).score(right).accuracy == 1
    assert kept.of(second).score(right).accuracy < 1


def test_as_many_are_kept_as_fit_and_the_oldest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT", 2)
    made = []
    kept = Scorers(lambda function: made.append(function) or len(made))
    one, two, three = line(1.0), line(2.0), line(3.0)
    for function in (one, one, two, two, one, three):
        kept.of(function)
    assert made == [one, one, two, two, three]
    assert kept.of(one) == 2 and len(made) == 5
    # The third function took the place of the second, which is judged as if for the first time.
    assert kept.of(two) == 6 and kept.of(two) == 7 and kept.of(two) == 7


def test_scorers_with_a_judge_are_apart_and_no_scorer_travels() -> None:
    assert scorers(NumericScorer) is scorers(NumericScorer)
    assert scorers(NumericScorer, object()) is not scorers(NumericScorer)
    kept = scorers(NumericScorer)
    kept.of(line(2.0))
    assert pickle.loads(pickle.dumps(kept))._scorers == {}


@pytest.mark.parametrize("name", ["numeric", "strings", "entities", "relations"])
def test_the_second_score_is_that_of_a_fresh_scorer(name: str) -> None:
    category = category_named(name)
    judge = {"judge": "vocabulary"} if name == "entities" else {}
    examiner = gym.make(category.environment_id(), interface="text", **judge).unwrapped.examiner
    for seed in range(3):
        spec = category.sample(np.random.default_rng(seed), split=None, difficulty="easy")
        other = category.sample(np.random.default_rng(seed + 9), split=None, difficulty="easy")
        described = Submission(category.make(other).describe(), code=category.make(other).source())
        for submission in (Submission(program=other), Submission(program=spec), described):
            first, second = (examiner.score(category.make(spec), submission).to_json() for _ in range(2))
            examiner._scorers._scorers.clear()
            assert first == second == examiner.score(category.make(spec), submission).to_json()


def test_a_vectorised_callable_is_called_once_for_all_environments() -> None:
    calls = []

    def double(x: np.ndarray) -> np.ndarray:
        calls.append(x.size)
        return 2 * x

    function = CallableFunction(double, vectorized=True)
    envs = gym.make_vec("FIND-numeric-v1", num_envs=5, function=function)
    single = gym.make("FIND-numeric-v1", function=CallableFunction(lambda x: 2 * x))
    envs.reset(seed=0)
    single.reset(seed=0)
    calls.clear()
    observations = envs.step(np.array([3, 4, 5, 6, 7]))[0]
    assert calls == [5]
    expected = single.step(5)[0]
    assert all(np.array_equal(values[2], expected[name]) for name, values in observations.items())


def test_vectorised_callables_answer_as_others_do() -> None:
    x = np.array([-1.0, 0.0, 4.0])
    assert CallableFunction(lambda x: 8 / x, vectorized=True)(x[[0, 2]]).tolist() == [-8.0, 2.0]

    def fails(x: np.ndarray) -> list[float]:
        if 0 in x:
            raise ZeroDivisionError
        return [8 / value for value in x]

    assert np.array_equal(CallableFunction(fails, vectorized=True)(x), [-8.0, np.nan, 2.0], equal_nan=True)
    strings = CallableStringFunction(lambda inputs: [s.upper() for s in inputs], vectorized=True)
    assert strings(["a", "bc"]) == ["A", "BC"]
    words = CallableEntityFunction(lambda inputs: [float(len(word) > 3) for word in inputs], vectorized=True)
    assert words(["puck", "tee"]).tolist() == [1.0, 0.0]
    relation = CallableRelation(lambda inputs: [word[::-1] for word in inputs], vectorized=True)
    assert relation(["ab"]) == ["ba"]
    # Held-out inputs lie in one array; the callable gets the list that it was promised.
    assert StringScorer(CallableStringFunction(lambda inputs: inputs.copy(), vectorized=True)).trivial_accuracy == 1
    # NumPy's strings are strings.
    upper = CallableStringFunction(lambda inputs: list(np.strings.upper(inputs)), vectorized=True)
    assert StringScorer(upper).trivial_accuracy == StringScorer(CallableStringFunction(str.upper)).trivial_accuracy
    with pytest.raises(ValueError, match="expected 2 outputs of a vectorised callable, actual: 1"):
        CallableStringFunction(lambda inputs: inputs[:1], vectorized=True)(["a", "b"])


def test_black_boxes_return_arrays_of_any_memory() -> None:
    class Numbers(CallableFunction):
        def truth(self, x: Any) -> Any:
            return super().truth(x).astype(int)

    class Words(CallableEntityFunction):
        def truth(self, words: Any) -> Any:
            return np.broadcast_to(super().truth(words), len(words))

    one, other = Numbers(lambda x: x // 1), CallableFunction(lambda x: x // 1)
    assert NumericScorer(one).trivial_accuracy == NumericScorer(other).trivial_accuracy
    submission = Submission(description="golf")
    one, other = (kind(lambda word: float("golf" in word)) for kind in (Words, CallableEntityFunction))
    assert EntityScorer(one).score(submission).to_json() == EntityScorer(other).score(submission).to_json()
