"""Difficulty: the distribution from which entity functions are sampled, FIND's own and others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from find_gym.categories.entities.concepts import concepts
from find_gym.categories.entities.neurons import NEURON_KINDS
from find_gym.core.arguments import read_names, read_share, read_shares
from find_gym.core.difficulties import NamedDifficulty

SHAPES = ("single", "or", "and", "and not", "not", "half", "or three")


@dataclass(frozen=True)
class EntityDifficulty(NamedDifficulty):
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
        read: dict[str, Any] = {
            "shapes": read_shares("shapes", self.shapes, SHAPES),
            "kinds": read_shares("kinds", self.kinds, NEURON_KINDS),
            "region_share": read_share("region_share", self.region_share),
        }
        if self.concepts is not None:
            expected = "find_gym.categories.entities.concepts.concepts(), three or more"
            read["concepts"] = read_names("concepts", self.concepts, concepts(), expected, least=3)
        if not isinstance(self.model, str):
            raise ValueError(f"expected model to be a text, actual value: {self.model!r}")
        for name, value in read.items():
            object.__setattr__(self, name, value)

    @classmethod
    def named(cls, version: int | None = None) -> Mapping[str, EntityDifficulty]:
        """Returns the difficulties by their names; they are the same in all versions."""
        return DIFFICULTIES


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
