"""`find-gym train`: an interpreter, trained by reinforcement learning."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

from find_gym_agents.commands.arguments import parse
from find_gym_agents.commands.console import show, use_one_thread
from find_gym_agents.training.config import TrainConfig

DESCRIPTION = """Trains an interpreter of black-box functions by reinforcement learning with masked PPO.

It first imitates a teacher that knows the truth (--imitation-minutes 0 leaves that out), then learns by the reward. The
folder of the run gets the best policy on validation functions, checkpoints, the curve, TensorBoard logs and, at the
end, an evaluation on the test split. The same command goes on where it was cut short, and with more --minutes or
--total-timesteps where it had finished."""


def main(arguments: Sequence[str] | None = None, program: str = "find-gym train") -> int:
    """Runs the command.

    Args:
        arguments: the words of the command line; those of this process by default.
        program: the name that the usage shows.

    Returns:
        The exit status: 0, 2 for a wrong command line or folder, where something is not installed or nothing was
        learned, 130 after an interrupt.
    """
    # The networks are small: more threads than one only wait for each other.
    use_one_thread()
    config = parse(TrainConfig, arguments, program=program, description=DESCRIPTION)
    try:
        from find_gym_agents.evaluation import RunError
        from find_gym_agents.training.run import CheckpointError, NothingLearnedError, train
    except ImportError as error:
        print(f"{program}: error: {error}; pip install 'find-gym[train,report]'", file=sys.stderr)
        return 2
    # The collector of garbage need not look through all that torch has made, time and again.
    gc.freeze()
    try:
        result = train(config)
    except KeyboardInterrupt:
        print(f"interrupted; the same command goes on where this one stopped ({config.folder})", file=sys.stderr)
        return 130
    except (CheckpointError, NothingLearnedError, RunError, ImportError, OSError) as error:
        print(f"{program}: error: {error}", file=sys.stderr)
        return 2
    for note in result.notes:
        print(f"{program}: warning: {note}", file=sys.stderr)
    show(result.text)
    return 0
