"""The red team: submissions that explain nothing and what they earn, hostile programs and what becomes of them.

See ``docs/scores.md`` for the figures, and ``find-gym redteam --help``.
"""

from find_gym_agents.redteam.attack import Attack, Evidence
from find_gym_agents.redteam.numeric import NUMERIC
from find_gym_agents.redteam.programs import ProgramTrial, run_programs
from find_gym_agents.redteam.strings import STRINGS
from find_gym_agents.redteam.trials import Trial, run_attacks, tables, trial_count
from find_gym_agents.redteam.words import ENTITIES, RELATIONS

ATTACKS: tuple[Attack, ...] = (*NUMERIC, *STRINGS, *ENTITIES, *RELATIONS)

__all__ = [
    "ATTACKS",
    "Attack",
    "Evidence",
    "ProgramTrial",
    "Trial",
    "run_attacks",
    "run_programs",
    "tables",
    "trial_count",
]
