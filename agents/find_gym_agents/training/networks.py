"""Policies and their algorithm, made from a configuration."""

from __future__ import annotations

from typing import Any

import torch as th
from gymnasium import spaces
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.policies import MaskableMultiInputActorCriticPolicy
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv
from torch.nn import functional

from find_gym_agents.training.config import TrainConfig
from find_gym_agents.training.extractor import ProbeTableExtractor, Trunk

TRUNK = Trunk()
_FINAL_RATE = 0.1
# Learning rate of a policy that has to learn everything by itself, in those of one that has imitated.
_FASTER = 3


def policy_arguments(category: str, places: int, trunk: Trunk) -> dict[str, Any]:
    """Returns the arguments of the policy's class: the extractor, a linear layer for actions, a small one for values.

    Args:
        category: the category of functions.
        places: the most different probes that are asked in an episode.
        trunk: the layers of the extractor that follow its encoder.
    """
    return {
        "net_arch": {"pi": [], "vf": [128]},
        "activation_fn": th.nn.ReLU,
        "ortho_init": False,
        "features_extractor_class": ProbeTableExtractor,
        "features_extractor_kwargs": {"category": category, "places": places, "trunk": trunk},
    }


def make_policy(
    category: str,
    places: int,
    observation_space: spaces.Dict,
    action_space: spaces.Discrete,
    trunk: Trunk = TRUNK,
) -> MaskableMultiInputActorCriticPolicy:
    """Makes a policy whose weights are still random."""
    return MaskableMultiInputActorCriticPolicy(
        observation_space, action_space, lambda _: 1e-3, **policy_arguments(category, places, trunk)
    )


def make_algorithm(config: TrainConfig, env: VecEnv, places: int) -> MaskablePPO | PPO:
    """Makes the algorithm with its policy.

    Its learning rate falls with `_current_progress_remaining`, which the loop sets.
    """
    rate = config.learning_rate * (1 if config.begins_trained else _FASTER)
    algorithm = MaskablePPO if config.algo == "maskable_ppo" else PPO
    return algorithm(
        "MultiInputPolicy",
        env,
        learning_rate=lambda left: rate * (_FINAL_RATE + (1 - _FINAL_RATE) * left),
        n_steps=config.rollout_steps,
        batch_size=config.batch_size,
        n_epochs=config.epochs,
        gamma=1.0,
        gae_lambda=config.gae_lambda,
        clip_range=config.clip_range,
        ent_coef=config.entropy * (0.1 if config.begins_trained else 1.0),
        target_kl=config.target_kl,
        policy_kwargs=policy_arguments(config.category, places, Trunk.of(config.to_json())),
        seed=config.seed,
        device=config.device,
    )


def set_rollout(algorithm: MaskablePPO | PPO, config: TrainConfig, shorter: int) -> None:
    """Sets the length of rollouts, and the size of gradient steps to suit.

    Args:
        algorithm: the algorithm.
        config: the configuration.
        shorter: how many times shorter than in the configuration.
    """
    algorithm.n_steps = max(config.rollout_steps // shorter, 1)
    steps = algorithm.n_steps * config.num_envs
    algorithm.batch_size = min(config.batch_size, max(steps // 4, 2))
    algorithm.rollout_buffer = type(algorithm.rollout_buffer)(  # type: ignore[assignment]
        algorithm.n_steps,
        algorithm.observation_space,
        algorithm.action_space,
        algorithm.device,
        gae_lambda=algorithm.gae_lambda,
        gamma=algorithm.gamma,
        n_envs=config.num_envs,
    )


def fit_values(algorithm: MaskablePPO | PPO) -> None:
    """Fits the values to the last rollout and leaves everything else as it is.

    After imitation the policy is good and its values are random: advantages from those would only do harm.
    """
    policy: Any = algorithm.policy
    for _ in range(algorithm.n_epochs):
        for sample in algorithm.rollout_buffer.get(algorithm.batch_size):
            with th.no_grad():
                features = policy.extract_features(sample.observations, policy.vf_features_extractor)
            values = policy.value_net(policy.mlp_extractor.forward_critic(features)).flatten()
            loss = functional.mse_loss(values, sample.returns)
            policy.optimizer.zero_grad()
            loss.backward()
            for group in policy.optimizer.param_groups:
                group["lr"] = 1e-3
            policy.optimizer.step()
