"""The configuration of supervised training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from find_gym_agents.checks import check_choice, check_integers
from find_gym_agents.training.config import RunConfig


@dataclass(frozen=True)
class SupervisedConfig(RunConfig):
    """What to train, and how; every field is an option of the command line."""

    size: str = "small"
    """The size of the network: small (less than a million weights, for a processor) or large (about 30 million, for a
    GPU); tiny is for tests."""
    examples: int | None = None
    """Transcripts to learn from, in place of --minutes: the same run on any machine. More of them extend it."""
    functions: int = 512
    """Functions that are sampled at a time, in each segment of the training."""
    reuse: int = 4
    """How often the network learns from each function, every time from another part of its transcript."""
    batch_size: int = 128
    """Transcripts in a gradient step."""
    learning_rate: float = 2e-3
    """AdamW's learning rate at its greatest; it rises in the first steps and falls to a fiftieth."""
    validate_every: int = 6
    """Segments between two validations."""
    query_weight: float = 0.2
    """The weight of the query head's loss beside that of the program head."""

    recipe: ClassVar[str] = "supervised"

    def __post_init__(self) -> None:
        from find_gym_agents.interpreters.neural.category import neural_category
        from find_gym_agents.interpreters.neural.sizes import SIZES

        super().__post_init__()
        check_choice("a size", self.size, SIZES)
        check_integers(self, examples=1, functions=1, reuse=1, batch_size=1, validate_every=1)
        self._check_positive("learning_rate", "query_weight")
        neural_category(self.category)

    @property
    def budget(self) -> int:
        """The budget of queries."""
        return self.max_queries or self.category_settings.max_queries

    @property
    def longer(self) -> str:
        """The option that makes the run twice as long."""
        return super().longer if self.examples is None else f"--examples {2 * self.examples}"

    def _names(self) -> list[str]:
        return [self.recipe, self.size]

    _later: ClassVar[frozenset[str]] = RunConfig._later | {"examples"}
