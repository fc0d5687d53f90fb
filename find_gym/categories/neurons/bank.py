"""The bank: the words whose activations ship with the package, and what each of them is for.

The words are the vocabulary of the entities category. Half of them are *open*: probes, examples and whatever agents
look through come from these. The others are *held out*: scores are computed on them alone. A hash divides them; the
probes of the `tokens` interface are open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities.concepts import concepts, vocabulary
from find_gym.categories.entities.exemplars import probe_words as concept_probes
from find_gym.categories.entities.function import check_words
from find_gym.categories.entities.word_vectors import entity_vectors
from find_gym.categories.words import MAX_WORD_LENGTH

__all__ = [
    "MAX_WORD_LENGTH",
    "bank_digest",
    "bank_words",
    "check_words",
    "concept_names",
    "concept_similarities",
    "held_out_places",
    "matched",
    "open_places",
    "place_of",
    "probe_words",
    "similarity_scale",
    "word_vectors",
]

PROBES = 256

# How far the forms of one word and of several are apart, and what no form is near to.
_SEVERAL, _CHOSEN = 1 << 20, 1 << 40

FloatArray = NDArray[np.float64]
Places = NDArray[np.intp]


def bank_words() -> tuple[str, ...]:
    """Returns the words of the bank, each once, in a fixed order."""
    return vocabulary()


@cache
def concept_names() -> tuple[str, ...]:
    """Returns the names of the concepts that words can be near to."""
    return tuple(concepts())


@cache
def _places() -> dict[str, int]:
    return {word: place for place, word in enumerate(bank_words())}


def place_of(word: str) -> int | None:
    """Returns the place of a word in the bank, exactly as it is written; None for other texts."""
    return _places().get(word)


@cache
def probe_words() -> tuple[str, ...]:
    """Returns the probes of the `tokens` interface: one for each concept, then others in the order of a hash."""
    first = list(concept_probes())
    others = sorted(set(bank_words()) - set(first), key=_order)
    return tuple(first + others[: PROBES - len(first)])


@cache
def open_places() -> Places:
    """Returns the places of the open words, half of the bank, ascending."""
    probes = set(probe_words())
    words = bank_words()
    order = sorted(range(len(words)), key=lambda place: (words[place] not in probes, _order(words[place])))
    return np.sort(np.array(order[: (len(words) + 1) // 2], dtype=np.intp))


@cache
def held_out_places() -> Places:
    """Returns the places of the held-out words, ascending."""
    return np.setdiff1d(np.arange(len(bank_words())), open_places())


def word_vectors() -> NDArray[np.float32]:
    """Returns the centred sentence vectors of the bank, unit vectors of shape `(n, d)`."""
    return entity_vectors().words


@cache
def similarity_scale() -> tuple[FloatArray, FloatArray]:
    """Returns the mean and the standard deviation of the bank's similarities to each concept, shape `(c,)` each."""
    vectors = entity_vectors()
    similarities = (vectors.words @ vectors.directions.T).astype(np.float64)
    return np.round(similarities.mean(axis=0), 6), np.round(similarities.std(axis=0), 6)


def concept_similarities(texts: Sequence[str]) -> FloatArray:
    """Returns how near texts are to the concepts, in standard deviations of the bank, float64 of shape `(n, c)`.

    Raises:
        MissingModelError: a text is not in the bank, and the embedding model is not installed.
    """
    vectors = entity_vectors()
    mean, deviation = similarity_scale()
    return ((vectors.embed(list(texts)) @ vectors.directions.T).astype(np.float64) - mean) / deviation


def _order(word: str) -> bytes:
    return hashlib.sha256(f"find-gym bank:{word}".encode()).digest()


@cache
def _forms() -> NDArray[np.int64]:
    """Returns the forms of the words of the bank as numbers: their lengths, far from these where they are several."""
    return np.array([len(word) + _SEVERAL * (" " in word) for word in bank_words()])


def matched(places: Places, among: Places, count: int) -> Places:
    """Chooses words of the same form as others, so that form alone tells nothing.

    Long texts have more tokens, one of which may activate a unit; so words of the same length are chosen (to one
    character, or else to three), and several words where those are several.

    Args:
        places: places of the words to match, one after the other, again and again.
        among: places to choose from, the best first; each is chosen once.
        count: how many to choose.

    Returns:
        `count` places, or all of `among` where these are fewer.
    """
    forms = _forms()
    free = forms[among]
    chosen = []
    for turn in range(min(count, len(among))):
        apart = np.abs(free - forms[places[turn % len(places)]])
        for most in (1, 3, _SEVERAL // 2, 2 * _SEVERAL):
            fits = apart <= most
            best = int(fits.argmax())
            if fits[best]:
                break
        free[best] = _CHOSEN
        chosen.append(int(among[best]))
    return np.array(chosen, dtype=np.intp)


def bank_digest() -> str:
    """Returns the SHA-256 digest of the words of the bank."""
    return hashlib.sha256("\n".join(bank_words()).encode()).hexdigest()
