"""What the configurations of the trainings of neural interpreters share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from find_gym_agents.checks import check_integers
from find_gym_agents.training.config import RunConfig


@dataclass(frozen=True)
class NeuralConfig(RunConfig):
    """What every training of a neural interpreter has; subclasses give the fields that have no default here."""

    examples: int | None = None
    """Transcripts to learn from, in place of --minutes: the same run on any machine. More of them extend it."""
    functions: int = 512
    """Functions that are sampled at a time, in each segment of the training."""
    batch_size: int = 128
    """Transcripts in a gradient step."""
    learning_rate: float = 2e-3
    """AdamW's learning rate at its greatest; it rises in the first steps and falls to a fiftieth."""
    validate_every: int = 6
    """Segments between two validations."""

    recipe: ClassVar[str]

    def __post_init__(self) -> None:
        from find_gym_agents.interpreters.neural.category import neural_category

        super().__post_init__()
        check_integers(self, examples=1, functions=1, batch_size=1, validate_every=1)
        self._check_positive("learning_rate")
        neural_category(self.category)

    @property
    def budget(self) -> int:
        """The budget of queries."""
        return self.max_queries or self.category_settings.max_queries

    @property
    def longer(self) -> str:
        """The option that makes the run twice as long."""
        return super().longer if self.examples is None else f"--examples {2 * self.examples}"

    _later: ClassVar[frozenset[str]] = RunConfig._later | {"examples"}
