"""`find-gym benchmark-algorithms`: what algorithms of Stable-Baselines3 learn in so many steps."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from find_gym_agents.commands.arguments import parse
from find_gym_agents.commands.console import show, use_one_thread

DESCRIPTION = """Trains algorithms of Stable-Baselines3 and sb3-contrib, off the shelf, for the same number of steps.

Each algorithm and seed that is finished is kept; the same command goes on where it was cut short."""


def main(arguments: Sequence[str] | None = None, program: str = "find-gym benchmark-algorithms") -> int:
    """Runs the command.

    Args:
        arguments: the words of the command line; those of this process by default.
        program: the name that the usage shows.

    Returns:
        The exit status: 0, 2 for a wrong command line or where something is not installed, 130 after an interrupt.
    """
    # The networks are small: more threads than one only wait for each other.
    use_one_thread()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        from find_gym_agents.benchmarks.algorithms import AlgorithmsConfig, run_algorithms
        from find_gym_agents.benchmarks.algorithms_page import table, write_page
    except ImportError as error:
        print(f"{program}: error: {error}; pip install 'find-gym[train,report]'", file=sys.stderr)
        return 2
    config = parse(AlgorithmsConfig, words, program=program, description=DESCRIPTION)
    try:
        results = run_algorithms(config, lambda text: print(f"training: {text}", file=sys.stderr, flush=True))
    except KeyboardInterrupt:
        print(f"interrupted; the same command goes on where this one stopped ({config.out})", file=sys.stderr)
        return 130
    if config.page is not None:
        write_page(results, Path(config.page), shlex.join(["find-gym", "benchmark-algorithms", *words]))
    show(table(results))
    return 0
