"""Wrappers for libraries of reinforcement learning, and the arguments that environments show."""

import inspect
import pickle
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

import find_gym
from find_gym.core.registry import categories_by_name, category_named
from find_gym.envs import ActionMask, NumericEnv, ScalarInfo

CATEGORIES = tuple(categories_by_name())
WRAPPERS: list[Any] = [ActionMask, lambda env: ActionMask(env, into="info"), ScalarInfo]


def make(category: str) -> gym.Env[Any, Any]:
    return gym.make(find_gym.LATEST_IDS[category], max_queries=6, difficulty="easy", disable_env_checker=True)


def played(env: gym.Env[Any, Any], steps: int) -> list[tuple[Any, dict[str, Any]]]:
    """Takes legal actions at random; returns the observations and infos."""
    rng = np.random.default_rng(0)
    seen = [env.reset(seed=0)]
    for _ in range(steps):
        action = rng.choice(np.flatnonzero(env.unwrapped.action_masks()))  # type: ignore[attr-defined]
        observation, _, terminated, _, info = env.step(int(action))
        seen.append((observation, info))
        if terminated:
            seen.append(env.reset())
    return seen


@pytest.mark.filterwarnings("ignore:.*is different from the unwrapped version")
@pytest.mark.parametrize("wrap", WRAPPERS)
def test_wrapped_environments_pass_the_checker(wrap) -> None:
    check_env(wrap(make("strings")), skip_render_check=True)


@pytest.mark.parametrize("category", CATEGORIES)
def test_masks_are_those_of_the_environment_to_the_end(category) -> None:
    for key, into in (("action_mask", "observation"), ("mask", "observation"), ("action_mask", "info")):
        env: Any = ActionMask(make(category), into=into, key=key)
        observation, info = env.reset(seed=0)
        for _ in range(40):
            mask = (observation if into == "observation" else info)[key]
            assert mask.dtype == (np.bool_ if into == "observation" else np.int8)
            assert np.array_equal(mask, env.unwrapped.action_masks())
            assert env.observation_space.contains(observation)
            observation, _, terminated, _, info = env.step(int(np.flatnonzero(mask)[-1]))
            if terminated:
                # What is sent after the end is ignored, so all is legal.
                assert (observation if into == "observation" else info)[key].all()
                observation, info = env.reset()


@pytest.mark.parametrize("category", CATEGORIES)
def test_infos_are_the_same_numbers_at_every_step(category) -> None:
    env = ScalarInfo(make(category))
    infos = [info for _, info in played(env, 60)]
    assert any(info["submitted"] for info in infos)
    for info in infos:
        assert {name: type(value) for name, value in info.items()} == {
            **dict.fromkeys(("queries_left", "steps_left"), int),
            **dict.fromkeys(("refused", "submitted"), bool),
            **dict.fromkeys(("skill", "accuracy", "paper_score"), float),
        }
    assert isinstance(env.observation_space, gym.spaces.Dict)
    assert not set(infos[0]) & set(env.observation_space.spaces)


def test_a_wrapped_environment_is_made_again_from_its_spec() -> None:
    env: Any = ActionMask(make("strings"), key="mask")
    again = gym.make(pickle.loads(pickle.dumps(env.spec)))
    assert again.observation_space == env.observation_space


def test_wrong_wrappings_are_refused() -> None:
    with pytest.raises(ValueError, match="expected into"):
        ActionMask(make("strings"), into="reward")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="does not have, actual value: 'asked'"):
        ActionMask(make("strings"), key="asked")
    with pytest.raises(ValueError, match="expected an environment with discrete actions"):
        ActionMask(gym.make("FIND-strings-v1", interface="text", disable_env_checker=True))


@pytest.mark.parametrize("category", CATEGORIES)
def test_all_arguments_are_in_the_signature(category) -> None:
    import find_gym.envs

    made = getattr(find_gym.envs, category_named(category).environment.partition(":")[2])
    parameters = inspect.signature(made).parameters
    assert {"interface", "max_queries", "reward", "version"} < set(parameters)
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in parameters.values())
    assert parameters["max_queries"].default == 100


def test_an_unknown_argument_is_named_as_python_names_it() -> None:
    with pytest.raises(TypeError, match="^unexpected keyword argument 'from_pixels': expected.*actual"):
        NumericEnv(from_pixels=False)  # type: ignore[call-arg]


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_vectorised_classes_have_their_autoreset_mode(mode) -> None:
    env: Any = gym.make_vec("FIND-strings-v1", num_envs=2, autoreset_mode=mode)
    assert env.autoreset_mode is mode is env.metadata["autoreset_mode"]
