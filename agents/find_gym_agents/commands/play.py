"""`find-gym play`: a person interprets a function in the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from find_gym_agents.checks import check_environment, check_integers, check_split
from find_gym_agents.commands.arguments import parse
from find_gym_agents.evaluation.config import read_difficulty


@dataclass(frozen=True)
class PlayConfig:
    """What to play; every field is an option of the command line."""

    env: str = "FIND-numeric-v1"
    """The environment's id, or the category alone: numeric, strings, entities or relations."""
    seed: int | None = None
    """Seeds the function and its noise: the same seed gives the same game; by default a random one, which is shown."""
    split: str = "train"
    """The split that the function is sampled from: train, validation, test, or all. Not used with a dataset."""
    difficulty: str | Mapping[str, Any] = field(default="find", metadata={"parse": read_difficulty})
    """The difficulty: easy, find (the benchmark's own), hard, extreme, or a JSON object of attributes that replace
    those of find. Not used with a dataset."""
    max_queries: int = 100
    """The budget: inputs that may be asked."""
    dataset: str | None = field(default=None, metadata={"metavar": "DIR"})
    """A dataset in the published layout (the folder that holds numeric/ or strings/), in place of a sampled
    function."""
    function: str | None = field(default=None, metadata={"metavar": "ID"})
    """The id of the dataset's function; by default the seed draws one."""
    exemplars: bool = False
    """Whether the game begins with words to start from; entities and relations only."""
    hints: bool = False
    """Whether to say what kind of function it is (never which)."""
    plot: str | None = field(default=None, metadata={"metavar": "FILE"})
    """A PNG file that is drawn again after each query, in place of a plot made of characters."""
    transcript: str | None = field(default=None, metadata={"metavar": "FILE"})
    """A JSON file for the whole game, written at its end, as an episode of an evaluation."""

    def __post_init__(self) -> None:
        from find_gym import LATEST_IDS
        from find_gym.core.registry import category_named

        if self.env in LATEST_IDS:
            object.__setattr__(self, "env", LATEST_IDS[self.env])
        check_environment(self.env, self.difficulty)
        check_split(self.split)
        check_integers(self, seed=0, max_queries=0)
        if self.exemplars and not category_named(self.category).exemplars:
            raise ValueError(f"expected a category with exemplars, actual: {self.category}")
        if self.function is not None and self.dataset is None:
            raise ValueError(f"expected a dataset for the function, actual: none for {self.function!r}")
        for name, suffix in (("plot", ".png"), ("transcript", ".json")):
            value = getattr(self, name)
            if value is not None and (not value.endswith(suffix) or not Path(value).resolve().parent.is_dir()):
                raise ValueError(
                    f"expected {name} to be a {suffix} file in a folder that exists, actual value: {value!r}"
                )

    @property
    def category(self) -> str:
        """The category of functions of the environment, such as "numeric"."""
        from find_gym.core.registry import category_of

        return category_of(self.env)


def play(config: PlayConfig) -> None:
    """Plays one game.

    Raises:
        ValueError, ImportError, OSError: the function can't be had, or a file can't be written.
    """
    import gymnasium as gym
    import numpy as np

    import find_gym  # noqa: F401  (registers the environments)
    from find_gym_agents.play.session import Session
    from find_gym_agents.play.terminal import Terminal
    from find_gym_agents.report.plots import check_plots

    if config.plot is not None:
        check_plots()  # Not only after the first query.
    seed = config.seed if config.seed is not None else int(np.random.default_rng().integers(10**6))
    options: dict[str, Any] = {"exemplars": True} if config.exemplars else {}
    if config.dataset is not None:
        options["dataset"] = config.dataset
    else:
        options |= {"split": None if config.split == "all" else config.split, "difficulty": config.difficulty}
    env = gym.make(
        config.env,
        interface="text",
        max_queries=config.max_queries,
        render_mode=None if config.plot is None else "rgb_array",
        disable_env_checker=True,
        **options,
    )
    observation, info = env.reset(seed=seed, options={"function": config.function} if config.function else None)
    source = f"{Path(config.dataset).name}, {config.function or 'drawn by'}" if config.dataset else str(config.split)
    session = Session(
        env=env,
        info=info,
        terminal=Terminal(),
        label=f"{config.env}, {source}, seed {seed}",
        difficulty=None if config.dataset is not None else config.difficulty,
        hints=config.hints,
        plot=None if config.plot is None else Path(config.plot),
        transcript=None if config.transcript is None else Path(config.transcript),
    )
    try:
        session.play(observation)
    finally:
        env.close()


def main(arguments: Sequence[str] | None = None, program: str = "find-gym play") -> int:
    """Runs the command.

    Args:
        arguments: the words of the command line; those of this process by default.
        program: the name that the usage shows.

    Returns:
        The exit status: 0, also where the person stops early; 2 for a wrong command line or dataset.
    """
    config = parse(PlayConfig, arguments, program=program, description="Interpret a hidden function yourself.")

    try:
        play(config)
    except BrokenPipeError:
        # Whatever is still buffered goes nowhere, instead of raising again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print(file=sys.stderr)
    except (ValueError, ImportError, OSError) as error:
        print(f"{program}: error: {error}", file=sys.stderr)
        return 2
    return 0
