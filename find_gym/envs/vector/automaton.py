"""The grammar of descriptions as an automaton, so that many descriptions are written at once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from find_gym.interfaces.draft import Draft
from find_gym.interfaces.tokens import TokensInterface

Integers = NDArray[np.int64]

_FIRST_ROWS = 32


class Automaton:
    """States of unfinished descriptions, numbered as they are met; the drafts of the category define all of them.

    Args:
        codec: the interface whose drafts are followed.

    Attributes:
        allowed: which tokens may come next in each state, bool of shape `(states, tokens)`.
        complete: in which states nothing is missing, bool of shape `(states,)`.
        following: the next state by state and token, shape `(states, tokens)`; -1 where it has not been met.
        first: the state of an empty description.
    """

    def __init__(self, codec: TokensInterface) -> None:
        self._new_draft, self._once = codec.new_draft, codec.once
        size = len(codec.tokens)
        self.allowed = np.zeros((_FIRST_ROWS, size), dtype=np.bool_)
        self.complete = np.zeros(_FIRST_ROWS, dtype=np.bool_)
        self.following = np.full((_FIRST_ROWS, size), -1, dtype=np.int64)
        self._numbers: dict[Hashable, int] = {}
        self.first = self._number(codec.new_draft())

    def legal(self, states: Integers, written: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Returns which tokens may come next, no token twice that may be written only once.

        Args:
            states: states, shape `(n,)`.
            written: the tokens that led there, shape `(n, length)`.

        Returns:
            Bool of shape `(n, tokens)`.
        """
        legal = self.allowed[states]
        rows, places = np.nonzero(written >= self._once)
        legal[rows, written[rows, places]] = False
        return legal

    def state_of(self, tokens: Sequence[int]) -> int:
        """Returns the state after some tokens, each of which may come next."""
        written, states = np.array([tokens], dtype=np.int64), np.array([self.first])
        for length, token in enumerate(tokens):
            states = self.follow(states, np.array([token]), written, np.array([length]))
        return int(states[0])

    def bits(self, programs: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        """Returns the lengths of programs in bits: the binary logarithms of the numbers of tokens to choose from.

        Args:
            programs: the tokens of n programs, complete or not.

        Returns:
            Shape `(n,)`.

        Raises:
            ValueError: a token may not come next.
        """
        lengths = np.array([len(program) for program in programs], dtype=np.int64)
        written = np.full((len(programs), lengths.max(initial=0)), -1, dtype=np.int64)
        for row, program in enumerate(programs):
            written[row, : len(program)] = program
        bits, states = np.zeros(len(programs)), np.full(len(programs), self.first)
        for length in range(written.shape[1]):
            rows = np.flatnonzero(lengths > length)
            before, tokens = written[rows, :length], written[rows, length]
            legal = self.legal(states[rows], before)
            inside = (tokens >= 0) & (tokens < legal.shape[1])
            allowed = inside & legal[np.arange(rows.size), np.where(inside, tokens, 0)]
            if not allowed.all():
                raise ValueError(f"expected a token that may come next, actual value: {tokens[~allowed][0]}")
            bits[rows] += np.log2(legal.sum(axis=1))
            states[rows] = self.follow(states[rows], tokens, before, np.full(rows.size, length))
        return bits

    def follow(self, states: Integers, tokens: Integers, written: NDArray[np.integer], lengths: Integers) -> Integers:
        """Returns the states after one more token each.

        Args:
            states: the states before, shape `(n,)`.
            tokens: the tokens, which may come next there, shape `(n,)`.
            written: the tokens before them, shape `(n, most)`.
            lengths: how many there are of those, shape `(n,)`.

        Returns:
            The states after, shape `(n,)`.
        """
        following = self.following[states, tokens]
        unknown = following < 0
        if np.count_nonzero(unknown):
            for place in unknown.nonzero()[0].tolist():
                draft = self._new_draft()
                for token in (*written[place, : lengths[place]].tolist(), int(tokens[place])):
                    draft.write(token)
                following[place] = number = self._number(draft)
                self.following[states[place], tokens[place]] = number
        return following

    def _number(self, draft: Draft) -> int:
        """Returns the number of a draft's state, a new one if it is met for the first time."""
        number = self._numbers.setdefault(draft.state, len(self._numbers))
        if number == len(self.complete):
            self.allowed = np.concatenate([self.allowed, np.zeros_like(self.allowed)])
            self.complete = np.concatenate([self.complete, np.zeros_like(self.complete)])
            self.following = np.concatenate([self.following, np.full_like(self.following, -1)])
        self.allowed[number] = draft.allowed()
        self.complete[number] = draft.complete
        return number
