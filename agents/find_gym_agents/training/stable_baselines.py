"""PPO and MaskablePPO of Stable-Baselines3 as the learner of a training run: the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch as th
from sb3_contrib import MaskablePPO
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import CallbackList
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.utils import set_random_seed
from stable_baselines3.common.vec_env import VecEnv
from torch.nn import functional

from find_gym.adapters.stable_baselines3 import make_vec_env
from find_gym_agents.training.config import TrainConfig
from find_gym_agents.training.curriculum import PolicyMasks
from find_gym_agents.training.devices import find_device
from find_gym_agents.training.extractor import Trunk
from find_gym_agents.training.learner import VALUE_RATE, Setting, entropy_weight, learning_rate
from find_gym_agents.training.networks import policy_arguments


def make_algorithm(config: TrainConfig, env: VecEnv, places: int) -> MaskablePPO | PPO:
    """Makes the algorithm with its policy.

    Its learning rate falls with `_current_progress_remaining`, which the learner sets.
    """
    algorithm = PPO if config.algo == "ppo" else MaskablePPO
    return algorithm(
        "MultiInputPolicy",
        env,
        learning_rate=lambda left: learning_rate(config, left),
        n_steps=config.rollout_steps,
        batch_size=config.batch_size,
        n_epochs=config.epochs,
        gamma=1.0,
        gae_lambda=config.gae_lambda,
        clip_range=config.clip_range,
        ent_coef=entropy_weight(config),
        target_kl=config.target_kl,
        policy_kwargs=policy_arguments(config.category, places, Trunk.of(config.to_json())),
        seed=config.seed,
        device=find_device(config.device),
    )


class StableBaselines:
    """MaskablePPO, or PPO, as they are; a `Learner`.

    Args:
        config: what to train.
        options: arguments of the environment that the policy is made for.
    """

    def __init__(self, config: TrainConfig, options: dict[str, Any]) -> None:
        self._config = config
        self._env = self._make_env(Setting(options), workers=0)
        self._algorithm = make_algorithm(config, self._env, int(options["max_queries"]))
        self.policy: Any = self._algorithm.policy
        self._callback = CallbackList([])

    def set_logger(self, logger: Logger) -> None:
        """Sets what gets the figures of each update."""
        self._algorithm.set_logger(logger)

    def enter(self, setting: Setting) -> None:
        """Makes the environments of the rollouts that follow."""
        algorithm = self._algorithm
        self._env = self._make_env(setting, self._config.env_worker_count)
        self._callback.init_callback(algorithm)
        algorithm.set_env(self._env)
        algorithm.n_steps = setting.rollout_steps(self._config)
        algorithm.batch_size = setting.batch_size(self._config)
        algorithm.rollout_buffer = type(algorithm.rollout_buffer)(  # type: ignore[assignment]
            algorithm.n_steps,
            algorithm.observation_space,
            algorithm.action_space,
            algorithm.device,
            gae_lambda=algorithm.gae_lambda,
            gamma=algorithm.gamma,
            n_envs=self._config.num_envs,
        )

    def _make_env(self, setting: Setting, workers: int) -> PolicyMasks:
        vector = make_vec_env(self._config.env, self._config.num_envs, workers=workers, **setting.options)
        return PolicyMasks(vector, vector.env.codec, setting.free_stopping)

    def begin(self, seed: int) -> None:
        """Begins fresh episodes."""
        algorithm = self._algorithm
        set_random_seed(seed)
        self._env.seed(seed)
        algorithm._last_obs = self._env.reset()  # type: ignore[assignment]
        algorithm._last_episode_starts = np.ones(self._config.num_envs, dtype=np.bool_)
        algorithm._setup_learn(0, reset_num_timesteps=False)
        algorithm.ep_info_buffer.clear()  # type: ignore[union-attr]

    def collect(self) -> float:
        """Makes a rollout by the policy; returns the seconds spent in the environments."""
        algorithm = self._algorithm
        algorithm.collect_rollouts(self._env, self._callback, algorithm.rollout_buffer, algorithm.n_steps)
        return self._env.take_seconds()

    def fit_values(self) -> None:
        """Fits the values to the last rollout."""
        policy, optimizer = self.policy, self.policy.optimizer
        for group in optimizer.param_groups:
            group["lr"] = VALUE_RATE
        for _ in range(self._algorithm.n_epochs):
            for sample in self._algorithm.rollout_buffer.get(self._algorithm.batch_size):
                with th.no_grad():
                    features = policy.extract_features(sample.observations, policy.vf_features_extractor)
                values = policy.value_net(policy.mlp_extractor.forward_critic(features)).flatten()
                optimizer.zero_grad()
                functional.mse_loss(values, sample.returns).backward()  # type: ignore[no-untyped-call]
                optimizer.step()

    def update(self, left: float) -> None:
        """Improves the policy by the last rollout."""
        self._algorithm._current_progress_remaining = left
        self._algorithm.train()

    def episodes(self) -> Sequence[dict[str, Any]]:
        """Returns the last episodes."""
        return list(self._algorithm.ep_info_buffer or ())

    def leave(self) -> None:
        """Closes the environments."""
        self._env.close()
