"""Tests of what networks read of numeric evidence: lines between the answers, and points beside their neighbours."""

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

th = pytest.importorskip("torch")
pytest.importorskip("stable_baselines3")

import find_gym  # noqa: E402, F401
from find_gym.categories.numeric.gaps import SLOTS  # noqa: E402
from find_gym.categories.numeric.probes import numeric_probes  # noqa: E402
from find_gym_agents.training.encoders import make_encoder  # noqa: E402

BANK = numeric_probes().astype(np.float32)
COUNT = len(BANK)
POINTS = 8


def encoder_for(version):
    env = gym.make_vec(f"FIND-numeric-v{version}", 1, vectorization_mode="vector_entry_point")
    return make_encoder("numeric", env.single_observation_space, POINTS)


ENCODERS = {version: encoder_for(version) for version in (0, 1)}


def observe(version, inputs, outputs):
    """Returns an observation of answers to inputs, None where undefined; those beyond the bank stand in slots."""
    size = COUNT + SLOTS * version
    names = ("asked", "answer", "relative", "magnitude", "spread", "undefined", "x", "gap")
    observation = {name: np.zeros((1, size), dtype=np.float32) for name in names[: 6 + 2 * version]}
    if version:
        observation["x"][0, :COUNT] = BANK / 128
    free = COUNT
    for x, output in zip(inputs, outputs, strict=True):
        place = int(np.argmin(np.abs(BANK - x)))
        if BANK[place] != np.float32(x):
            place, free = free, free + 1
            observation["x"][0, place] = np.float32(x) / 128
        observation["asked"][0, place] = 0.25
        observation["undefined"][0, place] = output is None
        observation["answer"][0, place] = 0.0 if output is None else np.arcsinh(output) / np.arcsinh(1e15)
    return {name: th.from_numpy(values) for name, values in observation.items()}


outputs_of_a_function = st.one_of(st.none(), st.floats(-1e3, 1e3, width=32))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from([0, 1]))
def test_lines_join_the_defined_answers(data, version):
    places = data.draw(st.lists(st.integers(0, COUNT - 1), unique=True, min_size=1, max_size=POINTS))
    outputs = [data.draw(outputs_of_a_function) for _ in places]
    inputs = [float(BANK[place]) for place in places]
    at = [float(place) for place in places]
    if version:
        # In the middle between two probes, in any order.
        between = data.draw(st.lists(st.integers(0, COUNT - 2), unique=True, max_size=POINTS - len(places)))
        inputs += [float(np.float32((BANK[place] + BANK[place + 1]) / 2)) for place in between]
        at += [place + 0.5 for place in between]
        outputs += [data.draw(outputs_of_a_function) for _ in between]
    observation = observe(version, inputs, outputs)
    prepared = {name: values[0].numpy() for name, values in ENCODERS[version].prepare(observation).items()}
    order = np.argsort(inputs)
    assert prepared["present"].sum() == len(inputs)
    np.testing.assert_allclose(prepared["tokens"][: len(inputs), 1] * 128, np.array(inputs)[order], rtol=1e-6)
    defined = [place for place in order if outputs[place] is not None]
    known, answers = np.array(at)[defined], np.array([outputs[place] for place in defined], dtype=float)
    line = prepared["lines"][COUNT : 2 * COUNT]
    if not defined:
        assert not line.any()
        return
    np.testing.assert_allclose(
        line, np.interp(np.arange(COUNT), known, np.arcsinh(answers) / np.arcsinh(1e15)), atol=1e-5
    )
    distances = np.abs(np.arange(COUNT)[:, None] - np.concatenate([known, [-1.0, COUNT]])).min(1)
    np.testing.assert_allclose(prepared["beside"][:, 1], np.minimum(distances, 16) / 16, atol=1e-5)


@pytest.mark.parametrize("version", [0, 1])
def test_points_are_compared_with_their_neighbours(version):
    inputs = [float(BANK[place]) for place in (50, 10, 30, 20, 40)]
    outputs = [7.0, 3.0, None, 3.0, 5.0]
    tokens = ENCODERS[version].prepare(observe(version, inputs, outputs))["tokens"][0].numpy()
    defined, left, right, middle = tokens[:5, 23], tokens[:5, 21], tokens[:5, 15], tokens[:5, 22]
    np.testing.assert_array_equal(defined, [1, 1, 0, 1, 1])
    np.testing.assert_array_equal(left, [0, 1, 0, 0, 1])
    np.testing.assert_array_equal(right, [1, 0, 0, 0, 0])  # equal to the next
    np.testing.assert_array_equal(middle, np.zeros(5))  # none has two defined neighbours
    np.testing.assert_allclose(tokens[:5, 8], [0, 0, 0, 0.5, 1], atol=1e-5)  # in units of the range
    rise, run = 2.0, float(BANK[50] - BANK[40])
    np.testing.assert_allclose(tokens[4, 9:11], [rise / 4, np.arcsinh(rise / run) / 10], rtol=1e-4)
    assert not tokens[5:].any()


@pytest.mark.parametrize("outputs, sign", [((0.0, 5.0, 0.0), 1), ((0.0, -5.0, 0.0), -1)])
def test_bends_have_the_side_on_which_they_lie(outputs, sign):
    observation = observe(1, [float(BANK[place]) for place in (20, 30, 40)], outputs)
    tokens = ENCODERS[1].prepare(observation)["tokens"][0].numpy()
    np.testing.assert_allclose(tokens[1, [17, 18, 20]], [np.arcsinh(sign * 5.0) / 15, sign, sign], rtol=1e-4)
