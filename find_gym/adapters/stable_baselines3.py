"""The vectorised environments as a `VecEnv` of Stable-Baselines3, action masks included."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

try:
    from stable_baselines3.common.monitor import Monitor
    from stable_baselines3.common.vec_env import VecEnv
except ImportError as error:
    raise ImportError("expected Stable-Baselines3 for this adapter: pip install 'find-gym[train]'") from error

import find_gym  # noqa: F401  (registers the environments)
from find_gym.envs.vector.base import FINDVectorEnv, Observation

__all__ = ["FINDVecEnv", "make_vec_env"]

_BATCHED = ("action_masks",)


def make_vec_env(env_id: str, num_envs: int, *, seed: int | None = None, **arguments: Any) -> FINDVecEnv:
    """Makes a vectorised environment for Stable-Baselines3.

    Args:
        env_id: such as "FIND-numeric-v1".
        num_envs: the number of environments, N.
        seed: seeds the first environment at the first reset, and the next ones by the next integers; None draws it.
        arguments: those of the environment.

    Returns:
        The environment, which `PPO("MultiInputPolicy", env)` and `MaskablePPO("MultiInputPolicy", env)` take.
    """
    env = gym.make_vec(
        env_id,
        num_envs=num_envs,
        vectorization_mode="vector_entry_point",
        autoreset_mode=AutoresetMode.SAME_STEP,
        **{"full_info": None, **arguments},
    )
    assert isinstance(env, FINDVectorEnv)
    adapted = FINDVecEnv(env)
    if seed is not None:
        adapted.seed(seed)
    return adapted


class FINDVecEnv(VecEnv):
    """A vectorised environment as Stable-Baselines3 expects it.

    Where an episode ends, the observation is already the first one of the next episode; its info has
    `terminal_observation`, `score` (all parts of the score; empty without a submission), and `episode` with the return
    `r`, the length `l` and the time `t` in seconds, as `Monitor` gives it. Other infos are empty.

    Args:
        env: the environment, in the autoreset mode "SameStep", whose observations are copies.

    Attributes:
        env: the environment.

    Raises:
        ValueError: it has another autoreset mode, or no copies.
    """

    def __init__(self, env: FINDVectorEnv) -> None:
        if env.metadata["autoreset_mode"] is not AutoresetMode.SAME_STEP:
            raise ValueError(
                "expected an environment with autoreset_mode='SameStep', actual value: "
                f"{env.metadata['autoreset_mode'].value!r}"
            )
        if not env.copy:
            raise ValueError(
                "expected an environment with copy=True (Stable-Baselines3 stores an observation after the step that "
                f"follows), actual value: {env.copy!r}"
            )
        self.env = env
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)
        self._actions: NDArray[np.int64] | None = None
        self._returns = np.zeros(env.num_envs)
        self._lengths = np.zeros(env.num_envs, dtype=np.int64)
        self._started = time.time()

    def reset(self) -> Observation:
        """Starts an episode in each environment and returns the first observations."""
        options: dict[str, Any] = {}
        if any(self._options):
            unknown = {name for one in self._options for name in one} - {"function", "given"}
            if unknown:
                raise ValueError(f"expected options among ['function', 'given'], actual: {sorted(unknown)}")
            options["functions"] = [one.get("function") for one in self._options]
            given = [one.get("given") for one in self._options]
            if any(one != given[0] for one in given):
                raise ValueError(f"expected the same option 'given' for all environments, actual: {given}")
            options["given"] = given[0]
        observations, _ = self.env.reset(seed=self._seeds, options=options)
        self._reset_seeds()
        self._reset_options()
        self._returns[:] = 0.0
        self._lengths[:] = 0
        return observations

    def step_async(self, actions: NDArray[np.int64]) -> None:
        """Keeps the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[Observation, NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Takes the actions; returns observations, rewards, ends and infos."""
        if self._actions is None:
            raise RuntimeError("expected step_async() before step_wait(), actual: it has not been called")
        observations, rewards, ended, _, infos = self.env.step(self._actions)
        self._actions = None
        self._returns += rewards
        self._lengths += 1
        listed: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for env in ended.nonzero()[0].tolist():
            listed[env] = {
                "terminal_observation": infos["final_obs"][env],
                "TimeLimit.truncated": False,
                "score": self.env.scores[env].to_json() if env in self.env.scores else {},
                "episode": {
                    "r": round(float(self._returns[env]), 6),
                    "l": int(self._lengths[env]),
                    "t": round(time.time() - self._started, 6),
                },
            }
        self._returns[ended] = 0.0
        self._lengths[ended] = 0
        return observations, rewards.astype(np.float32), ended, listed

    def close(self) -> None:
        """Closes the environment."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Returns an attribute of the vectorised environment, the same for each index.

        Raises:
            AttributeError: it has none of that name.
        """
        return [getattr(self.env, attr_name) for _ in self._places(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Sets an attribute of the vectorised environment, for all environments at once.

        Raises:
            AttributeError: it has none of that name.
            ValueError: there are indices.
        """
        if indices is not None:
            raise ValueError(f"expected indices=None: attributes belong to all environments, actual value: {indices!r}")
        getattr(self.env, attr_name)
        setattr(self.env, attr_name, value)

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """Calls a batched method of the vectorised environment, such as `action_masks`; returns its rows.

        Raises:
            AttributeError: there is no such method.
        """
        if method_name not in _BATCHED:
            raise AttributeError(f"expected a method among {_BATCHED}, actual value: {method_name!r}")
        rows = getattr(self.env, method_name)(*method_args, **method_kwargs)
        return list(rows) if indices is None else [rows[place] for place in self._places(indices)]

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Returns for each environment whether it does what a wrapper does: `Monitor` alone, whose infos it gives."""
        return [wrapper_class is Monitor for _ in self._places(indices)]

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns which actions are legal now, bool of shape `(N, actions)`."""
        return self.env.action_masks()

    def _places(self, indices: int | Iterable[int] | None) -> Iterable[int]:
        return self._get_indices(indices)
