"""`find-gym train`: an interpreter, trained by reinforcement learning or on transcripts whose truth is known."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from find_gym.core.category import load_reference
from find_gym_agents.checks import check_choice
from find_gym_agents.commands.arguments import parse
from find_gym_agents.commands.console import show, use_one_thread


@dataclass(frozen=True)
class Recipe:
    """A way of training.

    Attributes:
        config: the place "module:Class" of its configuration, whose fields are the options.
        train: the place "module:function" of what trains.
        description: the help.
        resumes: whether the same command goes on with a run that was cut short.
    """

    config: str
    train: str
    description: str
    resumes: bool = True


RECIPES = {
    "ppo": Recipe(
        "find_gym_agents.training.config:TrainConfig",
        "find_gym_agents.training.run:train",
        """Trains an interpreter of black-box functions by reinforcement learning with masked PPO.

It first imitates a teacher that knows the truth (--imitation-minutes 0 leaves that out), then learns by the reward. The
folder of the run gets the best policy on validation functions, checkpoints, the curve, TensorBoard logs and, at the
end, an evaluation on the test split. The same command goes on where it was cut short, and with more --minutes or
--total-timesteps where it had finished.""",
    ),
    "supervised": Recipe(
        "find_gym_agents.training.supervised.config:SupervisedConfig",
        "find_gym_agents.training.supervised.run:train",
        """Trains a neural interpreter of black-box functions on endless transcripts whose truth is known.

A network over sets of (input, output) pairs learns to write the program behind them, and to ask what tells most about
it. The folder of the run gets the policy, checkpoints, the curve, TensorBoard logs and, at the end, an evaluation on
the test split. The same command goes on where it was cut short, and with more --minutes or --examples where it had
finished.""",
    ),
    "reinforce": Recipe(
        "find_gym_agents.training.reinforce.config:ReinforceConfig",
        "find_gym_agents.training.reinforce.run:train",
        """Trains a neural interpreter further by policy gradients on the environment's own reward.

It begins with a network of the recipe `supervised`, by default the one of the package. Whole episodes on functions of
the train split: the query head draws queries, the program head draws programs, and each is compared with others to the
same function. The folder of the run gets the policy, checkpoints, the curve, TensorBoard logs and, at the end, an
evaluation on the test split before and after. The same command goes on where it was cut short, and with more --minutes
or --examples where it had finished.""",
    ),
    "continuous": Recipe(
        "find_gym_agents.categories.numeric.continuous_recipe:ContinuousConfig",
        "find_gym_agents.categories.numeric.continuous_recipe:train",
        """Trains SAC or TQC on the interface `continuous` to numeric functions, plain atoms alone.

It begins with constants and lines. Queries are even probes; the policy names an atom, and its constants in units of
what fits the answers; its reward is the skill and the fit to the answers. The folder of the run gets the model, the
curve, and at the end the skills on the test split. A run that was cut short begins anew.""",
        resumes=False,
    ),
}
_DEFAULT = "ppo"


def main(arguments: Sequence[str] | None = None, program: str = "find-gym train") -> int:
    """Runs the command.

    Args:
        arguments: the words of the command line; those of this process by default.
        program: the name that the usage shows.

    Returns:
        The exit status: 0, 2 for a wrong command line or folder, where something is not installed, nothing was learned
        or a process has ended, 130 after an interrupt.
    """
    # The networks are small: more threads than one only wait for each other.
    use_one_thread()
    try:
        recipe, rest = _take_recipe(list(sys.argv[1:] if arguments is None else arguments))
    except ValueError as error:
        print(f"{program}: error: {error}", file=sys.stderr)
        return 2
    config = parse(load_reference(recipe.config), rest, program=program, description=_help(recipe))
    try:
        from find_gym_agents.evaluation import RunError
        from find_gym_agents.training.run import CheckpointError, NothingLearnedError

        train = load_reference(recipe.train)
    except ImportError as error:
        print(f"{program}: error: {error}; pip install 'find-gym[train,report]'", file=sys.stderr)
        return 2
    # The collector of garbage need not look through all that torch has made, time and again.
    gc.freeze()
    try:
        result = train(config)
    except KeyboardInterrupt:
        then = "goes on where this one stopped" if recipe.resumes else "begins anew"
        print(f"interrupted; the same command {then} ({config.folder})", file=sys.stderr)
        return 130
    except ChildProcessError as error:
        then = "goes on from the last checkpoint" if recipe.resumes else "begins anew"
        print(f"{program}: error: {error}; the same command {then} ({config.folder})", file=sys.stderr)
        return 2
    except (CheckpointError, NothingLearnedError, RunError, ImportError, OSError) as error:
        print(f"{program}: error: {error}", file=sys.stderr)
        return 2
    for note in result.notes:
        print(f"{program}: warning: {note}", file=sys.stderr)
    show(result.text)
    return 0


def _take_recipe(words: list[str]) -> tuple[Recipe, list[str]]:
    """Returns the recipe that a command line names, and the other words."""
    name, rest, left = _DEFAULT, [], iter(words)
    for word in left:
        if word == "--recipe" or word.startswith("--recipe="):
            name = word.partition("=")[2] or next(left, "")
        else:
            rest.append(word)
    check_choice("a recipe", name, RECIPES)
    return RECIPES[name], rest


def _help(recipe: Recipe) -> str:
    names = ", ".join(RECIPES)
    choice = f"--recipe NAME chooses among {names} [default: {_DEFAULT}]; each has options of its own."
    return f"{recipe.description}\n\n{choice}"
