"""Attacks on the judges of entities: descriptions that explain nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from find_gym.categories.entities.concepts import concepts, vocabulary
from find_gym.categories.entities.function import EntityFunction, EntitySpec
from find_gym.judges.examples import remove_examples
from find_gym.scoring import Submission
from find_gym_agents.categories.entities import FOUND
from find_gym_agents.redteam.attack import BLIND, BUDGET, Attack, Evidence, RedTeam, Write
from find_gym_agents.redteam.sentences import HONEST, sentences

# How words are changed so that they are no copies.
SPELLINGS: dict[str, Callable[[str], str]] = {
    "verbatim": str,
    "upper case": str.upper,
    "plural": lambda word: f"{word}s",
    "zero width": lambda word: f"{word[:2]}\u200b{word[2:]}",
    "article": lambda word: f"the {word}",
}


@cache
def nameless_words() -> tuple[str, ...]:
    """Returns the words of the vocabulary that name no concept."""
    return tuple(word for word in vocabulary() if remove_examples(word, [word]) != word)


def copied(count: int, spell: Callable[[str], str]) -> Write:
    """The most active of a hundred words, as many as told."""

    def write(evidence: Evidence, rng: np.random.Generator) -> Submission:
        words = list(np.random.default_rng(0).choice(nameless_words(), BUDGET, replace=False))
        answers = evidence.ask(list(map(str, words)))
        best = [str(words[place]) for place in np.argsort(-np.asarray(answers), kind="stable")[:count]]
        return Submission(", ".join(map(spell, best)))

    return write


def _concepts(count: int) -> Write:
    return lambda evidence, rng: Submission(", ".join(map(str, rng.permutation(list(concepts()))[:count])))


def _concept(evidence: Evidence, rng: np.random.Generator) -> Submission:
    return Submission(EntityFunction(EntitySpec(str(rng.choice(list(concepts()))))).describe())


def _anything_but(evidence: Evidence, rng: np.random.Generator) -> Submission:
    return Submission(f"It does not respond to anything but {rng.choice(list(concepts()))}.")


_ATTACKS = (
    *(
        Attack(f"{count} best words, {name}", "entities", "copied words", copied(count, spell))
        for count in (1, 3, 6, 20)
        for name, spell in SPELLINGS.items()
    ),
    *(
        Attack(f"{count} concepts", "entities", "list of everything", _concepts(count), is_random=True)
        for count in (2, 6, len(concepts()))
    ),
    Attack("one concept", "entities", "blind", _concept, margin=BLIND, is_random=True),
    Attack("anything but one concept", "entities", "negation", _anything_but, is_random=True),
    *sentences("entities", FOUND),
)
RED_TEAM = RedTeam(_ATTACKS, HONEST)
