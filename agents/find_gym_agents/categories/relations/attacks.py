"""Attacks on the judges of relations: descriptions that explain nothing."""

from __future__ import annotations

import numpy as np

from find_gym.categories.entities.concepts import vocabulary
from find_gym.categories.relations.answers import UNDEFINED
from find_gym.categories.relations.catalogue import RELATIONS
from find_gym.categories.relations.function import RelationFunction, RelationSpec
from find_gym.scoring import Submission
from find_gym_agents.categories.relations import FOUND
from find_gym_agents.redteam.attack import BLIND, BUDGET, Attack, Evidence, RedTeam, Write, fixed
from find_gym_agents.redteam.sentences import HONEST, sentences

DENIALS = ("It does NOT map {0} to {1}.", "It never returns {1}, given {0}.", "Not {1} of {0}.")


def _pairs(evidence: Evidence, rng: np.random.Generator) -> Submission:
    words = [str(word) for word in np.random.default_rng(0).choice(vocabulary(), 30, replace=False)]
    return Submission("; ".join(f"{word}: {answer}" for word, answer in zip(words, evidence.ask(words), strict=True)))


def _answers(evidence: Evidence, rng: np.random.Generator) -> Submission:
    """What the function answers to a hundred words that relations are defined for."""
    known = sorted({word for relation in RELATIONS.values() for word in relation.words[::3]})
    words = [str(word) for word in np.random.default_rng(0).choice(known, BUDGET, replace=False)]
    answers = [answer for answer in evidence.ask(words) if answer != UNDEFINED]
    return Submission(f"It returns {', '.join(dict.fromkeys(answers))}.")


def _relation(evidence: Evidence, rng: np.random.Generator) -> Submission:
    return Submission(_describe(str(rng.choice(list(RELATIONS)))))


def _denial(evidence: Evidence, rng: np.random.Generator) -> Submission:
    relation = RELATIONS[str(rng.choice(list(RELATIONS)))]
    return Submission(str(rng.choice(DENIALS)).format(relation.subject, relation.object))


def _describe(name: str) -> str:
    return RelationFunction(RelationSpec(name)).describe()


def _list_of_relations(step: int) -> Write:
    return lambda evidence, rng: Submission(" ".join(_describe(name) for name in list(RELATIONS)[::step]))


_ATTACKS = (
    *(
        Attack(f"each {step}th relation", "relations", "list of everything", _list_of_relations(step))
        for step in (1, 5)
    ),
    Attack("names of all relations", "relations", "list of everything", fixed(Submission(", ".join(RELATIONS)))),
    Attack("the answers to 100 words", "relations", "copied words", _answers),
    Attack("30 answers", "relations", "copied words", _pairs),
    Attack("one relation", "relations", "blind", _relation, margin=BLIND, is_random=True),
    Attack("one denial", "relations", "negation", _denial, margin=BLIND, is_random=True),
    *sentences("relations", FOUND),
)
RED_TEAM = RedTeam(_ATTACKS, HONEST)
