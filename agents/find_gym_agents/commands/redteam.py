"""`find-gym redteam`: what attacks on the scores earn, and what becomes of hostile programs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from find_gym_agents.checks import check_choice, check_integers
from find_gym_agents.commands.arguments import parse
from find_gym_agents.commands.console import show, use_one_thread


@dataclass(frozen=True)
class RedTeamConfig:
    """What to try; every field is an option of the command line."""

    attacks: int = 300
    """Trials of attacks: each attack once, spread over all kinds, and those that draw at random again; 0 for none."""
    functions: int = 40
    """Functions of the split test that each attack is tried on."""
    programs: int = 500
    """Hostile programs that run in the sandbox; 0 for none."""
    category: str | None = field(default=None, metadata={"metavar": "NAME"})
    """One category of functions; by default all that have attacks."""
    seed: int = 0
    """Seeds functions, draws and programs."""
    out: str | None = field(default=None, metadata={"metavar": "DIR"})
    """A folder for redteam.json, with the skill on each function, and redteam.txt, with the tables."""

    def __post_init__(self) -> None:
        check_integers(self, attacks=0, functions=1, programs=0, seed=0)
        if self.category is not None:
            from find_gym_agents.redteam import red_teams

            check_choice("a category", self.category, red_teams())


def main(arguments: Sequence[str] | None = None, program: str = "find-gym redteam") -> int:
    """Runs the command.

    Args:
        arguments: the words of the command line; those of this process by default.
        program: the name that the usage shows.

    Returns:
        The exit status: 0, or 1 where an attack earned more than its limit or the sandbox has a fault, 2 where a
        judge's model, the sandbox or the folder can't be used.
    """
    use_one_thread()
    config = parse(
        RedTeamConfig,
        arguments,
        program=program,
        description="Attacks the scores with submissions that explain nothing, each held against an honest one, and "
        "the sandbox with hostile programs generated at random.",
    )
    try:
        return _run(config)
    except KeyboardInterrupt:
        return 130
    except (ImportError, OSError, RuntimeError) as error:
        print(f"{program}: error: {error}", file=sys.stderr)
        return 2


def _run(config: RedTeamConfig) -> int:
    from find_gym_agents.evaluation.runner import progress_bar
    from find_gym_agents.redteam import red_teams, run_attacks, run_programs, tables, trial_count
    from find_gym_agents.runs.records import write_json

    teams = red_teams() if config.category is None else {config.category: red_teams()[config.category]}
    attacks = [attack for team in teams.values() for attack in team.attacks]
    with progress_bar("attacks", trial_count(attacks, config.attacks), True) as bar:
        trials = run_attacks(
            attacks, count=config.attacks, functions=config.functions, seed=config.seed, tick=lambda: bar.update(1)
        )
    texts = [table.as_text() for table in tables(trials)] if config.attacks else []
    ran = None
    if config.programs:
        with progress_bar("programs", config.programs, True) as bar:
            ran = run_programs(config.programs, config.seed, lambda: bar.update(1))
        texts.append(ran.as_table().as_text())
    show("\n\n".join(texts))
    if config.out is not None:
        folder = Path(config.out)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "redteam.txt").write_text("\n\n".join(texts) + "\n", encoding="utf-8")
        write_json(
            folder / "redteam.json",
            {"config": asdict(config), "attacks": list(map(asdict, trials)), "programs": ran and asdict(ran)},
        )
    broken = any(trial.verdict == "broken" for trial in trials) or (ran is not None and ran.wrong)
    return 1 if broken else 0
