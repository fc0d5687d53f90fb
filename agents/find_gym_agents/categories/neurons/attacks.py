"""Attacks on the scores of units: descriptions and code that explain nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

import numpy as np

from find_gym.categories.neurons.bank import (
    bank_words,
    concept_names,
    concept_similarities,
    open_places,
    place_of,
    word_vectors,
)
from find_gym.categories.neurons.examiner import TASK
from find_gym.categories.neurons.programs import NeuronProgram
from find_gym.judges.examples import remove_examples
from find_gym.scoring import Submission
from find_gym_agents.categories.neurons import FOUND
from find_gym_agents.interpreters.feature_search import ExemplarFeatureAgent
from find_gym_agents.redteam.attack import BLIND, Attack, Evidence, RedTeam, Write, fixed
from find_gym_agents.redteam.sentences import HONEST, sentences

# How words are changed so that they are no copies.
_SPELLINGS: dict[str, Callable[[str], str]] = {
    "verbatim": str,
    "plural": lambda word: f"{word}s",
    "struck through": lambda word: "\u0335".join(word),
    "letter by letter": lambda word: " ".join(word),
    "doubled letters": lambda word: "".join(letter * 2 for letter in word),
    "without vowels": lambda word: "".join(letter for letter in word if letter not in "aeiou"),
}
_DENIALS = ("It does not respond to {}.", "It responds to anything but {}.", "It never responds to anything but {}.")


@cache
def _has_no_name(word: str) -> bool:
    """Whether no part of a word names a concept."""
    return not any(map(str.isalnum, remove_examples(word, [word, *word.split()])))


def copied(count: int, spell: Callable[[str], str]) -> Write:
    """The exemplars that activate the unit most, but for those that name a concept."""

    def write(evidence: Evidence, rng: np.random.Generator) -> Submission:
        words = [word for word in evidence.exemplars() if _has_no_name(word)]
        return Submission(", ".join(map(spell, words[:count])))

    return write


def shown(count: int) -> Write:
    """The exemplars that activate the unit most, names of concepts among them."""
    return lambda evidence, rng: Submission(", ".join(evidence.exemplars()[:count]))


def neighbours(count: int) -> Write:
    """Words that were not shown, nearest by their vectors to the exemplars."""

    def write(evidence: Evidence, rng: np.random.Generator) -> Submission:
        examples = [place for word in evidence.exemplars() if (place := place_of(word)) is not None]
        others = np.setdiff1d(open_places(), examples)
        similarity = (word_vectors()[others] @ word_vectors()[examples].T).mean(axis=1)
        return Submission(", ".join(bank_words()[place] for place in others[np.argsort(-similarity)[:count]]))

    return write


def program_of_exemplars(evidence: Evidence, rng: np.random.Generator) -> Submission:
    """What the agent exemplar-features makes of the exemplars."""
    agent = ExemplarFeatureAgent()
    agent.reset(0)
    try:
        next(agent.interpret(0, evidence.exemplars()))
    except StopIteration as stop:
        submission: Submission = stop.value
        return submission
    raise AssertionError("expected an agent that asks nothing")


def concept_of_best_word(evidence: Evidence, rng: np.random.Generator) -> Submission:
    """The concept that the exemplar that activates the unit most is nearest to: all that one word tells."""
    nearest = concept_names()[int(np.argmax(concept_similarities(evidence.exemplars()[:1])[0]))]
    return Submission(NeuronProgram.of(("or", "near", nearest)).describe())


def best_program(evidence: Evidence, rng: np.random.Generator) -> Submission:
    """The best program that is known of the unit."""
    return Submission(evidence.truth())


def _concepts(count: int) -> Write:
    return lambda evidence, rng: Submission(", ".join(map(str, rng.permutation(list(concept_names()))[:count])))


def _concept(evidence: Evidence, rng: np.random.Generator) -> Submission:
    return Submission(NeuronProgram.of(("or", "near", str(rng.choice(concept_names())))).describe())


def _denied(form: str) -> Write:
    return lambda evidence, rng: Submission(form.format(rng.choice(concept_names())))


def _table(code: str) -> Write:
    """Code with the answers that fit under the cap: the exemplars that activate the unit most."""

    def write(evidence: Evidence, rng: np.random.Generator) -> Submission:
        words = evidence.exemplars()[:_TABLE]
        answers = dict(zip(words, map(float, evidence.ask(words)), strict=True))
        return Submission("a table", code=f"TABLE = {json.dumps(answers)}\n{code}")

    return write


_TABLE = 8
_TABLES = {
    "answers": "def f(text):\n    return TABLE.get(text, 0.0)\n",
    "answers, else length": "def f(text):\n    return TABLE.get(text, 0.0) + len(text) / 100\n",
}
# What words have in common is inferred from them.
_INFERRED = {
    "first letters": "def f(text):\n    return sum(v for w, v in TABLE.items() if w[:2] == text[:2])\n",
    "words within": "def f(text):\n    return sum(v for w, v in TABLE.items() for part in w.split() if part in text)\n",
}

_CONCEPT = "the concept nearest to the best word"
_PROGRAM, _BEST = "a program for the exemplars", "the best program known"
_ATTACKS = (
    *(
        Attack(f"{count} best words, {name}", "neurons", "copied words", copied(count, spell))
        for count in (1, 6, 20)
        for name, spell in _SPELLINGS.items()
    ),
    # A concept's name is read, whether it was shown or not: it is a program of the grammar as well. So the limit is
    # what an honest description makes of the same words.
    *(
        Attack(f"{count} best words, names too", "neurons", "list of asked words", shown(count), limit)
        for count, limit in ((1, _CONCEPT), (20, _PROGRAM))
    ),
    # Words that nobody was shown are inferred: that describes the unit, if not in the shortest way.
    *(
        Attack(f"{count} words near the best", "neurons", "inferred words", neighbours(count), _BEST)
        for count in (1, 6)
    ),
    *(
        Attack(f"{count} concepts", "neurons", "list of everything", _concepts(count), is_random=True)
        for count in (2, 6, len(concept_names()))
    ),
    Attack("the list of concepts", "neurons", "list of everything", fixed(Submission(", ".join(concept_names())))),
    Attack("one concept", "neurons", "blind", _concept, margin=BLIND, is_random=True),
    *(Attack(form, "neurons", "negation", _denied(form), is_random=True) for form in _DENIALS),
    *(Attack(name, "neurons", "table", _table(code)) for name, code in _TABLES.items()),
    *(Attack(name, "neurons", "inferred words", _table(code), _PROGRAM) for name, code in _INFERRED.items()),
    *sentences("neurons", FOUND, TASK),
)
RED_TEAM = RedTeam(
    _ATTACKS, {**HONEST, _CONCEPT: concept_of_best_word, _PROGRAM: program_of_exemplars, _BEST: best_program}
)
