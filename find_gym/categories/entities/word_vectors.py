"""Vectors of the vocabulary and of the concepts, which ship with the package and need nothing but numpy.

`scripts/make_entity_vectors.py` makes the file from all-MiniLM-L6-v2. All vectors are centred: the mean of the
vocabulary is taken away, so that a word near everything is no nearer to a concept than others. That of a concept lies
between that of its name and the mean of its members'; its activation is a logistic function of the cosine similarity of
a word to it,

    activation = 1 / (1 + exp(-slope * (similarity - midpoint))),

with a midpoint that separates the members from all other words best and a slope that puts the middle member at 0.9.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities.concepts import concepts, table, vocabulary
from find_gym.language.protocols import Embedder, MissingModelError
from find_gym.language.vector_cache import CachedEmbedder

FloatArray = NDArray[np.float64]
Vectors = NDArray[np.float32]

FILE = "vectors.npz"
# The share of the members' mean in a concept's vector; the rest is the name's.
MEMBERS_SHARE = 0.6
# A word of no concept that activates is as bad as this many members that don't.
FALSE_ALARM_COST = 8.0
_MEMBER_ACTIVATION = 0.9
_STEEPEST = 60.0


class EntityVectors:
    """The shipped vectors.

    Args:
        raw: unit vectors of `vocabulary()` as the model has them, shape `(n, d)`.
        directions: centred unit vectors of the concepts, shape `(c, d)`.
        midpoints: similarities at which the concepts activate half, shape `(c,)`.
        slopes: how steeply, shape `(c,)`.

    Attributes:
        raw, directions, midpoints, slopes: the arguments.
        model: the model that made them.
        words: centred unit vectors of the vocabulary, shape `(n, d)`.
    """

    def __init__(
        self, raw: Vectors, directions: Vectors, midpoints: FloatArray, slopes: FloatArray, model: str
    ) -> None:
        self.raw = raw
        self._mean = raw.mean(axis=0)
        self.words = self.centre(raw)
        self.directions = directions
        self.midpoints = midpoints
        self.slopes = slopes
        self.model = model
        self._rows = {word: row for row, word in enumerate(vocabulary())}
        self._folded = {word.casefold(): row for row, word in reversed(list(enumerate(vocabulary())))}
        self._columns = {name: column for column, name in enumerate(concepts())}
        self._activations: FloatArray | None = None
        self._named: dict[str, Vectors] = {}
        self._foreign: dict[str, Vectors] = {}
        self._embedder: Embedder | None = None
        # Episodes may run in threads, and only one of them may load the model.
        self._loading = threading.Lock()

    def row(self, word: str) -> int | None:
        """Returns the row of a word of the vocabulary, case aside if need be; None for other words."""
        found = self._rows.get(word)
        return self._folded.get(" ".join(word.split()).casefold()) if found is None else found

    def centre(self, raw: Vectors) -> Vectors:
        """Returns unit vectors without the mean of the vocabulary's, shape as given."""
        return _unit(raw - self._mean)

    def embed(self, words: Sequence[str]) -> Vectors:
        """Returns centred unit vectors, float32 of shape `(n, d)`; other words than the vocabulary's need the model.

        Raises:
            MissingModelError: a word is not in the vocabulary, and the model is not installed.
        """
        rows = [self.row(word) for word in words]
        missing = [word for word, row in zip(words, rows, strict=True) if row is None and word not in self._foreign]
        if missing:
            unique = list(dict.fromkeys(missing))
            self._foreign |= zip(unique, self.centre(self._model_for(unique).embed(unique)), strict=True)
        return np.stack(
            [self._foreign[word] if row is None else self.words[row] for word, row in zip(words, rows, strict=True)]
        ).reshape(len(words), self.words.shape[1])

    def _model_for(self, words: Sequence[str]) -> Embedder:
        with self._loading:
            return self._load(words)

    def _load(self, words: Sequence[str]) -> Embedder:
        if self._embedder is None:
            from find_gym.language.embeddings import TransformersEmbedder

            try:
                self._embedder = CachedEmbedder(TransformersEmbedder())
            except MissingModelError as error:
                raise MissingModelError(
                    "expected words of the vocabulary (find_gym.categories.entities.concepts.vocabulary()), actual: "
                    f"{words[0]!r}; for other words, {error}"
                ) from error
        return self._embedder

    def concept_activations(self, concept: str, words: Sequence[str]) -> FloatArray:
        """Returns how strongly words activate a concept, in [0, 1], float64 of shape `(n,)`, to four decimals.

        A concept that is not in the inventory has the direction of its name and the inventory's median calibration.

        Raises:
            MissingModelError: something is not in the vocabulary, and the model is not installed.
        """
        column = self._columns.get(concept)
        rows = [self.row(word) for word in words]
        if column is not None and None not in rows:
            return self.vocabulary_activations()[np.array(rows, dtype=np.intp), column]
        if column is not None:
            direction, midpoint, slope = self.directions[column], self.midpoints[column], self.slopes[column]
        else:
            direction = self.embed([concept])[0]
            midpoint, slope = float(np.median(self.midpoints)) - 0.05, float(np.median(self.slopes))
        return activate(self.embed(words) @ direction, midpoint, slope)

    def vocabulary_activations(self) -> FloatArray:
        """Returns how strongly each word of the vocabulary activates each concept, float64 of shape `(n, c)`."""
        if self._activations is None:
            # Sampling reads the activations by one concept after the other: each lies in one piece.
            self._activations = np.asfortranarray(activate(self.words @ self.directions.T, self.midpoints, self.slopes))
        return self._activations

    def all_activations(self, words: Sequence[str]) -> FloatArray:
        """Returns how strongly words of the vocabulary activate each concept, float64 of shape `(n, c)`.

        Raises:
            ValueError: a word is not in the vocabulary.
        """
        rows = [row for row in map(self.row, words) if row is not None]
        if len(rows) < len(words):
            unknown = [word for word in words if self.row(word) is None]
            raise ValueError(f"expected words of the vocabulary, actual value: {unknown[0]!r}")
        return self.vocabulary_activations()[rows]


