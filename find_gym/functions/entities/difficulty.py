"""Difficulty: the distribution from which entity functions are sampled, FIND's own and others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from find_gym.functions.difficulties import read_difficulty
from find_gym.functions.entities.neurons import NEURON_KINDS
from find_gym.knowledge.concepts import concepts

SHAPES = ("single", "or", "and", "and not", "not", "half", "or three")


@dataclass(frozen=True)
class EntityDifficulty:
    """A distribution over entity functions; the defaults are FIND's.

    Attributes:
        shapes: relative shares of the shapes of formulas, see `SHAPES`.
        kinds: relative shares of the kinds of neurons.
        concepts: the concepts, each as likely as the others; None for the whole inventory.
        region_share: the share of functions with a biased region.
        model: the language model of neurons of the kind "language_model"; empty for the default one.
    """

    shapes: Mapping[str, float] = field(default_factory=lambda: {"single": 0.7, "or": 0.3})
    kinds: Mapping[str, float] = field(default_factory=lambda: {"embedding": 1.0})
    concepts: tuple[str, ...] | None = None
    region_share: float = 0.0
    model: str = ""

    def __post_init__(self) -> None:
        for name, allowed in (("shapes", SHAPES), ("kinds", NEURON_KINDS)):
            shares = getattr(self, name)
            if set(shares) - set(allowed) or any(share < 0 for share in shares.values()) or not sum(shares.values()):
                raise ValueError(f"expected non-negative shares of {name} among {allowed}, actual value: {shares!r}")
        if self.concepts is not None:
            # JSON has lists where this has tuples.
            object.__setattr__(self, "concepts", tuple(self.concepts))
            unknown = [name for name in self.concepts if name not in concepts()]
            if unknown or len(self.concepts) < 3:
                raise ValueError(
                    "expected three or more concepts of find_gym.knowledge.concepts.concepts(), actual value: "
                    f"{self.concepts!r}"
                )
        if not 0 <= self.region_share <= 1:
            raise ValueError(f"expected region_share in [0, 1], actual value: {self.region_share!r}")

    @staticmethod
    def of(difficulty: str | Mapping[str, Any] | EntityDifficulty, version: int | None = None) -> EntityDifficulty:
        """Returns the difficulty of a name, or FIND's with some attributes replaced by those of a mapping.

        Args:
            difficulty: the name, the mapping, or a difficulty.
            version: the version of the splits and draws; the difficulties of all versions are the same.

        Raises:
            ValueError: an unknown name or attribute, or a value out of its range.
        """
        return read_difficulty(difficulty, DIFFICULTIES)


DIFFICULTIES: dict[str, EntityDifficulty] = {
    "easy": EntityDifficulty(shapes={"single": 1.0}),
    "find": EntityDifficulty(),
    "hard": EntityDifficulty(
        shapes={"single": 0.1, "or": 0.3, "and": 0.2, "and not": 0.2, "half": 0.2}, region_share=0.2
    ),
    "extreme": EntityDifficulty(
        shapes={"or": 0.1, "and": 0.2, "and not": 0.2, "not": 0.1, "half": 0.2, "or three": 0.2}, region_share=0.5
    ),
}
