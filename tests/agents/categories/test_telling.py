"""Queries that tell numeric descriptions apart: bounds of exceptions are bisected, hidden exceptions looked for."""

import gymnasium as gym
import numpy as np
import pytest

import find_gym  # noqa: F401  (registers the environments)
from find_gym.categories.numeric.function import NumericSpec
from find_gym.categories.numeric.rules import AtomRule
from find_gym.categories.numeric.variants import Region
from find_gym.functions import NumericFunction
from find_gym_agents.categories.checking import Checked
from find_gym_agents.categories.numeric.telling import tell_apart

X = np.array([-128.0, -90, -60, -40, -20, -10, -4, 0.5, 3, 8, 15, 50, 90, 128])
LINE = AtomRule("linear", (2.0, -1.0))
MIDDLES = (X[1:] + X[:-1]) / 2


def _codec(difficulty="find"):
    return gym.make(
        "FIND-numeric-v1", interface="tokens", difficulty=difficulty, disable_env_checker=True
    ).unwrapped.codec


def _checked(rule, *regions, nats=0.0):
    return Checked((0,), NumericSpec(rule, (-100.0, 100.0), regions=regions), nats, 8.0)


def _evidence(checked, x=X):
    return list(zip(x.tolist(), NumericFunction(checked.program).truth(x).tolist(), strict=True))


def test_a_bound_is_bisected_where_its_gap_is_wide():
    line = _checked(LINE, Region(30.0, float("inf"), -40.0))
    values = tell_apart([line], _codec(), _evidence(line), MIDDLES)
    # The bound lies between 15 and 50.
    assert MIDDLES[values.argmax()] == 32.5 and np.count_nonzero(values) == 1
    near = np.append(X, [29.96, 30.04])
    assert not tell_apart([line], _codec(), _evidence(line, near), MIDDLES).any()


def test_hidden_exceptions_are_looked_for_in_wide_gaps_where_there_can_be_any():
    line = _checked(LINE)
    values = tell_apart([line], _codec(), _evidence(line), MIDDLES)
    assert MIDDLES[values.argmax()] in (32.5, 70.0) and not values[np.abs(MIDDLES) < 8].any()
    assert not tell_apart([line], _codec("easy"), _evidence(line), MIDDLES).any()


def test_rival_rules_are_told_apart_where_they_differ():
    wave = _checked(AtomRule("rectangle", (7.0,)))
    other = _checked(AtomRule("rectangle", (7.8,)), nats=-1.0)
    positions = np.array([-70.0, 3.7, 30.0])
    values = tell_apart([wave, other], _codec("easy"), _evidence(wave), positions)
    assert values[1] > 0 and values[0] == values[2] == 0


@pytest.mark.parametrize("changed", [1, 12])
def test_what_the_evidence_refutes_tells_nothing(changed):
    line = _checked(LINE, Region(30.0, float("inf"), -40.0))
    evidence = _evidence(line)
    evidence[changed] = (evidence[changed][0], 7.0)
    assert not tell_apart([line], _codec(), evidence, MIDDLES).any()


def test_with_few_answers_the_query_head_decides():
    line = _checked(LINE, Region(30.0, float("inf"), -40.0))
    assert not tell_apart([line], _codec(), _evidence(line)[:11], MIDDLES).any()
