"""The configuration of policy gradients."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from find_gym_agents.checks import check_choice, check_integers
from find_gym_agents.interpreters.neural.pretrained import PRETRAINED
from find_gym_agents.training.neural.config import NeuralConfig

if TYPE_CHECKING:
    from find_gym_agents.interpreters.neural.category import NeuralCategory

HEADS = ("both", "queries", "program")
QUERY_REWARDS = ("skill", "information")
# The temperature of a query head that values queries in nats, in place of imitating a teacher.
_NATS = 0.03


@dataclass(frozen=True)
class ReinforceConfig(NeuralConfig):
    """What to train, and how; every field is an option of the command line."""

    init_from: str = field(default=PRETRAINED, metadata={"metavar": "FILE"})
    """The neural interpreter to begin with, of the same environment and of no smaller budget: a file, or pretrained."""
    heads: str | None = None
    """What learns: both heads with what they share, or one of them alone (queries, program), all else as it is. By
    default both, or the program head where the query head does not decide what is asked."""
    functions: int = 128
    """Functions that are sampled at a time, in each segment of the training."""
    batch_size: int = 16
    """Functions in a gradient step."""
    learning_rate: float = 3e-4
    """AdamW's learning rate at its greatest; it rises in the first steps and falls to a fiftieth."""
    validate_every: int = 8
    """Segments between two validations."""
    sequences: int = 4
    """Sequences of queries to each function; each is compared with the mean of the others."""
    programs: int = 8
    """Programs for each sequence; each is compared with the mean of the others."""
    query_reward: str = "skill"
    """What a sequence of queries earns: the mean skill of its programs, or information: the log-probability of the true
    program after it."""
    query_steps: int = 4
    """The queries of each sequence that a gradient step looks at, other ones in each."""
    temperature: float | None = None
    """The temperature at which queries are drawn; by default 1 for a query head that imitated a teacher, 0.03 for one
    that values queries in nats."""
    exception_price: float = 0.02
    """What each exception that a program claims costs, of the skill."""
    kl: float = 0.02
    """The weight of the divergence from the network that the run began with, in skill per nat."""

    recipe: ClassVar[str] = "reinforce"
    begins_as: ClassVar[tuple[str, int | None]] = ("before", None)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("a reward of queries", self.query_reward, QUERY_REWARDS)
        check_integers(self, sequences=1, programs=2, query_steps=1)
        if self.temperature is not None:
            self._check_positive("temperature")
        for name in ("exception_price", "kl"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"expected {name} >= 0, actual value: {getattr(self, name)!r}")
        if self.init_from != PRETRAINED and not Path(self.init_from).is_file():
            raise ValueError(f"expected the file of a neural interpreter, actual: there is none at {self.init_from!r}")
        if self.heads is not None:
            check_choice("heads", self.heads, HEADS)
        if self.queries_learn and not self._record.asks_by_head:
            raise ValueError(
                f"expected heads='program' in {self.category}, where the query head does not decide what is asked, "
                f"actual value: {self.heads!r}"
            )
        if self.queries_learn and self.sequences < 2:
            raise ValueError(f"expected sequences >= 2 to learn what to ask, actual value: {self.sequences!r}")

    @property
    def _record(self) -> NeuralCategory:
        from find_gym_agents.interpreters.neural.category import neural_category

        return neural_category(self.category)

    @property
    def queries_learn(self) -> bool:
        """Whether the query head learns."""
        return self._record.asks_by_head if self.heads is None else self.heads != "program"

    @property
    def programs_learn(self) -> bool:
        """Whether the program head learns."""
        return self.heads != "queries"

    @property
    def programs_matter(self) -> bool:
        """Whether what programs earn matters, to either head."""
        return self.programs_learn or self.query_reward == "skill"

    @property
    def query_temperature(self) -> float:
        """The temperature at which queries are drawn."""
        imitated = self._record.demonstrate is not None
        return self.temperature or (1.0 if imitated else _NATS)

    def _names(self) -> list[str]:
        return [self.recipe, *([self.heads] if self.heads else [])]
