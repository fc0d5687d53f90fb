"""`find-gym evaluate`: agents on the same functions, with a table and a report."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING

from find_gym_agents.commands.arguments import parse
from find_gym_agents.commands.console import show, use_one_thread

if TYPE_CHECKING:
    from find_gym_agents.runs.records import EpisodeRecord

_MOST_SHOWN = 40
_WIDEST = 160


def describe() -> str:
    """Returns the first lines of the help, the table of agents among them."""
    from find_gym_agents.registry import agents_by_name

    entries = agents_by_name()
    width = max(map(len, entries))
    agents = "\n".join(
        f"  {entry.name:{width}}  {entry.summary} ({', '.join(entry.categories)})" for entry in entries.values()
    )
    return f"Evaluates agents on the same functions and reports accuracy and skill.\n\nagents:\n{agents}"


def next_steps(env: str, folder: Path) -> str:
    """Returns what to try after an evaluation.

    Args:
        env: the environment's id.
        folder: the folder of the run.
    """
    return (
        "Next\n"
        "  the same command with --verbose prints all tables: by groups of functions, paired differences, outcomes\n"
        f"  find-gym evaluate --env {env} --agent path/to/file.py:Class evaluates your own agent\n"
        f"  find-gym report --leaderboard {shlex.quote(str(folder))} ranks it among other runs"
    )


def interpretations(episodes: Sequence[EpisodeRecord]) -> str:
    """Returns what the agents say of each function, as a table; of many functions the first."""
    from find_gym_agents.report.table import Table

    rows = []
    for record in sorted(episodes, key=lambda record: record.index)[:_MOST_SHOWN]:
        said = record.submission or {}
        text = " ".join((said.get("description") or said.get("code") or record.outcome.replace("_", " ")).split())
        shown = text if len(text) <= _WIDEST else f"{text[:_WIDEST]}..."
        skill = "-" if record.score is None else f"{record.score['skill']:.2f}"
        rows.append([record.function, record.agent, shown, skill])
    return Table("Interpretations", ["function", "agent", "description", "skill"], rows, labels=3).as_text()


def main(arguments: Sequence[str] | None = None, program: str = "find-gym evaluate") -> int:
    """Runs the command.

    Args:
        arguments: the words of the command line; those of this process by default.
        program: the name that the usage shows.

    Returns:
        The exit status: 0, or 1 where episodes are unscored, the budget was spent or a worker died, 2 for a wrong
        command line or folder, 130 after an interrupt.
    """
    # One worker computes in this process, and like the others on one thread; numpy reads this when it is imported.
    use_one_thread()
    from find_gym.functions import DatasetError
    from find_gym_agents.evaluation import BackendError, EvaluationConfig, RunError, evaluate_as_configured
    from find_gym_agents.runs.records import CONFIG

    config = parse(EvaluationConfig, arguments, program=program, description=describe())

    try:
        result = evaluate_as_configured(config)
    except KeyboardInterrupt:
        print(f"interrupted; the same command goes on where this one stopped ({config.folder})", file=sys.stderr)
        return 130
    except BrokenProcessPool as error:
        print(f"{program}: error: a worker died ({error}); the same command goes on from here", file=sys.stderr)
        return 1
    except (BackendError, DatasetError, RunError, ImportError, OSError) as error:
        print(f"{program}: error: {error}", file=sys.stderr)
        return 2
    # A folder of several runs has no configuration of its own.
    steps = f"\n\n{next_steps(config.env, config.folder)}" if (config.folder / CONFIG).exists() else ""
    shown = result.table if config.verbose else f"{result.closing}{steps}"
    show(f"{interpretations(result.episodes)}\n\n{shown}" if config.names else shown)
    if result.stopped is not None:
        print(
            f"\nthe run was stopped: {result.stopped}; {result.not_run} episodes were not run; the same command with a "
            "greater budget goes on",
            file=sys.stderr,
        )
    for record in result.unscored[:1] if config.verbose else []:
        print(f"\nunscored: {record.agent}, function {record.function}: {record.error}", file=sys.stderr)
    if result.unscored:
        print(
            f"\n{len(result.unscored)} of {len(result.episodes)} episodes are unscored (see Troubles; traces are in "
            f"{result.folder / 'episodes.jsonl'}); the same command tries them again",
            file=sys.stderr,
        )
    return 1 if result.unscored or result.stopped is not None else 0
