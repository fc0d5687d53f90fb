"""Interfaces: how actions and observations are encoded. Each is a codec around the same episode."""

from __future__ import annotations

from typing import Any, Protocol

import gymnasium as gym

from find_gym.core.episode import Episode, Move


class Interface(Protocol):
    """A codec between Gymnasium's spaces and the moves of an episode."""

    @property
    def action_space(self) -> gym.Space[Any]:
        """What actions look like."""

    @property
    def observation_space(self) -> gym.Space[Any]:
        """What observations look like."""

    @property
    def extra_steps(self) -> int:
        """The steps beyond one for each input of the budget that an episode gets."""

    def begin(self, episode: Episode) -> Any:
        """Starts an episode and returns its first observation."""

    def decode(self, action: Any, episode: Episode) -> Move:
        """Returns the move that an action stands for, and changes nothing.

        Raises:
            ValueError, TypeError: the action is not one of the action space's kind at all.
        """

    def observe(self, episode: Episode) -> Any:
        """Takes note of the last step, `episode.last`, and returns the observation after it, a fresh object.

        Called once after each step that was taken.
        """
