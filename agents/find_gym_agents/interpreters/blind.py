"""What knowing nothing earns: one fixed submission for all functions of a category."""

from __future__ import annotations

from typing import Any

from find_gym.interfaces.text import write_submission
from find_gym_agents.categories import agent_category


class BlindAgent:
    """Asks nothing and submits what earned the most on functions of the split `train`; speaks `text`.

    Args:
        category: the category of functions.

    Raises:
        ValueError: no submission is known for the category.
    """

    interface = "text"

    def __init__(self, category: str) -> None:
        submission = agent_category(category).blind
        if submission is None:
            raise ValueError(f"expected a category with a fixed submission, actual: {category}")
        self._message = write_submission(submission)

    def reset(self, seed: int) -> None:
        """Does nothing: there is nothing to forget and nothing to draw."""

    def act(self, observation: str, info: dict[str, Any]) -> str:
        """Returns the submission."""
        return self._message
