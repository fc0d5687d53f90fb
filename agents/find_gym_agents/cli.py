"""The command `find-gym`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from find_gym_agents.checks import nearest
from find_gym_agents.commands.console import show

COMMANDS = {
    "evaluate": ("evaluate", "evaluate agents on the same functions, with a table and a report"),
    "train": ("train", "train an interpreter by reinforcement learning"),
    "make-dataset": ("make_dataset", "sample functions and write them in the published layout"),
    "export-trajectories": ("export_trajectories", "write conversations of experts, to fine-tune language models on"),
    "score": ("score", "score the submissions of stored runs again, with another judge or today's scorer"),
    "report": ("report", "make the report of runs again, one report of several, or a leaderboard"),
    "play": ("play", "interpret a hidden function yourself, in the terminal"),
    "redteam": ("redteam", "attack scores and sandbox, with a table of what each attack earns"),
    "benchmark": ("benchmark", "measure the speed of the environment, the sandbox and sampling"),
    "benchmark-algorithms": (
        "benchmark_algorithms",
        "train algorithms of Stable-Baselines3 off the shelf, beside each other",
    ),
}


def usage() -> str:
    """Returns the help of the command."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {summary}" for name, (_, summary) in COMMANDS.items()]
    return (
        "usage: find-gym COMMAND [options]\n\n"
        "FIND as Gymnasium environments: train and evaluate interpreters of black-box functions.\n\n"
        "commands:\n" + "\n".join(lines) + "\n\n`find-gym COMMAND --help` explains the options of a command."
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; only what it needs is imported.

    Args:
        arguments: the words of the command line; those of this process by default.

    Returns:
        The exit status: that of the command, 2 where there is no such command.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in ("-h", "--help"):
        show(usage())
        return 0
    if words and words[0] == "--version":
        from importlib.metadata import version

        show(f"find-gym {version('find-gym')}")
        return 0
    if not words or words[0] not in COMMANDS:
        if words:
            known, meant = ", ".join(COMMANDS), nearest(words[0], COMMANDS)
            print(
                f"find-gym: error: expected a command among {known}, actual value: {words[0]!r}{meant}", file=sys.stderr
            )
        else:
            print(f"{usage()}\n\nfind-gym: error: expected a command, actual value: none", file=sys.stderr)
        return 2
    module, _ = COMMANDS[words[0]]
    command = importlib.import_module(f"find_gym_agents.commands.{module}")
    status: int = command.main(words[1:], f"find-gym {words[0]}")
    return status
