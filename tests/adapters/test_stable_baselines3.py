"""The vectorised environments under Stable-Baselines3."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

sb3 = pytest.importorskip("stable_baselines3")
contrib = pytest.importorskip("sb3_contrib")

from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported  # noqa: E402
from stable_baselines3.common.monitor import Monitor  # noqa: E402
from stable_baselines3.common.vec_env import DummyVecEnv  # noqa: E402

import find_gym  # noqa: E402
from find_gym.adapters.stable_baselines3 import FINDVecEnv, make_vec_env  # noqa: E402
from find_gym.core.registry import category_of  # noqa: E402

QUICK = {"difficulty": {"variants": {"plain": 0.4, "noised": 0.3, "corrupted": 0.3}}}
ENVIRONMENTS = [(identifier, QUICK if "numeric" in identifier else {}) for identifier in find_gym.ENVIRONMENT_IDS]


@pytest.mark.parametrize(("identifier", "options"), ENVIRONMENTS)
def test_the_same_as_dummy_vec_env(identifier: str, options: dict[str, Any]) -> None:
    options = {**options, "max_queries": 5, "query_cost": 0.01}
    env = make_vec_env(identifier, 3, seed=5, **options)
    loop = DummyVecEnv([lambda: gym.make(identifier, disable_env_checker=True, **options) for _ in range(3)])
    loop.seed(5)
    same(env.reset(), loop.reset())
    rng = np.random.default_rng(0)
    ends = 0
    for _ in range(50):
        masks = get_action_masks(env)
        assert (masks == np.stack(loop.env_method("action_masks"))).all()
        actions = np.where(masks, rng.random(masks.shape), 0.0).argmax(axis=1)
        one, other = env.step(actions), loop.step(actions)
        same(one[0], other[0])
        assert (one[1] == other[1]).all() and one[1].dtype == other[1].dtype
        assert (one[2] == other[2]).all()
        for ended, info, expected in zip(one[2], one[3], other[3], strict=True):
            ends += bool(ended)
            assert bool(info) == bool(ended)
            if ended:
                same(info["terminal_observation"], expected["terminal_observation"])
                assert info["TimeLimit.truncated"] == expected["TimeLimit.truncated"]
                assert info["score"] == expected["score"]
    assert ends > 5


def same(one: Any, other: Any) -> None:
    assert set(one) == set(other)
    for name, values in one.items():
        assert values.dtype == np.float32 and values.tobytes() == other[name].tobytes()


@pytest.mark.parametrize(("identifier", "options"), ENVIRONMENTS)
@pytest.mark.parametrize("algorithm", ["MaskablePPO", "PPO"])
def test_policies_learn(identifier: str, options: dict[str, Any], algorithm: str) -> None:
    env = make_vec_env(identifier, 8, seed=0, max_queries=4, **options)
    kind = contrib.MaskablePPO if algorithm == "MaskablePPO" else sb3.PPO
    model = kind("MultiInputPolicy", env, n_steps=32, batch_size=64, n_epochs=1, seed=0, device="cpu")
    assert model.get_env() is env
    model.learn(512)
    assert model.num_timesteps == 512
    # The skill of unit tests, and that of detection, is negative where it is worse than chance.
    least = {"entities": -0.5, "neurons": -1}.get(category_of(identifier), 0)
    assert len(model.ep_info_buffer) > 0 and all(least <= info["r"] <= 1 for info in model.ep_info_buffer)
    action, _ = model.predict(env.reset(), deterministic=True)
    assert action.shape == (8,)


def test_episodes_are_counted() -> None:
    env = make_vec_env("FIND-numeric-v1", 2, seed=3, max_queries=2, max_steps=3, query_cost=0.25, **QUICK)
    env.reset()
    for step in range(6):
        _, rewards, ended, infos = env.step(np.array([0, 1]))
        assert ended.tolist() == [step % 3 == 2] * 2
        for info in infos:
            if step % 3 == 2:
                assert info["episode"]["r"] == -0.5 and info["episode"]["l"] == 3 and info["episode"]["t"] >= 0
                assert info["score"] == {} and not info["TimeLimit.truncated"]
            else:
                assert info == {}


def test_attributes_and_methods() -> None:
    env = make_vec_env("FIND-numeric-v1", 3, seed=0, **QUICK)
    assert is_masking_supported(env) and env.has_attr("action_masks") and not env.has_attr("nothing")
    assert env.get_attr("render_mode") == [None] * 3 and env.render_mode is None
    assert env.env_is_wrapped(gym.Wrapper) == [False] * 3
    assert env.env_is_wrapped(gym.Wrapper, indices=1) == [False]
    # Infos at the end are those of Monitor, so that evaluate_policy has no reason to warn.
    assert env.env_is_wrapped(Monitor) == [True] * 3
    env.reset()
    assert len(env.env_method("action_masks", indices=[0, 2])) == 2
    assert env.action_masks().shape == (3, env.action_space.n)
    env.set_attr("given", 4)
    assert env.get_attr("given", indices=0) == [4]
    assert ((env.reset()["asked"] > 0).sum(axis=1) == 4).all()
    with pytest.raises(AttributeError, match="expected a method among"):
        env.env_method("reset")
    with pytest.raises(ValueError, match="expected indices=None"):
        env.set_attr("given", 4, indices=[0])
    with pytest.raises(AttributeError):
        env.set_attr("nothing", 4)
    with pytest.raises(RuntimeError, match="expected step_async"):
        env.step_wait()
    env.close()


def test_seeds_and_options_hold_for_one_reset() -> None:
    env = make_vec_env("FIND-numeric-v1", 2, seed=9, **QUICK)
    env.reset()
    first = [function.identity() for function in env.env.functions]
    env.reset()
    assert first != [function.identity() for function in env.env.functions]
    assert env.seed(9) == [9, 10]
    env.reset()
    assert first == [function.identity() for function in env.env.functions]
    env.set_options({"function": abs})
    env.reset()
    assert {function.source() for function in env.env.functions} == {""}
    env.set_options({"given": 7})
    assert ((env.reset()["asked"] > 0).sum(axis=1) == 7).all()
    assert ((env.reset()["asked"] > 0).sum(axis=1) == 0).all()
    env.set_options([{"given": 7}, {}])
    with pytest.raises(ValueError, match=r"expected the same option 'given' for all environments, actual: \[7, None\]"):
        env.reset()
    env.set_options({"functions": [abs, abs]})
    with pytest.raises(ValueError, match="expected options among"):
        env.reset()


def test_other_autoreset_modes_and_observations_in_place_are_refused() -> None:
    with pytest.raises(ValueError, match="expected an environment with autoreset_mode='SameStep'"):
        FINDVecEnv(gym.make_vec("FIND-numeric-v1", num_envs=2))
    with pytest.raises(ValueError, match="expected an environment with copy=True"):
        make_vec_env("FIND-numeric-v1", 2, copy=False)
