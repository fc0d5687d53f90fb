"""The environments for Ray's RLlib, and a policy that takes legal actions alone.

RLlib shows a policy nothing but the observation, so the mask of legal actions is a part of it (`MaskedObservation`),
and the policy (`MaskedPolicy`) gives illegal actions the probability 0.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

try:
    import torch
    from ray.rllib.algorithms import PPOConfig
    from ray.rllib.core.columns import Columns
    from ray.rllib.core.rl_module import RLModuleSpec
    from ray.rllib.core.rl_module.apis.value_function_api import ValueFunctionAPI
    from ray.rllib.core.rl_module.torch import TorchRLModule
    from ray.tune.registry import register_env
    from torch import nn
except ImportError as error:
    raise ImportError("expected Ray's RLlib for this adapter: pip install 'find-gym[ray]'") from error

from find_gym.core.splits import function_seed

__all__ = ["MaskedObservation", "MaskedPolicy", "make_environment", "ppo_config"]


class MaskedObservation(gym.ObservationWrapper[Any, Any, Any]):
    """One vector of each observation, float32: 1.0 for the actions that are legal, else 0.0; then the observation.

    Args:
        env: a FIND environment with the interface `tokens`.
        worker: the number of the worker. RLlib gives environment i of worker w the seed `seed + w + i`, so that two
            workers would share most of their functions; a worker above 0 mixes its number in.
    """

    def __init__(self, env: gym.Env[Any, Any], worker: int = 0) -> None:
        super().__init__(env)
        self._worker = worker
        assert isinstance(env.action_space, gym.spaces.Discrete)
        size = int(env.action_space.n) + gym.spaces.flatdim(env.observation_space)
        self.observation_space = gym.spaces.Box(-1.0, 1.0, (size,), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode."""
        if seed is not None and self._worker > 0:
            seed = function_seed("train", "rllib", seed, self._worker)
        return super().reset(seed=seed, options=options)

    def observation(self, observation: dict[str, Any]) -> NDArray[np.float32]:
        """Returns the vector."""
        flat = gym.spaces.flatten(self.env.observation_space, observation)
        legal = self.unwrapped.action_masks()  # type: ignore[attr-defined]
        return np.concatenate([legal.astype(np.float32), flat])


class MaskedPolicy(TorchRLModule, ValueFunctionAPI):  # type: ignore[misc]
    """A policy and a value of two hidden layers each; illegal actions have the probability 0.

    The width of the layers is `model_config["hidden"]`, 256 by default.
    """

    def setup(self) -> None:
        """Makes the networks."""
        self._actions = int(self.action_space.n)
        size = self.observation_space.shape[0] - self._actions
        self._policy, self._value = self._network(size, self._actions), self._network(size, 1)

    def _network(self, inputs: int, outputs: int) -> nn.Sequential:
        hidden = self.model_config.get("hidden", 256)
        last = nn.Linear(hidden, outputs)
        nn.init.orthogonal_(last.weight, gain=0.01)  # All actions are about as probable at first.
        return nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), last)

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Any]:
        legal, features = batch[Columns.OBS].tensor_split([self._actions], dim=-1)
        return {Columns.ACTION_DIST_INPUTS: self._policy(features).masked_fill(legal < 0.5, -1e9)}

    def compute_values(self, batch: dict[str, Any], embeddings: Any = None) -> torch.Tensor:
        """Returns the value of each observation, `(n,)`."""
        values: torch.Tensor = self._value(batch[Columns.OBS][..., self._actions :])
        return values.squeeze(-1)


def make_environment(env_id: str, worker: int = 0, **arguments: Any) -> gym.Env[Any, Any]:
    """Makes an environment whose observations begin with the legal actions.

    Args:
        env_id: such as "FIND-numeric-v1".
        worker: the number of the worker; see `MaskedObservation`.
        arguments: those of the environment.
    """
    # The name before the id has each worker import what registers it.
    return MaskedObservation(gym.make(f"find_gym:{env_id}", **arguments), worker)


def ppo_config(env_id: str, **arguments: Any) -> PPOConfig:
    """Returns RLlib's configuration of PPO for an environment, with masks and without a discount.

    Args:
        env_id: such as "FIND-numeric-v1"; registered with Ray under this name.
        arguments: those of the environment.

    Returns:
        The configuration, to be changed as any other; `ppo_config("FIND-strings-v1").build_algo()` trains as it stands.
        Each step counts illegal actions in the metric `illegal_actions` of the environment's runners.
    """
    register_env(env_id, partial(_make_in_worker, env_id, arguments))
    config = PPOConfig().environment(env_id).callbacks(on_episode_step=_count_refusals)
    config.rl_module(rl_module_spec=RLModuleSpec(module_class=MaskedPolicy))
    return config.training(gamma=1.0, lambda_=0.95, clip_param=0.2, use_kl_loss=False, entropy_coeff=0.01, lr=5e-4)


def _make_in_worker(env_id: str, arguments: dict[str, Any], context: Any) -> gym.Env[Any, Any]:
    return make_environment(env_id, context.worker_index, **arguments)


def _count_refusals(episode: Any, metrics_logger: Any, **_: Any) -> None:
    """Counts what the environment refused: nothing, as long as the masks are right. Other messages have a score."""
    info = episode.get_infos(-1)
    metrics_logger.log_value("illegal_actions", int(bool(info["message"]) and not info.get("score")), reduce="sum")
