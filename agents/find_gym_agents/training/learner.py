"""What a training run needs of an algorithm of reinforcement learning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from stable_baselines3.common.logger import Logger

from find_gym_agents.training.config import TrainConfig

_FINAL_RATE = 0.1
# Learning rate of a policy that has to learn everything by itself, in those of one that has imitated.
_FASTER = 3
# Adam's learning rate where the values learn alone.
VALUE_RATE = 1e-3


@dataclass(frozen=True)
class Setting:
    """How rollouts are made.

    Attributes:
        options: arguments of the environment.
        free_stopping: whether writing may begin before the budget is spent.
        shorter: how many times shorter rollouts are than in the configuration.
    """

    options: dict[str, Any]
    free_stopping: bool = False
    shorter: int = 1

    def rollout_steps(self, config: TrainConfig) -> int:
        """Returns the steps of each environment in a rollout."""
        return max(config.rollout_steps // self.shorter, 1)

    def batch_size(self, config: TrainConfig) -> int:
        """Returns the steps in a gradient step: at most a quarter of a rollout, but two for their variance."""
        return min(config.batch_size, max(self.rollout_steps(config) * config.num_envs // 4, 2))


class Learner(Protocol):
    """A policy, and an algorithm that improves it by the environment's reward.

    Attributes:
        policy: an actor and critic of Stable-Baselines3, with its optimizer.
    """

    policy: Any

    def set_logger(self, logger: Logger) -> None:
        """Sets what gets the figures of each update."""

    def enter(self, setting: Setting) -> None:
        """Makes the environments of the rollouts that follow."""

    def begin(self, seed: int) -> None:
        """Begins fresh episodes; what follows depends on this seed, the weights and the optimizer alone."""

    def collect(self) -> float:
        """Makes a rollout by the policy; returns the seconds spent in the environments."""

    def fit_values(self) -> None:
        """Fits the values to the last rollout and leaves everything else as it is.

        After imitation the policy is good and its values are random: advantages from those would only do harm.
        """

    def update(self, left: float) -> None:
        """Improves the policy by the last rollout.

        Args:
            left: the share of the stage that is left, in [0, 1]; the learning rate falls with it.
        """

    def episodes(self) -> Sequence[dict[str, Any]]:
        """Returns the last episodes since `begin`, 100 at most, with their rewards `r` and their lengths `l`."""

    def leave(self) -> None:
        """Closes the environments."""


def learning_rate(config: TrainConfig, left: float) -> float:
    """Returns Adam's learning rate where this share of the stage is left."""
    rate = config.learning_rate * (1 if config.begins_trained else _FASTER)
    return rate * (_FINAL_RATE + (1 - _FINAL_RATE) * left)


def entropy_weight(config: TrainConfig) -> float:
    """Returns the weight of the entropy bonus."""
    return config.entropy * (0.1 if config.begins_trained else 1.0)
