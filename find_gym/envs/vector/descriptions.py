"""The descriptions that are being written in the vectorised environments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from find_gym.envs.vector.automaton import Automaton
from find_gym.envs.vector.kernels import stepping
from find_gym.interfaces.draft import Draft
from find_gym.interfaces.tokens import TokensInterface

Integers = NDArray[np.int64]

# Complete descriptions that are kept as drafts: policies write the same ones again and again.
_KEPT = 512


class BatchDescriptions:
    """N descriptions, written token by token; `find_gym.envs.vector.kernels.stepping` writes them.

    Args:
        codec: the interface of the single environment, which has the tokens and the grammar.
        progress: the state of all episodes; see `stepping`.

    Attributes:
        automaton: the grammar.
        tokens: what is written in each environment, and one token more: that of the next state, shape `(N, most)`.
    """

    def __init__(self, codec: TokensInterface, progress: Integers) -> None:
        self.automaton = Automaton(codec)
        self.tokens = np.zeros((progress.shape[1], codec.max_tokens), dtype=np.int64)
        self._states, self._lengths = progress[stepping.STATE], progress[stepping.LENGTH]
        self._empty = codec.new_draft()
        self._drafts: dict[tuple[int, ...], Draft] = {}

    def meet(self, envs: Integers) -> None:
        """Has the automaton know where the tokens lead that some environments are about to write."""
        lengths = self._lengths[envs]
        self.automaton.follow(self._states[envs], self.tokens[envs, lengths], self.tokens[envs], lengths)

    def drafts(self, envs: Integers) -> list[Draft]:
        """Returns the descriptions of some environments with the tokens that are about to be written, as drafts.

        Those of the same tokens may be one draft, which is not to be changed.
        """
        rows = zip(self.tokens.take(envs, axis=0).tolist(), self._lengths.take(envs).tolist(), strict=True)
        return [self._draft(tuple(tokens[: length + 1])) for tokens, length in rows]

    def _draft(self, tokens: tuple[int, ...]) -> Draft:
        if (draft := self._drafts.get(tokens)) is None:
            if len(self._drafts) == _KEPT:
                self._drafts.clear()
            draft = self._empty.copied()
            for token in tokens:
                draft.append(token)
            # Kept once it is whole: a signal may interrupt this.
            self._drafts[tokens] = draft
        return draft
