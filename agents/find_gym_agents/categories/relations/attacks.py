"""Attacks on the judges of relations: descriptions that explain nothing."""

from __future__ import annotations

import numpy as np

from find_gym.categories.entities.concepts import vocabulary
from find_gym.categories.relations.answers import UNDEFINED
from find_gym.categories.relations.catalogue import RELATIONS
from find_gym.categories.relations.examiner import TASK
from find_gym.categories.relations.function import RelationFunction, RelationSpec
from find_gym.scoring import Submission
from find_gym_agents.categories.relations import FOUND
from find_gym_agents.redteam.attack import BLIND, BUDGET, Attack, Evidence, RedTeam, Write, fixed
from find_gym_agents.redteam.sentences import HONEST, sentences

HEDGES = {"or": ", or ", "sentences": ". ", "in doubt": ". Or perhaps: ", "after much else": f".\n{'So it is. ' * 90}"}
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


def _hedged(count: int, link: str) -> Write:
    """Several relations at once, as if any of them would do."""

    def write(evidence: Evidence, rng: np.random.Generator) -> Submission:
        names = rng.choice(list(RELATIONS), count, replace=False)
        return Submission(link.join(_describe(str(name)).rstrip(".") for name in names) + ".")

    return write


def _by_input(evidence: Evidence, rng: np.random.Generator) -> Submission:
    """A relation for each kind of input."""
    tables = {relation.table: relation for relation in RELATIONS.values()}
    rules = (f"if the input is {relation.subject}, it returns {relation.object}" for relation in tables.values())
    return Submission("; ".join(rules))


def _all_exceptions(evidence: Evidence, rng: np.random.Generator) -> Submission:
    """A relation with exceptions for any letter."""
    letters = ", or begins with ".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    text = _describe(str(rng.choice(list(RELATIONS)))).rstrip(".")
    return Submission(f"{text}, but it is undefined where the input begins with {letters}.")


def _always_excepted(evidence: Evidence, rng: np.random.Generator) -> Submission:
    """A relation with an exception that always holds: what is none of its inputs."""
    relation = RELATIONS[str(rng.choice(list(RELATIONS)))]
    text = _describe(relation.name).rstrip(".")
    return Submission(f"{text}, but it is undefined where the input is not {relation.subject}.")


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
    *(
        Attack(f"{count} relations, {name}", "relations", "hedged", _hedged(count, link), is_random=True)
        for count in (2, 3, 6)
        for name, link in HEDGES.items()
    ),
    Attack("a relation for each kind of input", "relations", "hedged", _by_input),
    Attack("all letters as exceptions", "relations", "hedged", _all_exceptions, is_random=True),
    Attack("an exception that always holds", "relations", "blind", _always_excepted, margin=BLIND, is_random=True),
    Attack("one relation", "relations", "blind", _relation, margin=BLIND, is_random=True),
    Attack("one denial", "relations", "negation", _denial, margin=BLIND, is_random=True),
    *sentences("relations", FOUND, TASK),
)
RED_TEAM = RedTeam(_ATTACKS, HONEST)
