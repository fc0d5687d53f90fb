"""The recipe `continuous`: actions in units of the evidence, and a run of it."""

import json

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import ATOMS
from find_gym.categories.numeric.continuous import join_action, split_action
from find_gym.categories.numeric.difficulty import NAMED_FAMILIES
from find_gym.categories.numeric.rules import AtomRule
from find_gym.functions import NumericSpec
from find_gym_agents.categories.numeric.continuous_recipe import ContinuousConfig, train
from find_gym_agents.categories.numeric.evidence_actions import EvidenceActions


def make(**options):
    env = gym.make(
        "FIND-numeric-v1", interface="continuous", max_queries=12, difficulty="easy", disable_env_checker=True
    )
    return EvidenceActions(env, **options)


@pytest.mark.parametrize("name", NAMED_FAMILIES)
def test_constants_are_written_as_they_are_read(name):
    atom, x = ATOMS[name], np.linspace(-20, 20, 41)
    for seed in range(20):
        constants = atom.sample(np.random.default_rng(seed))
        shares = atom.write(constants)
        assert shares.shape == (atom.action_size,) and np.abs(shares).max(initial=0.0) <= 1
        again, truth = (rules.evaluate(AtomRule(name, each), x) for each in (atom.read(shares), constants))
        # Steps and poles move with the last digit of a constant.
        assert np.isclose(again, truth, rtol=1e-6, atol=1e-6, equal_nan=True).mean() > 0.9


def test_constants_beyond_the_range_are_written_as_its_ends():
    assert ATOMS["linear"].write((1e9, -1e9)).tolist() == [1.0, -1.0]
    assert ATOMS["polynomial"].write((2.5,)).tolist() == [0.0, 0.0, 0.0, 0.0, 0.0, 0.5]


def test_actions_are_joined_as_they_are_split():
    fields = split_action(np.random.default_rng(0).uniform(-1, 1, 77).astype(np.float32))
    np.testing.assert_array_equal(np.concatenate(list(fields.values())), join_action(fields))


def test_environment_follows_gymnasium():
    check_env(make(), skip_render_check=True)


@pytest.mark.parametrize("shaping", [0.0, 0.25, 1.0])
def test_reward_is_the_skill_and_the_fit(shaping):
    spec = NumericSpec(AtomRule("linear", (3.0, -7.0)), (-100.0, 100.0))
    env, skills = make(shaping=shaping), {}
    for name in ("linear", "constant"):
        observation, info = env.reset(seed=0, options={"function": spec})
        assert info["budget"] == 0 and (observation.reshape(-1, 6)[:, 0] == 1).all()
        action = np.zeros(env.action_space.shape, dtype=np.float32)
        action[NAMED_FAMILIES.index(name)] = 1.0
        _, reward, terminated, _, info = env.step(action)
        skills[name] = info["skill"]
        assert terminated
        if name == "linear":
            assert reward == pytest.approx(1.0, abs=1e-3) and info["skill"] == 1.0
        else:
            # A constant is right near its own level alone.
            assert 0 <= reward <= (1 - shaping) * info["skill"] + shaping * 0.3
    assert skills["constant"] < 0.2


def test_constants_can_be_moved_from_what_fits():
    spec = NumericSpec(AtomRule("constant", (50.0,)), (-100.0, 100.0))
    env = make(reach=0.1, families=("constant",))
    skills = []
    for share in (0.0, 1.0):
        env.reset(seed=0, options={"function": spec})
        skills.append(env.step(np.full(env.action_space.shape, share, dtype=np.float32))[4]["skill"])
    assert skills == [1.0, 0.0]


def test_a_run_leaves_its_model_and_its_curve(tmp_path):
    pytest.importorskip("sb3_contrib")
    config = ContinuousConfig(
        minutes=1e-6, max_queries=4, hidden=8, batch_size=8, validation_functions=2, test_functions=2,
        out=str(tmp_path / "run"),
    )  # fmt: skip
    result = train(config, progress=False)
    assert result.text.startswith("skill ") and {path.name for path in result.folder.iterdir()} >= {
        "config.json", "model.zip", "results.json", "learning_curve.png",
    }  # fmt: skip
    results = json.loads((result.folder / "results.json").read_text())
    assert len(results["test"]) == 2 and [point["stage"] for point in results["curve"]] == [0, 0, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"env": "FIND-strings-v1"}, "expected an environment"),
        ({"algorithm": "ppo"}, "expected an algorithm"),
        ({"shaping": 1.5}, "expected 0 <= shaping <= 1"),
        ({"minutes": 0.0}, "expected minutes > 0"),
    ],
)
def test_wrong_configurations_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ContinuousConfig(**arguments)
