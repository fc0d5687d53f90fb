"""The training of a neural interpreter as the command does it: training, evaluation, learning curve."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from find_gym_agents.runs.records import CONFIG, locked, write_json
from find_gym_agents.training.checkpoints import POLICY
from find_gym_agents.training.neural.config import NeuralConfig
from find_gym_agents.training.neural.loop import NeuralTraining
from find_gym_agents.training.progress import Show, bar
from find_gym_agents.training.run import TrainResult, conclude

Config = TypeVar("Config", bound=NeuralConfig)


def train_with(
    recipe: Callable[[Config, Show], NeuralTraining[Config]], config: Config, *, progress: bool = True
) -> TrainResult:
    """Trains a neural interpreter and evaluates it.

    Where the folder holds a run of the same configuration, it goes on from its last checkpoint; a finished one where
    the configuration has more minutes or examples.

    Args:
        recipe: makes the training.
        config: what to train.
        progress: whether to show progress bars on standard error.

    Raises:
        CheckpointError: the folder holds a run of another recipe or configuration.
        PolicyError: what the run is to begin with does not fit.
        ImportError: something is not installed.
    """
    folder = config.folder
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder), bar(progress) as show:
        training = recipe(config, show)
        write_json(folder / CONFIG, config.to_json())
        training.run()
    first, last = training.progress.curve[0], training.progress.curve[-1]
    learned = (
        f"{POLICY}: skill {last['skill']:.3f} of the likeliest program on validation functions, after "
        f"{last['examples']:,} transcripts in {last['seconds'] / 60:.1f} minutes; {config.begins_as[0]}: "
        f"{first['skill']:.3f}"
    )
    return conclude(config, training.progress, learned, progress=progress)
