"""A supervised training as the command does it."""

from __future__ import annotations

from find_gym_agents.training.neural.run import train_with
from find_gym_agents.training.run import TrainResult
from find_gym_agents.training.supervised.config import SupervisedConfig
from find_gym_agents.training.supervised.loop import SupervisedTraining


def train(config: SupervisedConfig, *, progress: bool = True) -> TrainResult:
    """Trains a neural interpreter on transcripts, and evaluates it; see `train_with`."""
    return train_with(SupervisedTraining, config, progress=progress)
