"""Programs that say something of units without a query."""

from __future__ import annotations

from find_gym.categories.neurons.predicates import listed_predicates
from find_gym.categories.neurons.programs import Clause, NeuronProgram
from find_gym.core.submissions import Submission
from find_gym_agents.categories.record import BlindCandidates


def _first() -> dict[str, Submission]:
    """Each predicate."""
    programs = [NeuronProgram((Clause("or", predicate),)) for predicate in listed_predicates()]
    return {program.describe(): Submission(program.describe()) for program in programs}


def _refined(description: str) -> dict[str, Submission]:
    """The predicate, or another one."""
    first = NeuronProgram.from_english(description).clauses[0]
    programs = [
        NeuronProgram((first, Clause("or", other))) for other in listed_predicates() if other != first.predicate
    ]
    return {program.describe(): Submission(program.describe()) for program in programs}


CANDIDATES = BlindCandidates(_first, _refined)
