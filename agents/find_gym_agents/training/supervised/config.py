"""The configuration of supervised training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

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
    constants: bool = False
    """Whether the network learns to write the constants of programs as well, where the grammar leaves them to be
    fitted; numeric functions only."""
    init_from: str | None = field(default=None, metadata={"metavar": "FILE"})
    """A neural interpreter to begin with, of the same environment and size: a checkpoint, or pretrained. With
    --constants, these alone are learned then, and the rest of the network stays as it is."""

    recipe: ClassVar[str] = "supervised"

    def __post_init__(self) -> None:
        from find_gym_agents.interpreters.neural.category import neural_category
        from find_gym_agents.interpreters.neural.sizes import SIZES

        super().__post_init__()
        check_choice("a size", self.size, SIZES)
        check_integers(self, reuse=1)
        self._check_positive("query_weight")
        if self.constants and neural_category(self.category).constants is None:
            raise ValueError(f"expected a category whose grammar leaves constants out, actual: {self.category}")

    @property
    def evaluation_options(self) -> dict[str, Any]:
        """Options of the evaluation at the end."""
        return {"constants": "network"} if self.constants else {}

    def identity(self) -> dict[str, Any]:
        """Returns what the trained network depends on; see `RunConfig.identity`."""
        # Runs of earlier versions have no such field.
        return super().identity() | {"constants": self.constants or None}

    def _names(self) -> list[str]:
        return [self.recipe, self.size, *(["constants"] if self.constants else [])]
