"""Difficulty: the distribution from which units are sampled, by how well the best program known explains them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from find_gym.core.arguments import is_integer, is_number, read_shares
from find_gym.core.difficulties import NamedDifficulty

KINDS = ("mlp", "attention")


@dataclass(frozen=True)
class NeuronDifficulty(NamedDifficulty):
    """A distribution over the shipped units.

    Attributes:
        kinds: relative shares of the kinds of units, see `KINDS`.
        ranks: the least and the greatest rank of a unit: 0 for the one that the best program known explains least of
            all, 1 for the one that it explains best.
        layers: the layers, each unit as likely as the others; None for all.
    """

    kinds: Mapping[str, float] = field(default_factory=lambda: {"mlp": 0.8, "attention": 0.2})
    ranks: tuple[float, float] = (0.0, 1.0)
    layers: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", read_shares("kinds", self.kinds, KINDS))
        ranks = tuple(self.ranks) if isinstance(self.ranks, (tuple, list)) else ()
        if len(ranks) != 2 or not all(map(is_number, ranks)) or not 0 <= ranks[0] < ranks[1] <= 1:
            raise ValueError(f"expected 0 <= least < greatest <= 1 in ranks, actual value: {self.ranks!r}")
        object.__setattr__(self, "ranks", ranks)
        if self.layers is not None:
            layers = tuple(self.layers) if isinstance(self.layers, (tuple, list)) else ()
            if not layers or not all(is_integer(layer) and layer >= 0 for layer in layers):
                raise ValueError(f"expected layers to be integers >= 0, one or more, actual value: {self.layers!r}")
            object.__setattr__(self, "layers", layers)

    @classmethod
    def named(cls, version: int | None = None) -> Mapping[str, NeuronDifficulty]:
        """Returns the difficulties by their names; they are the same in all versions."""
        return DIFFICULTIES


DIFFICULTIES: dict[str, NeuronDifficulty] = {
    "easy": NeuronDifficulty(ranks=(2 / 3, 1.0)),
    "find": NeuronDifficulty(),
    "hard": NeuronDifficulty(ranks=(0.0, 1 / 3)),
    "extreme": NeuronDifficulty(kinds={"mlp": 0.5, "attention": 0.5}, ranks=(0.0, 1 / 6)),
}
