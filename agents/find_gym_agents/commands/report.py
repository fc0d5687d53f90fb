"""`find-gym report`: makes the report of runs again, one report of several runs, or the leaderboard."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from find_gym_agents.checks import check_folder
from find_gym_agents.commands.arguments import parse
from find_gym_agents.commands.console import show

_LEADERBOARD = "runs/leaderboard"


@dataclass(frozen=True)
class ReportConfig:
    """What to report; every field is an option of the command line."""

    runs: tuple[str, ...] = field(metadata={"positional": True, "metavar": "RUN"})
    """The folder of a run, as `find-gym evaluate` made it; several may be given."""
    out: str | None = field(default=None, metadata={"metavar": "DIR"})
    """The folder of one report on all of the runs together, of one category or of several; by default each run's report
    is made again in its place."""
    leaderboard: bool = False
    """Merges the runs into the leaderboard of the folder --out [default: runs/leaderboard] instead: leaderboard.md,
    leaderboard.html and leaderboard.json, in which rows of the same runs are replaced and the others kept."""
    pictures: bool = True
    """Whether report.html and the plots are written; the table and results.json always are."""

    verbose: bool = False
    """Whether all tables are printed: by groups of functions, paired differences, outcomes."""

    def __post_init__(self) -> None:
        check_folder(self.out)


def main(arguments: Sequence[str] | None = None, program: str = "find-gym report") -> int:
    """Runs the command.

    Args:
        arguments: the words of the command line; those of this process by default.
        program: the name that the usage shows.

    Returns:
        The exit status: 0, or 2 where a folder holds no run or no leaderboard.
    """
    config = parse(
        ReportConfig,
        arguments,
        program=program,
        description="Makes the report of runs again, from their results, or merges them into a leaderboard.",
    )
    from find_gym_agents.evaluation import RunError, read_run
    from find_gym_agents.report import closing, write_leaderboard, write_report

    try:
        runs = [read_run(folder) for folder in config.runs]
        if config.leaderboard:
            folder = Path(config.out or _LEADERBOARD)
            _, table = write_leaderboard(runs, folder)
            show(f"{table}\n\n{folder / 'leaderboard.html'}")
            return 0
        groups = [runs] if config.out is not None else [[run] for run in runs]
        for group in groups:
            folder = Path(config.out) if config.out is not None else group[0].folder
            results, table = write_report(group, folder, pictures=config.pictures)
            show(f"{table if config.verbose else closing(results, folder)}\n")
    except (RunError, ImportError, OSError) as error:
        print(f"{program}: error: {error}", file=sys.stderr)
        return 2
    return 0
