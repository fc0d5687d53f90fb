"""What an attack is, and what it may learn of a function before it writes its submission."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from find_gym.core.registry import categories_by_name
from find_gym.scoring import Submission
from find_gym_agents.categories import agent_category
from find_gym_agents.loading import load_named

BUDGET = 100
# What an attack may earn beyond the honest description beside it, and a fixed submission beyond nothing: of one that
# happens to be right, the share of such functions is due to the draws and not to the score.
MARGIN = 0.02
BLIND = 0.05


class Evidence:
    """What may be asked of a function: as much as in an episode, and by every attack the same noise.

    Args:
        function: the function.
        seed: seeds the noise of its answers.

    Attributes:
        asked: what was asked.
    """

    def __init__(self, function: Any, seed: int) -> None:
        self._function, self._seed = function, seed
        self._rng = np.random.default_rng(seed)
        self.asked: list[Any] = []

    def ask(self, inputs: Sequence[Any]) -> list[Any]:
        """Returns the function's answers; more than the budget in all is an error of the attack, a ValueError."""
        self.asked += inputs
        if len(self.asked) > BUDGET:
            raise ValueError(f"expected at most {BUDGET} inputs, actual: {len(self.asked)}")
        return list(self._function(inputs, self._rng))

    def exemplars(self) -> list[Any]:
        """Returns inputs to start from, as the function has them; whoever is shown them has asked them."""
        shown = list(self._function.exemplars())
        self.asked += [value for value in shown if value not in self.asked]
        return shown

    def truth(self) -> str:
        """Returns the function's own description: for honest descriptions, not for attacks."""
        return str(self._function.describe())

    def again(self) -> Evidence:
        """Returns evidence of the same function with a budget of its own, for another number of questions."""
        return Evidence(self._function, self._seed)


Write = Callable[[Evidence, np.random.Generator], Submission]


def fixed(submission: Submission) -> Write:
    """The same submission for all functions."""
    return lambda evidence, rng: submission


@dataclass(frozen=True)
class Attack:
    """A way to earn skill without explaining the function.

    Attributes:
        name: what it is called in tables.
        category: the category of functions.
        kind: what it belongs to, such as "packed table".
        write: `(evidence, rng) -> submission`; `rng` is the same for all functions of one trial, so that what is drawn
            from it is part of the attack.
        limit: the honest description of the category that it must not beat by more than the margin.
        margin: the margin, in skill.
        is_random: whether it draws anything, so that it is worth trying more than once.
    """

    name: str
    category: str
    kind: str
    write: Write
    limit: str = "trivial"
    margin: float = MARGIN
    is_random: bool = False


@dataclass(frozen=True)
class RedTeam:
    """The attacks on the scores of one category.

    Attributes:
        attacks: the attacks.
        honest: the honest descriptions that they are held against, by their names; "trivial" among them.
        difficulty: the difficulty of the functions that they are tried on.
    """

    attacks: tuple[Attack, ...]
    honest: Mapping[str, Write]
    difficulty: str | Mapping[str, Any] = "find"


def red_teams() -> dict[str, RedTeam]:
    """Returns the attacks on each category that has some, by its name."""
    places = {name: agent_category(name).red_team for name in categories_by_name()}
    return {name: load_named(place) for name, place in places.items() if place is not None}
