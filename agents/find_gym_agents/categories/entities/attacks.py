"""Attacks on the judges of entities: descriptions that explain nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np

from find_gym.categories.entities.concepts import concepts, vocabulary
from find_gym.categories.entities.examiner import TASK
from find_gym.categories.entities.function import EntityFunction, EntitySpec
from find_gym.categories.entities.word_vectors import entity_vectors
from find_gym.judges.examples import remove_examples
from find_gym.judges.phrases import read_claim
from find_gym.scoring import Submission
from find_gym_agents.categories.entities import FOUND
from find_gym_agents.interpreters.exemplar_embedding import ExemplarEmbeddingAgent
from find_gym_agents.redteam.attack import BLIND, BUDGET, Attack, Evidence, RedTeam, Write, fixed
from find_gym_agents.redteam.sentences import HONEST, sentences

# How words are changed so that they are no copies.
SPELLINGS: dict[str, Callable[[str], str]] = {
    "verbatim": str,
    "upper case": str.upper,
    "plural": lambda word: f"{word}s",
    "zero width": lambda word: f"{word[:2]}\u200b{word[2:]}",
    "article": lambda word: f"the {word}",
    "struck through": lambda word: "\u0335".join(word),
    "letter by letter": lambda word: " ".join(word),
    "in pairs of letters": lambda word: " ".join(word[place : place + 2] for place in range(0, len(word), 2)),
    "in one": lambda word: word.replace(" ", ""),
    "twice": lambda word: word + word,
    "in a longer word": lambda word: f"{word}world",
    "ending": lambda word: f"{word}like",
    "prefix": lambda word: f"non{word}ian",
    "doubled letters": lambda word: "".join(letter * 2 for letter in word),
    "foreign letters": lambda word: word.translate(str.maketrans("aeopc", "\u0430\u0435\u043e\u0440\u0441")),
    "digits": lambda word: word.translate(str.maketrans("oiea", "0134")),
    "without vowels": lambda word: "".join(letter for letter in word if letter not in "aeiou"),
    "letters moved": lambda word: word[1:2] + word[:1] + word[2:],
    "backwards": lambda word: word[::-1],
    "cut short": lambda word: " ".join(part[: max(3, round(0.45 * len(part)))] for part in word.split()),
    "its first two letters": lambda word: " ".join(part[:2] for part in word.split()),
    "its end": lambda word: " ".join(part[-max(3, round(0.45 * len(part))) :] for part in word.split()),
    "its middle": lambda word: " ".join(part[1:-1] if len(part) < 7 else part[2:-2] for part in word.split()),
    "the word that begins it": lambda word: " ".join(map(_first_word, word.lower().split())),
    "as it sounds": lambda word: _respell(word.lower()),
    "other vowels": lambda word: word.translate(str.maketrans("aeiou", "eioua")),
    "one vowel": lambda word: word.translate(str.maketrans("aeiou", "yyyyy")),
    "pig Latin": lambda word: " ".join(f"{part[1:]}{part[:1]}ay" for part in word.split()),
    "turned at the middle": lambda word: word[len(word) // 2 :] + word[: len(word) // 2],
    "dotted": lambda word: ".".join(word),
    "syllables": lambda word: "-".join(re.findall(r"[^aeiou]*[aeiou]+|[^aeiou]+$", word)),
    "hashtag": lambda word: "#" + "".join(map(str.capitalize, word.split())),
    "its letters in order": lambda word: "".join(sorted(word)),
    "every other letter": lambda word: word[::2],
    "both ends": lambda word: word[:3] + word[-2:],
}


def _respell(word: str) -> str:
    for letters, sound in (("tion", "shun"), ("ph", "f"), ("ck", "k"), ("x", "ks"), ("c", "k"), ("y", "i")):
        word = word.replace(letters, sound)
    return word


def _first_word(word: str) -> str:
    """Returns the longest other word of the vocabulary that a word begins with; an empty text if there is none."""
    return next((word[:end] for end in range(len(word) - 1, 2, -1) if word[:end] in _single_words()), "")


@cache
def _single_words() -> frozenset[str]:
    """Returns single words of the vocabulary, but for the names of concepts: to name the concept is the task."""
    return frozenset(part for word in nameless_words() for part in word.lower().split())


@cache
def nameless_words() -> tuple[str, ...]:
    """Returns the words of the vocabulary of which no part names a concept."""
    return tuple(word for word in vocabulary() if not re.search(r"\w", remove_examples(word, word.split())))


@cache
def _names_a_concept(text: str) -> bool:
    """Whether a text holds the name of a concept, as "ship" of "shipwreck": to name the concept is the task."""
    return bool(read_claim(remove_examples(text, text.split())).phrases)


def copied(count: int, spell: Callable[[str], str]) -> Write:
    """The most active of a hundred words, as many as told."""

    def write(evidence: Evidence, rng: np.random.Generator) -> Submission:
        words = list(np.random.default_rng(0).choice(nameless_words(), BUDGET, replace=False))
        answers = evidence.ask(list(map(str, words)))
        spelled = [spell(str(words[place])) for place in np.argsort(-np.asarray(answers), kind="stable")]
        return Submission(", ".join([word for word in spelled if not _names_a_concept(word)][:count]))

    return write


@cache
def _unlike(asked: tuple[str, ...]) -> list[str]:
    """Returns the nameless words that are no copies of some others."""
    return [word for word in nameless_words() if remove_examples(word, asked) == word]


def neighbours(count: int) -> Write:
    """Words that were not asked, nearest by their vectors to the most active of a hundred that were."""

    def write(evidence: Evidence, rng: np.random.Generator) -> Submission:
        vectors = entity_vectors()
        asked = list(map(str, np.random.default_rng(0).choice(nameless_words(), BUDGET, replace=False)))
        answers = np.asarray(evidence.ask(asked))
        best = np.argsort(-answers, kind="stable")[:6]
        others = _unlike(tuple(asked))
        similarity = vectors.embed(others) @ vectors.embed([asked[place] for place in best]).T
        order = np.argsort(-np.max(similarity * (answers[best] + 0.01), axis=1), kind="stable")
        return Submission(", ".join(others[place] for place in order[:count]))

    return write


def nearest_concept(evidence: Evidence, rng: np.random.Generator) -> Submission:
    """What the agent exemplar-embedding makes of a hundred questions: the names of the concepts that explain them."""
    agent = ExemplarEmbeddingAgent()
    agent.reset(0)
    questions = agent.interpret(BUDGET, [])
    words = next(questions)
    try:
        while True:
            words = questions.send(list(map(float, evidence.ask(words))))
    except StopIteration as stop:
        submission: Submission = stop.value
        return submission


def inactive_concepts(count: int) -> Write:
    """The concepts whose names, of a hundred, activate the function least: what it does not respond to."""

    def write(evidence: Evidence, rng: np.random.Generator) -> Submission:
        names = list(map(str, np.random.default_rng(0).permutation(list(concepts()))[:BUDGET]))
        least = np.argsort(np.asarray(evidence.ask(names)), kind="stable")[:count]
        return Submission(f"It does not respond to {', '.join(names[place] for place in least)}.")

    return write


def _concepts(count: int) -> Write:
    return lambda evidence, rng: Submission(", ".join(map(str, rng.permutation(list(concepts()))[:count])))


def _concept(evidence: Evidence, rng: np.random.Generator) -> Submission:
    return Submission(EntityFunction(EntitySpec(str(rng.choice(list(concepts()))))).describe())


# What is true of many words, of all or of none.
_GENERIC = (
    "animals", "nature", "everyday objects", "objects", "nouns", "concrete nouns", "abstract concepts", "science",
    "culture", "society", "history and culture", "ideas", "life", "living things", "people", "places", "proper names",
    "either people or places", "people, places and things", "human activities", "technology", "sport", "English",
    "general knowledge", "the world", "one concept or a few", "words that are related to each other",
    "high activations",
)  # fmt: skip
# Claims that take back what they say, or hold of any function, with two concepts at random.
_HEDGES = (
    "It may respond to {0}, or perhaps to {1}.",
    "It responds either to {0} or to {1}; I am not sure which.",
    "It responds to both {0} and {1}.",
    "It responds to {0}, but not to {1}.",
    "It responds to {0} more than to {1}.",
    "It responds not only to {0}.",
    "It responds to {0} and does not respond to {0}.",
    "It responds to {0}, except words that it does not respond to.",
    "It responds to everything except {0} and {1}.",
)


def _generic(evidence: Evidence, rng: np.random.Generator) -> Submission:
    return Submission(f"It responds to words related to {rng.choice(_GENERIC)}.")


def _hedge(form: str) -> Write:
    return lambda evidence, rng: Submission(form.format(*rng.choice(list(concepts()), 2, replace=False)))


def _anything_but(evidence: Evidence, rng: np.random.Generator) -> Submission:
    return Submission(f"It does not respond to anything but {rng.choice(list(concepts()))}.")


_CONCEPT = "the nearest concept"
# What earns most on `train` of the names of concepts and 98 broader phrases, alone, two by two, and both at once.
_TWO_PHRASES = Submission("It responds to words related to buildings or arachnids and arachnology.")
_ATTACKS = (
    *(
        Attack(f"{count} best words, {name}", "entities", "copied words", copied(count, spell))
        for count in (1, 3, 6, 20)
        for name, spell in SPELLINGS.items()
    ),
    # To infer words that nobody asked is no copying: it must not earn more than to name the concept.
    *(
        Attack(f"{count} words near the best", "entities", "inferred words", neighbours(count), _CONCEPT)
        for count in (1, 6)
    ),
    *(Attack(f"not {count} inactive concepts", "entities", "exclusions", inactive_concepts(count)) for count in (1, 6)),
    *(
        Attack(f"{count} concepts", "entities", "list of everything", _concepts(count), is_random=True)
        for count in (2, 6, len(concepts()))
    ),
    Attack("best two phrases", "entities", "blind", fixed(_TWO_PHRASES), margin=BLIND),
    Attack("one concept", "entities", "blind", _concept, margin=BLIND, is_random=True),
    Attack("a generic sentence", "entities", "blind", _generic, margin=BLIND, is_random=True),
    *(Attack(form, "entities", "hedged", _hedge(form), margin=BLIND, is_random=True) for form in _HEDGES),
    # It says the same.
    Attack("anything but one concept", "entities", "negation", _anything_but, margin=BLIND, is_random=True),
    *sentences("entities", FOUND, TASK),
)
RED_TEAM = RedTeam(_ATTACKS, {**HONEST, _CONCEPT: nearest_concept})
