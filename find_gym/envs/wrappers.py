"""Wrappers for libraries of reinforcement learning: action masks where they look for them, infos of numbers alone."""

from __future__ import annotations

from typing import Any, Literal

import gymnasium as gym
import numpy as np
from gymnasium.utils import RecordConstructorArgs

_SCORES = ("skill", "accuracy", "paper_score")


class ActionMask(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Adds the mask of legal actions to the observation or to the info; for the interface `tokens`.

    | library | arguments |
    |---|---|
    | RLlib, TorchRL | `ActionMask(env)`: `observation["action_mask"]` |
    | Tianshou | `ActionMask(env, key="mask")`: `observation["mask"]` |
    | AgileRL | `ActionMask(env, into="info")`: `info["action_mask"]` |

    Masks have the shape `(actions,)`. In observations they are bool, of the space `Box(0, 1, (actions,), bool)`; in
    infos int8, as Gymnasium's own, which `action_space.sample(mask)` takes. MaskablePPO needs no wrapper: it calls
    `action_masks()`.

    Args:
        env: the environment.
        into: "observation" or "info".
        key: the name of the mask.

    Example:
        >>> import gymnasium as gym
        >>> import find_gym
        >>> from find_gym.envs import ActionMask
        >>> env = ActionMask(gym.make("FIND-strings-v1"))
        >>> observation, _ = env.reset(seed=0)
        >>> int(observation["action_mask"].sum()), observation["action_mask"].size
        (107, 116)
    """

    def __init__(
        self, env: gym.Env[Any, Any], into: Literal["observation", "info"] = "observation", key: str = "action_mask"
    ) -> None:
        RecordConstructorArgs.__init__(self, into=into, key=key)
        super().__init__(env)
        if into not in ("observation", "info"):
            raise ValueError(f"expected into to be 'observation' or 'info', actual value: {into!r}")
        if not isinstance(env.action_space, gym.spaces.Discrete):
            raise ValueError(f"expected an environment with discrete actions, actual space: {env.action_space}")
        self._into, self._key = into, key
        if into == "observation":
            assert isinstance(env.observation_space, gym.spaces.Dict)
            if key in env.observation_space.spaces:
                raise ValueError(f"expected a key that the observation does not have, actual value: {key!r}")
            mask = gym.spaces.Box(0, 1, (int(env.action_space.n),), np.bool_)  # type: ignore[arg-type]
            self.observation_space = gym.spaces.Dict({**env.observation_space.spaces, key: mask})

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode; see the environment."""
        return self._add(*self.env.reset(seed=seed, options=options))

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Takes an action; see the environment."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        observation, info = self._add(observation, info)
        return observation, reward, terminated, truncated, info

    def _add(self, observation: Any, info: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        mask = self.env.unwrapped.action_masks()  # type: ignore[attr-defined]
        if self._into == "observation":
            return observation | {self._key: mask}, info
        return observation, info | {self._key: mask.astype(np.int8)}


class ScalarInfo(gym.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Leaves numbers alone in the infos, the same ones in each, under names that no observation has.

    Lists of changing length and texts break the buffers of TorchRL, Tianshou, PufferLib and Minari (with infos). What
    is left are `queries_left`, `steps_left`, `refused` and `submitted` (bool), and the scores `skill`, `accuracy` and
    `paper_score`, 0 before a submission.

    Args:
        env: the environment.
    """

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        RecordConstructorArgs.__init__(self)
        super().__init__(env)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode; see the environment."""
        observation, info = self.env.reset(seed=seed, options=options)
        return observation, self._numbers(info)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Takes an action; see the environment."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, reward, terminated, truncated, self._numbers(info)

    def _numbers(self, info: dict[str, Any]) -> dict[str, Any]:
        score = self.env.unwrapped.episode.last.score  # type: ignore[attr-defined]
        scores = {name: 0.0 if score is None else float(getattr(score, name)) for name in _SCORES}
        return {
            "queries_left": int(info["budget"]),
            "steps_left": int(info["steps_left"]),
            "refused": bool(info["message"]) and score is None,
            "submitted": score is not None,
            **scores,
        }
