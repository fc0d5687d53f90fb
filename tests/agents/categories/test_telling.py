"""Queries that tell numeric descriptions apart: bounds of exceptions are bisected, hidden exceptions looked for."""

import gymnasium as gym
import numpy as np
import pytest

import find_gym  # noqa: F401  (registers the environments)
from find_gym.categories.numeric.function import NumericSpec
from find_gym.categories.numeric.rules import AtomRule
from find_gym.categories.numeric.score import predict
from find_gym.categories.numeric.variants import Region
from find_gym.functions import NumericFunction
from find_gym_agents.categories.checking import Checked
from find_gym_agents.categories.numeric.telling import ask_again, tell_apart
from find_gym_agents.categories.numeric.writing import write

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


def test_an_answer_about_one_bound_tells_nothing_of_the_other():
    line = _checked(LINE, Region(30.0, 92.7, -40.0))
    # The lower bound is between 15 and 50, the upper one between 92 and 94.
    evidence = _evidence(line, np.append(X, [92.0, 94.0]))
    values = tell_apart([line], _codec(), evidence, [32.5, 93.0])
    assert values[0] > 2 * values[1] > 0


def test_noise_tells_an_exception_from_a_rule_that_is_near_its_mean():
    bell = _checked(AtomRule("gaussian", (60.0, 2.0)), Region(-70.0, -30.0, 0.005))
    values = tell_apart([bell], _codec(), _evidence(bell), [-75.0, -30.0])
    assert (values > 0).all()


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


def _noisy(*shifts):
    evidence = _evidence(_checked(LINE))
    return [(x, y + shift) for (x, y), shift in zip(evidence, np.resize(shifts, len(evidence)), strict=True)]


NOISY = _noisy(0.3, -0.5, 0.1)


@pytest.mark.parametrize(
    ("evidence", "budget", "asked"),
    [
        # At the end, first near 0, and nothing that was never asked.
        (NOISY, 2, 0.5),
        (NOISY, 3, None),
        # Not where the line explains the answers.
        (_noisy(0.0), 2, None),
        # One pair of Poisson noise may be alike, or differ by an integer; other noise is known by one.
        ([*NOISY, (0.5, -0.5)], 1, 3.0),
        ([*NOISY, (0.5, 2.5)], 1, 3.0),
        ([*NOISY, (0.5, 1.7)], 1, None),
    ],
)
def test_inputs_are_asked_again_at_the_end_where_nothing_explains_the_answers(evidence, budget, asked):
    positions = [3.0, 0.1, 0.5]
    values = ask_again([_checked(LINE)], evidence, positions, budget)
    assert (positions[values.argmax()] if values.any() else None) == asked


def test_what_explains_a_few_answers_alone_does_so_by_chance():
    region = Region(-2.0, 200.0, 0.0)
    evidence = [(-5.0, -11.0), (-4.0, -9.0), *((float(x), 0.1 * np.sin(x)) for x in range(11))]
    assert ask_again([_checked(LINE, region)], evidence, [1.0], 2).any()
    assert not ask_again([_checked(LINE, region)], [*evidence, (-3.0, -7.0)], [1.0], 2).any()


NETWORK = [(x, abs(x) if x < 20 else 20 + 0.1 * (x - 20)) for x in (-128.0, -90, -50, -20, -3, 0, 5, 12, 20, 60, 128)]
AGAIN = [(5.0, 5.0), (20.0, 20.0)]


@pytest.mark.parametrize(
    ("evidence", "rule", "regions", "lines"),
    [
        (NETWORK + AGAIN, LINE, (), True),
        # Not without asking again, nor where there is noise.
        (NETWORK, LINE, (), False),
        ([*NETWORK, (5.0, 5.0), (20.0, 21.0)], LINE, (), False),
        # Nor where the formula is exact, or near to it and without an exception.
        (_noisy(0.0) + _noisy(0.0)[:2], LINE, (), False),
        (_noisy(0.01, -0.01, 0.02) + _noisy(0.01, -0.01)[:2], LINE, (), False),
        (_noisy(0.01, -0.01, 0.02) + _noisy(0.01, -0.01)[:2], LINE, (Region(140.0, 150.0, 0.0),), True),
        # Straight lines can't say where a function is undefined.
        ([*NETWORK, *AGAIN, (-60.0, None)], LINE, (), False),
    ],
)
def test_straight_lines_are_written_where_neither_a_formula_nor_noise_explains_the_answers(
    evidence, rule, regions, lines
):
    submission = write(_checked(rule, *regions), evidence)
    assert ("piecewise linear" in submission.description) == lines
    wanted = (lambda x: abs(x) if x < 20 else 20 + 0.1 * (x - 20)) if lines and not regions else lambda x: 2 * x - 1
    at = [-70.0, -1.0, 40.0]
    assert predict(submission, np.array(at)) == pytest.approx([wanted(x) for x in at], abs=0.1)
