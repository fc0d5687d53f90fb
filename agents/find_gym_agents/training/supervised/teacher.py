"""A teacher of queries: asks what tells candidates apart, one query after the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

# How likely an answer is that a candidate does not give, and candidates that are too unlikely to ask about.
_OTHER_ANSWER = 1e-3
_NEGLIGIBLE = 1e-4
# What the entropy at the start counts, where others are equal.
_TIE = 1e-3


class SplittingTeacher:
    """Asks the query whose answer is the least certain, given what has been answered.

    An answer follows from the function, so this is the query that is expected to tell the most about it.

    Args:
        answers: the answers of the candidates to each input of the bank, as integers, the same for the same answer;
            shape `(candidates, bank)`.
        prior: how likely each candidate is, shape `(candidates,)`.
    """

    def __init__(self, answers: IntArray, prior: FloatArray) -> None:
        self._answers = answers
        self._kinds = np.stack([np.unique(column, return_inverse=True)[1] for column in answers.T], axis=1)
        self._columns = np.arange(answers.shape[1]) * (int(self._kinds.max()) + 1)
        self._prior = prior / prior.sum()
        self._first = self._entropy(self._prior)

    def ask(self, truth: IntArray, queries: IntArray, begin: int) -> IntArray:
        """Returns the queries for one function, those before a place as they are and those from there on chosen.

        Args:
            truth: the function's answers to each input of the bank, in the same integers, shape `(bank,)`.
            queries: places in the bank, different ones, shape `(length,)`.
            begin: the place of the first query that is chosen.
        """
        chosen = queries.copy()
        weights = self._prior
        for step in range(len(queries)):
            if step >= begin:
                entropy = self._first if step == 0 else self._entropy(weights)
                # Of equally good queries always the same one, which can be learned.
                entropy = entropy + _TIE * self._first
                entropy[chosen[:step]] = -1.0
                chosen[step] = entropy.argmax()
            fits = self._answers[:, chosen[step]] == truth[chosen[step]]
            weights = weights * np.where(fits, 1.0, _OTHER_ANSWER)
            weights = weights / weights.sum()
        return chosen

    def _entropy(self, weights: FloatArray) -> FloatArray:
        """Returns how uncertain the answer to each input is, in nats, shape `(bank,)`."""
        likely = np.flatnonzero(weights > _NEGLIGIBLE * weights.max())
        codes = self._columns + self._kinds[likely]
        bank = len(self._columns)
        shares = np.bincount(
            codes.ravel(), np.repeat(weights[likely] / weights[likely].sum(), bank), bank * int(self._columns[1])
        ).reshape(bank, -1)
        return np.asarray(-(shares * np.log(np.maximum(shares, 1e-12))).sum(axis=1))
