"""A training by policy gradients as the command does it."""

from __future__ import annotations

from find_gym_agents.training.neural.run import train_with
from find_gym_agents.training.reinforce.config import ReinforceConfig
from find_gym_agents.training.reinforce.loop import ReinforceTraining
from find_gym_agents.training.run import TrainResult


def train(config: ReinforceConfig, *, progress: bool = True) -> TrainResult:
    """Trains a neural interpreter by the environment's reward, and evaluates it; see `train_with`."""
    return train_with(ReinforceTraining, config, progress=progress)