def activate(similarity: Vectors, midpoint: FloatArray | float, slope: FloatArray | float) -> FloatArray:
    """Returns the activations of similarities, to four decimals; see the module."""
    return np.round(1 / (1 + np.exp(-slope * (similarity.astype(np.float64) - midpoint))), 4)


@cache
def entity_vectors() -> EntityVectors:
    """Returns the shipped vectors, read once.

    Raises:
        ValueError: they belong to other tables.
    """
    with table(FILE).open("rb") as file, np.load(file, allow_pickle=False) as data:
        if str(data["tables"]) != tables_digest():
            raise ValueError(
                f"expected vectors of the tables beside {FILE}, actual: of others; run scripts/make_entity_vectors.py"
            )
        return EntityVectors(
            _unit(data["raw"]), _unit(data["directions"]), data["midpoints"], data["slopes"], str(data["model"])
        )


def tables_digest() -> str:
    """Returns the SHA-256 digest of the concepts, their members and the vocabulary."""
    lines = [f"{concept.name}: {concept.members}" for concept in concepts().values()]
    return hashlib.sha256("\n".join([*lines, *vocabulary()]).encode()).hexdigest()


def make_vectors(embedder: Embedder) -> EntityVectors:
    """Computes the vectors with a model, rounded as float16 rounds them."""
    raw = _unit(embedder.embed(vocabulary()).astype(np.float16))
    words = _unit(raw - raw.mean(axis=0))
    rows = {word: row for row, word in enumerate(vocabulary())}
    directions, midpoints, slopes = [], [], []
    for concept in concepts().values():
        members = np.array([rows[member] for member in concept.members])
        mean = _unit(words[members].mean(axis=0))
        direction = MEMBERS_SHARE * mean + (1 - MEMBERS_SHARE) * words[rows[concept.name]]
        directions.append(_unit(_unit(direction).astype(np.float16)))
        similarities = words @ directions[-1]
        is_member = np.isin(np.arange(len(words)), members)
        midpoint, slope = calibrate(similarities[is_member], similarities[~is_member])
        midpoints.append(midpoint)
        slopes.append(slope)
    return EntityVectors(raw, np.stack(directions), np.array(midpoints), np.array(slopes), embedder.name)


def calibrate(members: Vectors, others: Vectors) -> tuple[float, float]:
    """Returns the midpoint and slope for the similarities of members `(m,)` and of other words `(n,)` to a concept."""
    candidates = np.unique(np.concatenate([members, others]).astype(np.float64))
    midpoints = (candidates[:-1] + candidates[1:]) / 2
    found = 1 - np.searchsorted(np.sort(members), midpoints) / members.size
    alarms = 1 - np.searchsorted(np.sort(others), midpoints) / others.size
    midpoint = float(midpoints[np.argmax(found - FALSE_ALARM_COST * alarms)])
    logit = np.log(_MEMBER_ACTIVATION / (1 - _MEMBER_ACTIVATION))
    distance = max(float(np.median(members)) - midpoint, logit / _STEEPEST)
    return round(midpoint, 4), round(float(logit / distance), 3)


def _unit(vectors: NDArray[np.floating]) -> Vectors:
    wide = vectors.astype(np.float32)
    return wide / np.linalg.norm(wide, axis=-1, keepdims=True)
