"""Programs that say something of string functions without a query."""

from __future__ import annotations

from find_gym.categories.strings.function import StringFunction, StringSpec
from find_gym.categories.strings.operations import DETERMINISTIC, OPERATIONS
from find_gym.categories.strings.programs import Step
from find_gym.core.submissions import Submission
from find_gym_agents.categories.record import BlindCandidates


def _first() -> dict[str, Submission]:
    """The identity, no text, and each operation without constants."""
    programs = {name: (Step(name),) for name in DETERMINISTIC if not OPERATIONS[name].kinds}
    codes = {name: StringFunction(StringSpec(program)).source() for name, program in programs.items()}
    codes |= {"identity": "def f(s):\n    return s\n", "nothing": "def f(s):\n    return ''\n"}
    return {name: Submission(f"It does {name}.", code=code) for name, code in codes.items()}


CANDIDATES = BlindCandidates(_first)
