"""Users' functions: whatever they return or raise, they are served, scored and fitted."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from find_gym.categories.entities.custom import CallableEntityFunction
from find_gym.categories.relations.custom import CallableRelation
from find_gym.functions import CallableFunction, CallableStringFunction
from find_gym.scoring import NumericInputs, NumericScorer, Submission
from find_gym_agents.registry import make_agent
from tests.agents.episodes import play

ODD: dict[str, Callable[[float], Any]] = {
    "complex": lambda x: x**0.5,
    "overflowing": lambda x: x**80,
    "greatest": lambda x: 1.7e308,
    "greatest of both signs": lambda x: 1.7e308 if x > 0 else -1.7e308,
    "partly greatest": lambda x: 1.7e308 if x > 3 else 1.0,
    "raising": lambda x: {}[x],
    "text": lambda x: "1.5",
    "long": lambda x: 10**400,
    "list": lambda x: [x],
}


@pytest.mark.parametrize("name", ODD)
def test_odd_functions_are_served_scored_and_fitted(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gym.make("FIND-numeric-v1", function=ODD[name]).unwrapped
        env.reset(seed=0)
        rng, terminated, truncated = np.random.default_rng(0), False, False
        while not (terminated or truncated):
            legal = np.flatnonzero(env.action_masks())  # type: ignore[attr-defined]
            _, _, terminated, truncated, _ = env.step(int(rng.choice(legal)))
        for agent in ("atom-fit", "piecewise", "lookup"):
            info, _ = play(make_agent(agent), ODD[name])
            assert info["score"]["outcome"] in ("right", "wrong"), (agent, info["score"])


def test_odd_outputs_are_undefined_and_their_source_is_right() -> None:
    values = CallableFunction(ODD["complex"])([-4.0, 0.0, 4.0])
    assert np.array_equal(values, [np.nan, 0.0, 2.0], equal_nan=True)
    assert CallableFunction(lambda x: complex(x))([2.0]).tolist() == [2.0]
    for name, code in (("complex", "x**0.5"), ("overflowing", "x**80"), ("greatest", "1.7e308"), ("raising", "{}[x]")):
        score = NumericScorer(CallableFunction(ODD[name])).score(Submission(code=f"def f(x): return {code} or 0.0"))
        assert (score.outcome, score.accuracy) == ("right", 1.0) or name == "raising", (name, score)


@pytest.mark.parametrize(
    "wrap",
    [CallableFunction, CallableStringFunction, CallableEntityFunction, CallableRelation],
    ids=lambda kind: kind.__name__,
)
def test_a_function_that_does_not_take_one_argument_is_refused_at_once(wrap: Any) -> None:
    for function in (lambda: 3, lambda a, b: 3, lambda *, a: 3):
        with pytest.raises(TypeError, match=r"expected a callable from .* \(one argument\), actual value: "):
            wrap(function)
    wrap(lambda a, b=2: a)
    wrap(str)


def test_a_function_may_score_others_while_its_own_inputs_are_drawn() -> None:
    others: list[CallableFunction] = []

    def function(x: float) -> float:
        # At integers, it is asked for its identity.
        while others and x % 1:
            NumericScorer(others.pop())
        return x * x - 3 * x

    own = CallableFunction(function)
    expected = NumericInputs.of(own)
    others.append(CallableFunction(math.exp))
    np.testing.assert_equal(vars(NumericInputs.of(own)), vars(expected))
    assert not others
