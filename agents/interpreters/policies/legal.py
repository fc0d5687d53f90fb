"""Which actions are legal, told by the observation alone."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

import find_gym  # noqa: F401  (registers the environments)
from find_gym.interfaces.tokens import TokensInterface

Observation = dict[str, NDArray[np.float32]]


class LegalActions:
    """The legal actions of the `tokens` interface, which follow from the budget and the tokens that are written.

    Args:
        env: the environment's id.
        difficulty: the difficulty, which decides the grammar.

    Attributes:
        codec: the interface.
    """

    def __init__(self, env: str, difficulty: object) -> None:
        made = gym.make(env, interface="tokens", difficulty=difficulty, disable_env_checker=True)
        self.codec: TokensInterface = made.unwrapped.codec  # type: ignore[attr-defined]

    def __call__(self, observation: Observation) -> NDArray[np.bool_]:
        """Returns the legal actions after an observation, bool of shape `(actions,)`."""
        draft = self.codec.new_draft()
        written = observation["written"].reshape(-1, len(self.codec.tokens))
        for token in written[written.any(axis=1)].argmax(axis=1).tolist():
            draft.write(token)
        queries = np.full(len(self.codec.probes), observation["budget"][0] > 0)
        return np.concatenate([queries, draft.legal()])
