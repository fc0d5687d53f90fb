"""Relations that say something of a relation without a query."""

from __future__ import annotations

from find_gym.categories.relations.catalogue import RELATIONS
from find_gym.categories.relations.conditions import conditions_of
from find_gym.categories.relations.function import RelationFunction, RelationSpec
from find_gym.core.submissions import Submission
from find_gym_agents.categories.record import BlindCandidates


def _first() -> dict[str, Submission]:
    """Each relation without exceptions."""
    return {name: _relation(RelationSpec(name)) for name in RELATIONS}


def _refined(name: str) -> dict[str, Submission]:
    """The relation with each of its exceptions."""
    return {f"{name} but {c.attribute} {c.value}": _relation(RelationSpec(name, (c,))) for c in conditions_of(name)}


def _relation(spec: RelationSpec) -> Submission:
    function = RelationFunction(spec)
    return Submission(function.describe(), function.domain())


CANDIDATES = BlindCandidates(_first, _refined)
