"""The configuration of supervised training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from find_gym_agents.checks import check_choice, check_integers
from find_gym_agents.training.neural.config import NeuralConfig


@dataclass(frozen=True)
class SupervisedConfig(NeuralConfig):
    """What to train, and how; every field is an option of the command line."""

    size: str = "small"
    """The size of the network: small (less than a million weights, for a processor) or large (about 30 million, for a
    GPU); tiny is for tests."""
    reuse: int = 4
    """How often the network learns from each function, every time from another part of its transcript."""
    query_weight: float = 0.2
    """The weight of the query head's loss beside that of the program head."""

    recipe: ClassVar[str] = "supervised"

    def __post_init__(self) -> None:
        from find_gym_agents.interpreters.neural.sizes import SIZES

        super().__post_init__()
        check_choice("a size", self.size, SIZES)
        check_integers(self, reuse=1)
        self._check_positive("query_weight")

    def _names(self) -> list[str]:
        return [self.recipe, self.size]
