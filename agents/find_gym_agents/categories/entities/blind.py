"""Formulas that say something of concept neurons without a query."""

from __future__ import annotations

from find_gym.categories.entities.concepts import concepts
from find_gym.categories.entities.formulas import Combination, Formula
from find_gym.categories.entities.function import EntityFunction, EntitySpec
from find_gym.core.submissions import Submission
from find_gym_agents.categories.record import BlindCandidates

_LISTED = (2, 5, 10, 20, 50)


def _first() -> dict[str, Submission]:
    """Each concept, the first few, all of them, nothing."""
    names = list(concepts())
    found = {name: _formula(name) for name in names}
    for count in (*_LISTED, len(names)):
        found[f"{count} concepts"] = Submission(f"It responds to words related to {' or '.join(names[:count])}.")
    return found | {"nothing": Submission("It responds to no words."), "everything": Submission("It responds to all.")}


def _refined(name: str) -> dict[str, Submission]:
    """All but the concept."""
    if name not in concepts():
        return {}
    return {f"not {name}": _formula(Combination("not", (name,)))}


def _formula(formula: Formula) -> Submission:
    return Submission(EntityFunction(EntitySpec(formula)).describe())


CANDIDATES = BlindCandidates(_first, _refined)
