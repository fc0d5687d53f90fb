"""`find-gym score`: the submissions of stored runs, scored again."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from find_gym_agents.checks import check_folder, check_integers
from find_gym_agents.commands.arguments import parse
from find_gym_agents.commands.console import show, use_one_thread

if TYPE_CHECKING:
    from find_gym_agents.evaluation.rescoring import Agreement
    from find_gym_agents.report.table import Table

AGREEMENT = "agreement.json"


@dataclass(frozen=True)
class ScoreConfig:
    """What to score again; every field is an option of the command line."""

    runs: tuple[str, ...] = field(metadata={"positional": True, "metavar": "RUN"})
    """The folder of a run, as `find-gym evaluate` made it; several may be given."""
    judge: str | None = field(default=None, metadata={"metavar": "NAME"})
    """What judges descriptions in language: embedding, grounding, the path or name of a causal language model, or the
    address of a server; by default what the run had. Numeric and string functions have no judge unless one is named;
    it adds unit tests of the description and leaves accuracy and skill, which are those of the code."""
    out: str | None = field(default=None, metadata={"metavar": "DIR"})
    """The folder of the new run; with several runs, the folder in which each gets one of its own name. By default a
    folder beside each run, named after it and the judge."""
    workers: int | None = None
    """Processes that score side by side; by default one for each processor core, and one for a language model."""
    report: bool = True
    """Whether report.html and the plots are written; the table and results.json always are."""

    verbose: bool = False
    """Whether all tables are printed: by groups of functions, paired differences, outcomes."""

    def __post_init__(self) -> None:
        check_integers(self, workers=1)
        check_folder(self.out)

    def folder(self, run: Path) -> Path:
        """Returns the folder of the new run of a stored one."""
        if self.out is not None:
            return Path(self.out) / run.resolve().name if len(self.runs) > 1 else Path(self.out)
        suffix = "rescored" if self.judge is None else f"judge-{self.judge[-40:]}"
        return run.resolve().parent / re.sub(r"[^\w.+-]+", "-", f"{run.resolve().name}_{suffix}")


def main(arguments: Sequence[str] | None = None, program: str = "find-gym score") -> int:
    """Runs the command.

    Args:
        arguments: the words of the command line; those of this process by default.
        program: the name that the usage shows.

    Returns:
        The exit status: 0, or 1 where submissions could not be scored, 2 for a wrong command line, folder or judge.
    """
    use_one_thread()
    config = parse(
        ScoreConfig,
        arguments,
        program=program,
        description="Scores the submissions of stored runs again, with another judge or today's scorer, and tells how "
        "far both scorings agree. No agent runs, and no interpreting model is asked.",
    )
    from find_gym_agents.evaluation import RunError, read_run
    from find_gym_agents.evaluation.rescoring import Rescoring, agreements, rescore
    from find_gym_agents.report import closing, write_report
    from find_gym_agents.runs.records import write_json

    failed = False
    try:
        for place in config.runs:
            stored = read_run(place)
            folder = config.folder(stored.folder)
            new = rescore(Rescoring(stored, config.judge, config.workers), folder)
            found = agreements(stored, new)
            write_json(folder / AGREEMENT, [asdict(agreement) for agreement in found])
            results, table = write_report([new], folder, pictures=config.report)
            shown = table if config.verbose else closing(results, folder)
            show(f"{shown}\n\n{agreement_table(found).as_text()}")
            failed = failed or any(agreement.unscored for agreement in found)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where this one stopped", file=sys.stderr)
        return 130
    except (RunError, ImportError, OSError, ValueError) as error:
        print(f"{program}: error: {error}", file=sys.stderr)
        return 2
    return 1 if failed else 0


def agreement_table(found: Sequence[Agreement]) -> Table:
    """Returns the table of how the stored and the new scores agree."""
    from find_gym_agents.report.table import Table

    def write(value: float | None) -> str:
        return "-" if value is None else f"{value:.3f}"

    header = [
        "agent",
        "submissions",
        "skill before",
        "skill now",
        "|difference|",
        "correlation",
        "same outcome",
        "unscored",
    ]
    rows = [
        [
            one.agent,
            str(one.episodes),
            *map(write, (one.before, one.after, one.difference, one.correlation, one.same_outcome)),
            str(one.unscored),
        ]
        for one in found
    ]
    return Table("Agreement with the stored scores", header, rows)
