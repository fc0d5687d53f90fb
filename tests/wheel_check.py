"""Run by CI with nothing but the built wheel and what it requires installed: every environment, every interface."""

import importlib.util
import sys

import gymnasium as gym
import numpy as np

import find_gym
from find_gym.core.registry import category_of
from find_gym.functions import NumericFunction, sample_numeric

for absent in ("torch", "scipy", "matplotlib", "stable_baselines3", "joblib"):
    assert importlib.util.find_spec(absent) is None, f"expected an environment without {absent}"
assert "site-packages" in find_gym.__file__, find_gym.__file__


def without_model(identifier: str) -> dict[str, str]:
    """Returns the argument with which descriptions of what neurons respond to can be read without a model."""
    return {"judge": "vocabulary"} if category_of(identifier) in ("entities", "neurons") else {}


LEAST = {"entities": 0.8, "relations": 0.8, "neurons": 0.3}

for identifier in find_gym.ENVIRONMENT_IDS:
    for interface in gym.make(identifier).unwrapped.interfaces:
        env = gym.make(identifier, interface=interface, **without_model(identifier))
        env.reset(seed=0)
        env.action_space.seed(0)
        for _ in range(20):
            *_, terminated, _, _ = env.step(env.action_space.sample())
            if terminated:
                env.reset()
    env = gym.make(identifier, interface="text", **without_model(identifier))
    env.reset(seed=1)
    truth = env.unwrapped.function
    _, reward, *_ = env.step(f"[DESCRIPTION]: {truth.describe()} [CODE]:\n```python\n{truth.source()}```")
    # Words are described in language, which a judge reads; units of real networks have no true description.
    assert reward == 1.0 or reward > LEAST.get(truth.category, 1.0), reward

function = NumericFunction(sample_numeric(np.random.default_rng(0)))
assert function.describe()
assert not {"torch", "scipy", "matplotlib"} & set(sys.modules)
print(f"{', '.join(find_gym.ENVIRONMENT_IDS)} work with gymnasium {gym.__version__} and numpy {np.__version__}.")
