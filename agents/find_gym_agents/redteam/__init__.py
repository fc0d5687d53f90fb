"""The red team: submissions that explain nothing and what they earn, hostile programs and what becomes of them.

See ``docs/scores.md`` for the figures, and ``find-gym redteam --help``.
"""

from find_gym_agents.redteam.attack import Attack, Evidence, RedTeam, red_teams
from find_gym_agents.redteam.programs import ProgramTrial, run_programs
from find_gym_agents.redteam.trials import Trial, run_attacks, tables, trial_count

__all__ = [
    "Attack",
    "Evidence",
    "ProgramTrial",
    "RedTeam",
    "Trial",
    "red_teams",
    "run_attacks",
    "run_programs",
    "tables",
    "trial_count",
]
