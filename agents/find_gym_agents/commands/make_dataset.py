"""`find-gym make-dataset`: samples functions and writes them in the published layout."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from find_gym_agents.checks import check_choice, check_folder, check_integers, check_split
from find_gym_agents.commands.arguments import parse
from find_gym_agents.commands.console import show
from find_gym_agents.evaluation.config import read_difficulty


@dataclass(frozen=True)
class DatasetConfig:
    """What to sample; every field is an option of the command line."""

    out: str = field(metadata={"metavar": "DIR"})
    """The folder of the dataset. One that was cut short there is completed; a finished one is never overwritten."""
    category: str | None = field(default=None, metadata={"metavar": "NAME"})
    """The category of functions, such as strings; by default the first one, numbers."""
    functions: int = 1000
    """The number of functions."""
    seed: int = 0
    """Seeds the functions: the same seed gives the same dataset."""
    split: str = "test"
    """The split that functions are sampled from: train, validation, test, or all."""
    difficulty: str | Mapping[str, Any] = field(default="find", metadata={"parse": read_difficulty})
    """The difficulty: easy, find (the benchmark's own), hard, extreme, or a JSON object of attributes that replace
    those of find."""
    workers: int | None = None
    """Processes that sample side by side; by default one for each processor core."""

    def __post_init__(self) -> None:
        from find_gym.core.registry import categories_by_name, category_named

        if self.category is None:
            object.__setattr__(self, "category", next(iter(categories_by_name())))
        check_choice("a category", self.category, categories_by_name())
        check_split(self.split)
        category_named(self.category).read_difficulty(self.difficulty)
        check_integers(self, functions=1, seed=0, workers=1)
        check_folder(self.out)


def make_dataset(config: DatasetConfig, *, progress: bool = True) -> list[str]:
    """Samples functions and writes them.

    What was sampled is kept in a folder beside the dataset until that is finished, so a run that was cut short goes on.

    Args:
        config: what to sample.
        progress: whether to show progress bars on standard error.

    Returns:
        The ids of the functions.

    Raises:
        DatasetError: there is a finished dataset.
        RunError: a dataset of another configuration was begun there.
        ImportError: networks are among the functions and torch is not installed, or joblib or tqdm is not.
    """
    from find_gym.core.registry import category_named
    from find_gym.functions import DatasetError, write_dataset
    from find_gym_agents.evaluation import EvaluationConfig
    from find_gym_agents.evaluation.config import metadata_file
    from find_gym_agents.evaluation.runner import claim, prepare, progress_bar
    from find_gym_agents.runs.records import locked

    out = Path(config.out)
    category = category_named(config.category)
    finished = out / metadata_file(category.name)
    if finished.exists():
        raise DatasetError(f"expected a folder without a dataset, actual: {finished} exists")
    begun = out / f".{config.category}.unfinished"
    if finished.parent.exists() and not begun.exists():
        raise DatasetError(
            f"expected a new folder, or one that this command began, actual: {finished.parent} without a dataset in it"
        )
    _check_networks(category.read_difficulty(config.difficulty))
    # Functions are sampled as an evaluation samples them, whose functions these then are.
    sampling = EvaluationConfig(
        # No agent runs here, and this form of its name fits every category.
        agents=("find_gym_agents.interpreters.constant:ConstantAgent",),
        env=category.environment_id(),
        functions=config.functions,
        seed=config.seed,
        split=config.split,
        difficulty=config.difficulty,
        workers=config.workers,
        out=str(begun),
    )
    begun.mkdir(parents=True, exist_ok=True)
    with locked(begun):
        claim(sampling, begun)
        functions = prepare(sampling, begun, progress)
        with progress_bar("files", len(functions), progress) as bar:
            specs = (category.read_spec(function.spec) for function in functions)
            identifiers = write_dataset(out, _counted(specs, bar))
    shutil.rmtree(begun)
    return identifiers


def _counted(items: Iterable[Any], bar: Any) -> Iterator[Any]:
    for item in items:
        yield item
        bar.update(1)


def _check_networks(level: Any) -> None:
    """Looks for torch before anything is sampled, where there will be networks to write."""
    from importlib.util import find_spec

    if getattr(level, "variants", {}).get("approximated", 0) > 0 and find_spec("torch") is None:
        raise ImportError("expected torch for the weights of networks: pip install 'find-gym[train]'")


def main(arguments: Sequence[str] | None = None, program: str = "find-gym make-dataset") -> int:
    """Runs the command.

    Args:
        arguments: the words of the command line; those of this process by default.
        program: the name that the usage shows.

    Returns:
        The exit status: 0, 2 for a wrong command line or folder, 130 after an interrupt.
    """
    description = "Samples functions and writes them in the layout of the published benchmark."
    config = parse(DatasetConfig, arguments, program=program, description=description)
    from find_gym.functions import DatasetError
    from find_gym_agents.evaluation import RunError

    try:
        identifiers = make_dataset(config)
    except KeyboardInterrupt:
        print(f"interrupted; the same command goes on where this one stopped ({config.out})", file=sys.stderr)
        return 130
    except (DatasetError, RunError, ImportError, OSError) as error:
        print(f"{program}: error: {error}", file=sys.stderr)
        return 2
    show(f"{len(identifiers)} functions, {identifiers[0]} to {identifiers[-1]}, in {config.out}")
    return 0
