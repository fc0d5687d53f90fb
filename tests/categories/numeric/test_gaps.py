"""Queries of `FIND-numeric-v1` that halve the gaps between asked inputs."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import find_gym  # noqa: F401  (registers the environments)
from find_gym.categories.numeric.gaps import CLOSEST, SLOTS, Gaps
from find_gym.categories.numeric.probes import numeric_probes
from find_gym.functions import sample_numeric

BANK = numeric_probes()
PROBES = BANK.size
PLACES = PROBES + SLOTS


def make(version: int = 1, **options: Any) -> Any:
    return gym.make(f"FIND-numeric-v{version}", disable_env_checker=True, **options).unwrapped


def test_a_bisection_finds_an_edge() -> None:
    edge = 10.37
    env = make(function=lambda x: float(x > edge), max_queries=24)
    env.reset(seed=0)
    env.step(0)
    _, *_, info = env.step(PROBES - 1)
    right = PROBES - 1
    for slot in range(PROBES, PROBES + 17):
        observation, *_, info = env.step(PROBES + right)
        assert not info["message"]
        if info["outputs"] == [1.0]:
            right = slot
    below = max(x for x in env.episode.inputs if x <= edge)
    assert 128 * observation["x"][right] - below == 256 / 2**17
    assert observation["gap"][right] == np.float32(1 / 18)
    assert below < edge < 128 * observation["x"][right]


def test_what_can_not_be_halved_costs_one_input() -> None:
    env = make(function=abs, max_queries=80)
    env.reset(seed=0)
    for action in (PROBES + 3, PROBES + 40, PROBES + PLACES - 1):
        *_, info = env.step(action)
        assert "expected a gap that can be halved" in info["message"] and not env.action_masks()[action]
    assert info["budget"] == 77
    env.step(10)
    assert not env.action_masks()[PROBES : PROBES + PLACES].any()
    env.step(20)
    assert np.flatnonzero(env.action_masks()[PROBES : PROBES + PLACES]).tolist() == [20]
    *_, info = env.step(PROBES + 20)
    assert info["inputs"] == pytest.approx([(BANK[10] + BANK[20]) / 2])
    assert np.flatnonzero(env.action_masks()[PROBES : PROBES + PLACES]).tolist() == [20, PROBES]


def test_there_is_an_end_to_slots_and_to_gaps() -> None:
    env = make(function=abs, max_queries=60)
    env.reset(seed=0)
    observation, *_ = [env.step(probe) for probe in (31, 32)][-1]
    while env.action_masks()[PROBES + 32]:
        observation, *_ = env.step(PROBES + 32)
    asked = np.sort(env.episode.inputs)
    assert CLOSEST <= np.diff(asked).min() < 2 * CLOSEST and observation["gap"][32] == 0
    used = len(asked) - 2
    for _ in range(SLOTS - used):
        legal = np.flatnonzero(env.action_masks()[PROBES : PROBES + PLACES])
        observation, *_, info = env.step(PROBES + int(legal[0]))
        assert not info["message"]
    assert (observation["asked"][PROBES:] == 0.25).all() and (observation["gap"] > 0).any()
    assert not env.action_masks()[PROBES : PROBES + PLACES].any()


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_gaps_are_those_of_the_sorted_inputs(data: st.DataObject) -> None:
    gaps, first = Gaps(2, BANK), np.zeros(1, dtype=np.int64)
    asked = np.zeros(PLACES, dtype=np.bool_)
    for _ in range(data.draw(st.integers(1, 30))):
        halved = np.flatnonzero(gaps.open()[0])
        if halved.size and data.draw(st.booleans()):
            place = np.array([data.draw(st.sampled_from(halved.tolist()))])
            asked[gaps.free[0]] = True
            gaps.add(first, gaps.free[:1].copy(), gaps.middles(first, place))
        else:
            probe = np.array([data.draw(st.integers(0, PROBES - 1))])
            asked[probe] = True
            gaps.add(first, probe, BANK[probe])
    order = np.lexsort([np.flatnonzero(asked), gaps.x[0, asked]])
    widths = gaps.width[0, asked][order]
    assert widths[0] == 0 and (widths[1:] == np.diff(np.sort(gaps.x[0, asked]))).all()
    assert (gaps.width[0, ~asked] == 0).all() and (gaps.width[1] == 0).all()


@pytest.mark.parametrize("given", [0, 12])
def test_the_observation_tells_what_is_legal(given: int) -> None:
    env = make(difficulty="easy", max_queries=45, given=given)
    rng = np.random.default_rng(0)
    for seed in range(2):
        observation, _ = env.reset(seed=seed)
        for _ in range(46):
            masks = env.action_masks()[: env.codec.queries]
            assert (env.codec.legal_queries(observation) == masks).all()
            halving = np.flatnonzero(masks[PROBES:]) + PROBES
            action = rng.choice(halving) if halving.size and rng.random() < 0.8 else rng.integers(PROBES)
            observation, *_ = env.step(int(action))


def test_probes_and_functions_are_those_of_version_0() -> None:
    envs = [make(version, max_queries=9, difficulty={"variants": {"noised": 1, "corrupted": 1}}) for version in (0, 1)]
    assert envs[0].action_space.n + PLACES == envs[1].action_space.n
    for seed in range(4):
        observations = [env.reset(seed=seed)[0] for env in envs]
        assert envs[0].function.identity() == envs[1].function.identity()
        for action in (3, 40, 40, 64, 7):
            observations = [env.step(action)[0] for env in envs]
        for name, values in observations[0].items():
            assert (values == observations[1][name][: values.size]).all(), name
    drawn = [sample_numeric(np.random.default_rng(5), version=version) for version in (0, 1)]
    assert drawn[0].digest() == drawn[1].digest()
