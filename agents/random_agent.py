"""The random interpreter: random probes, then a random description."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.envs.grammar import TOKENS, Draft
from find_gym.envs.probes import numeric_probes
from find_gym.functions import NumericDifficulty

_WRITE_PROBABILITY = 0.1


class RandomAgent:
    """Asks random probes and, in one step of ten, writes a random legal token of a description.

    It speaks `tokens` and keeps the description that it is writing, so that it knows which tokens are legal. Without
    any budget left it only writes.
    """

    interface = "tokens"

    def __init__(self) -> None:
        self._probes = numeric_probes().size
        self.reset(0)

    def reset(self, seed: int) -> None:
        """Forgets the last episode and seeds the agent's own randomness for the next."""
        self._rng = np.random.default_rng(seed)
        self._draft = Draft(NumericDifficulty())
        self._refused: set[int] = set()
        self._written: int | None = None

    def act(self, observation: Any, info: dict[str, Any]) -> int:
        """Returns the next action: a probe or a token."""
        if self._written is not None:
            self._take_note(self._written, refused=bool(info["message"]))
        if info["budget"] > 0 and self._rng.random() >= _WRITE_PROBABILITY:
            self._written = None
            return int(self._rng.integers(self._probes))
        legal = [token for token in range(len(TOKENS)) if self._draft.legal()[token] and token not in self._refused]
        self._written = int(self._rng.choice(legal))
        return self._probes + self._written

    def _take_note(self, token: int, *, refused: bool) -> None:
        """Keeps the token that was written; one that this difficulty does not have was refused instead."""
        if refused:
            self._refused.add(token)
        else:
            self._draft.write(token)
            self._refused.clear()
