"""The random interpreter: random probes, then a random description."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.grammar import NumericDraft
from find_gym.categories.numeric.probes import numeric_probes
from find_gym.categories.strings.grammar import INPUT, TOKENS, StringDraft
from find_gym.categories.strings.probes import PROBES
from find_gym.functions import NumericDifficulty
from find_gym.interfaces.draft import Draft
from find_gym.interfaces.tokens import tokens_written

_WRITE_PROBABILITY = 0.1
_END_PROBABILITY = 0.5
_HALVING_PROBABILITY = 0.5


class RandomAgent:
    """Makes random queries and, in one step of ten, writes a random legal token of a description.

    It speaks `tokens`; what is written tells which tokens may come next. Without any budget left it only writes.
    """

    interface = "tokens"

    def __init__(self) -> None:
        self._probes = self._count_probes()
        self.reset(0)

    def _count_probes(self) -> int:
        return numeric_probes().size

    def _new_draft(self) -> Draft:
        return NumericDraft(NumericDifficulty())

    def reset(self, seed: int) -> None:
        """Forgets the last episode and seeds the agent's own randomness for the next."""
        self._rng = np.random.default_rng(seed)
        self._refused: set[int] = set()
        self._written: int | None = None

    def act(self, observation: Any, info: dict[str, Any]) -> int:
        """Returns the next action: a query or a token."""
        draft = self._new_draft()
        for token in tokens_written(observation["written"], draft.legal().size):
            draft.write(token)
        if info["message"] and self._written is not None:
            # A token that this difficulty does not have.
            self._refused.add(self._written)
        elif self._written is not None:
            self._refused.clear()
        # In version 1 of numeric functions, as many gaps as there are places in tables of answers follow the probes.
        gaps = observation.get("gap", np.empty(0))
        if info["budget"] > 0 and self._rng.random() >= _WRITE_PROBABILITY:
            self._written = None
            return self._ask(gaps)
        legal = [token for token in np.flatnonzero(draft.legal()).tolist() if token not in self._refused]
        self._written = self._choose(legal)
        return self._probes + gaps.size + self._written

    def _ask(self, gaps: NDArray[np.float32]) -> int:
        """Returns a probe, or in half of the cases a gap that can be halved, if there is any."""
        halved = np.flatnonzero(gaps > 0)
        if halved.size and self._rng.random() < _HALVING_PROBABILITY:
            return self._probes + int(self._rng.choice(halved))
        return int(self._rng.integers(self._probes))

    def _choose(self, legal: list[int]) -> int:
        """Returns the token to write, of those that may come next."""
        return int(self._rng.choice(legal))


class RandomStringAgent(RandomAgent):
    """The random interpreter of string functions; it ends its program, where it may, in half of the cases.

    Most programs are short, and a token too many is refused; so it seldom has to write twice.
    """

    def _count_probes(self) -> int:
        return len(PROBES)

    def _new_draft(self) -> Draft:
        return StringDraft(None)

    def _choose(self, legal: list[int]) -> int:
        end = TOKENS.index(INPUT)
        return end if end in legal and self._rng.random() < _END_PROBABILITY else super()._choose(legal)
