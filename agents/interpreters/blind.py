"""What knowing nothing earns: one fixed submission for all functions of a category."""

from __future__ import annotations

from typing import Any, ClassVar

from find_gym.interfaces.text import write_submission
from find_gym.scoring import Submission

# By scripts/find_blind.py --category NAME --functions N --seed 0 on 2026-11-26, with N 24, 24, 30 and 80.
FOUND: dict[str, Submission] = {
    "numeric": Submission("It gives math.ceil(x).", code="import math\n\n\ndef f(x):\n    return math.ceil(x)\n"),
    "strings": Submission(
        "It replaces every vowel by the character whose place is the number of vowels.",
        code="def f(s):\n    count = sum(c in 'aeiouAEIOU' for c in s)\n"
        "    return ''.join(s[count - 1] if c in 'aeiouAEIOU' else c for c in s)\n",
    ),
    "entities": Submission("It responds to words related to the New York Times."),
    "relations": Submission(
        "It maps a city to the time zone of that city, but it is undefined where the input begins with H.",
        "the input begins with H",
    ),
}


class BlindAgent:
    """Asks nothing and submits what earned the most on functions of the split `train`; speaks `text`."""

    interface = "text"
    category: ClassVar[str]

    def reset(self, seed: int) -> None:
        """Does nothing: there is nothing to forget and nothing to draw."""

    def act(self, observation: str, info: dict[str, Any]) -> str:
        """Returns the submission."""
        return write_submission(FOUND[self.category])


class BlindNumericAgent(BlindAgent):
    """The fixed submission for numeric functions; see `BlindAgent`."""

    category = "numeric"


class BlindStringAgent(BlindAgent):
    """The fixed submission for string functions; see `BlindAgent`."""

    category = "strings"


class BlindEntityAgent(BlindAgent):
    """The fixed submission for entity functions; see `BlindAgent`."""

    category = "entities"


class BlindRelationAgent(BlindAgent):
    """The fixed submission for relations; see `BlindAgent`."""

    category = "relations"
