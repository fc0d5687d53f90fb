"""A supervised training as the command does it: training, evaluation beside other agents, learning curve."""

from __future__ import annotations

from find_gym_agents.runs.records import CONFIG, locked, write_json
from find_gym_agents.training.checkpoints import POLICY
from find_gym_agents.training.progress import bar
from find_gym_agents.training.run import TrainResult, conclude
from find_gym_agents.training.supervised.config import SupervisedConfig
from find_gym_agents.training.supervised.loop import SupervisedTraining


def train(config: SupervisedConfig, *, progress: bool = True) -> TrainResult:
    """Trains a neural interpreter and evaluates it.

    Where the folder holds a run of the same configuration, it goes on from its last checkpoint; a finished one where
    the configuration has more minutes or examples.

    Args:
        config: what to train.
        progress: whether to show progress bars on standard error.

    Raises:
        CheckpointError: the folder holds a run of another configuration.
        ImportError: something is not installed.
    """
    folder = config.folder
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder), bar(progress) as show:
        training = SupervisedTraining(config, show)
        write_json(folder / CONFIG, config.to_json())
        training.run()
    first, last = training.progress.curve[0], training.progress.curve[-1]
    learned = (
        f"{POLICY}: skill {last['skill']:.3f} of the likeliest program on validation functions, after "
        f"{last['examples']:,} transcripts in {last['seconds'] / 60:.1f} minutes; untrained: {first['skill']:.3f}"
    )
    return conclude(config, training.progress, learned, progress=progress)
