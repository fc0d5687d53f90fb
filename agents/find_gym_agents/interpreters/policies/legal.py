"""Which actions are legal, told by the observation alone."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

import find_gym  # noqa: F401  (registers the environments)
from find_gym.envs.vector.automaton import Automaton
from find_gym.interfaces.draft import Draft
from find_gym.interfaces.tokens import TokensInterface, tokens_written

Observation = dict[str, NDArray[np.float32]]


class LegalActions:
    """The legal actions of the `tokens` interface, which follow from the budget and the tokens that are written.

    Args:
        env: the environment's id.
        difficulty: the difficulty, which decides the grammar.

    Attributes:
        codec: the interface.
        grammar: its grammar.
    """

    def __init__(self, env: str, difficulty: object) -> None:
        made = gym.make(env, interface="tokens", difficulty=difficulty, disable_env_checker=True)
        self.codec: TokensInterface = made.unwrapped.codec  # type: ignore[attr-defined]
        self.grammar = Automaton(self.codec)

    def __call__(self, observation: Observation) -> NDArray[np.bool_]:
        """Returns the legal actions after an observation, bool of shape `(actions,)`."""
        return np.concatenate([self.codec.legal_queries(observation), self.draft(observation).legal()])

    def draft(self, observation: Observation) -> Draft:
        """Returns what is written."""
        draft = self.codec.new_draft()
        for token in tokens_written(observation["written"], len(self.codec.tokens)):
            draft.write(token)
        return draft

    def observations(self, observation: Observation, written: NDArray[np.int64], max_steps: int) -> Observation:
        """Returns what is observed once further tokens are written.

        Args:
            observation: what is observed now.
            written: the tokens of n drafts that begin with what is written now, shape `(n, length)`.
            max_steps: the number of steps of an episode, of which each token takes one.

        Returns:
            Arrays of shape `(n, ...)`.
        """
        count, length = written.shape
        rows = {name: np.repeat(values[None], count, axis=0) for name, values in observation.items()}
        shown = rows["written"].reshape(count, -1, len(self.codec.tokens))
        rows["budget"][:, 1] -= (length - shown[0].any(axis=1).sum()) / max_steps
        shown[np.arange(count)[:, None], np.arange(length), written] = 1.0
        return rows
