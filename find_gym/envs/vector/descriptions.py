"""The descriptions that are being written in the vectorised environments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from find_gym.envs.vector.automaton import Automaton
from find_gym.envs.vector.features import Features
from find_gym.interfaces.draft import Draft
from find_gym.interfaces.tokens import TokensInterface

Integers = NDArray[np.int64]

# Complete descriptions that are kept as drafts: policies write the same ones again and again.
_KEPT = 512


class BatchDescriptions:
    """N descriptions, written token by token.

    Args:
        codec: the interface of the single environment, which has the tokens and the grammar.
        features: the features of all episodes, of which `written` is updated here.
    """

    def __init__(self, codec: TokensInterface, features: Features) -> None:
        self._codec = codec
        self._size = len(codec.tokens)
        self._automaton = Automaton(codec)
        self._empty = codec.new_draft()
        self._features = features
        self._written = features["written"].reshape(-1)
        self._states = np.zeros(features.count, dtype=np.int64)
        self._tokens = np.zeros((features.count, codec.max_tokens), dtype=np.int64)
        self._lengths = np.zeros(features.count, dtype=np.int64)
        # Tokens that must not be written twice, and have been written.
        self._used = np.zeros((features.count, self._size), dtype=np.bool_)
        self._has_once = codec.once < self._size
        self._drafts: dict[tuple[int, ...], Draft] = {}

    def clear(self, envs: Integers) -> None:
        """Begins new descriptions in some environments."""
        self._states[envs] = self._automaton.first
        self._lengths[envs] = 0
        if self._has_once:
            self._used[envs] = False
        self._features["written"][envs] = 0.0

    def masks(self) -> NDArray[np.bool_]:
        """Returns which tokens may come next, bool of shape `(N, tokens)`."""
        masks = self._automaton.allowed[self._states]
        return masks & ~self._used if self._has_once else masks

    def are_legal(self, envs: Integers, tokens: Integers) -> NDArray[np.bool_]:
        """Returns which of some environments may write these tokens, bool of shape `(n,)`."""
        legal = self._automaton.allowed[self._states[envs], tokens]
        return legal & ~self._used[envs, tokens] if self._has_once else legal

    def try_out(self, envs: Integers, tokens: Integers) -> tuple[Integers, NDArray[np.bool_]]:
        """Finds out where legal tokens lead, and changes nothing yet.

        Args:
            envs: the environments, shape `(n,)`.
            tokens: the tokens, shape `(n,)`.

        Returns:
            The states after, to be passed to `write`, and whether the descriptions are complete then, both `(n,)`.
        """
        lengths = self._lengths[envs]
        states = self._automaton.follow(self._states[envs], tokens, self._tokens[envs], lengths)
        # Beyond the end of what is written, where the next attempt writes as well.
        self._tokens[envs, lengths] = tokens
        return states, self._automaton.complete[states]

    def drafts(self, envs: Integers) -> list[Draft]:
        """Returns the descriptions of some environments with the tokens that were tried out, as drafts.

        Those of the same tokens may be one draft, which is not to be changed.
        """
        lengths = self._lengths[envs] + 1
        rows = zip(self._tokens[envs].tolist(), lengths.tolist(), strict=True)
        return [self._draft(tuple(tokens[:length])) for tokens, length in rows]

    def _draft(self, tokens: tuple[int, ...]) -> Draft:
        if (draft := self._drafts.get(tokens)) is None:
            if len(self._drafts) == _KEPT:
                self._drafts.clear()
            draft = self._drafts[tokens] = self._empty.copied()
            for token in tokens:
                draft.append(token)
        return draft

    def write(self, envs: Integers, tokens: Integers, states: Integers) -> None:
        """Writes the tokens that were tried out."""
        places = (envs * self._codec.max_tokens + self._lengths[envs]) * self._size + tokens
        self._written[places] = 1.0
        self._states[envs] = states
        self._lengths[envs] += 1
        if self._has_once:
            once = tokens >= self._codec.once
            self._used[envs[once], tokens[once]] = True
