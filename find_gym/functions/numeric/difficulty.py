"""Difficulty: the distribution from which numeric functions are sampled, FIND's own and others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from find_gym.functions.difficulties import read_difficulty
from find_gym.functions.numeric.atoms import ATOMS, COMPOUND_FAMILIES, RELEASED_FAMILIES
from find_gym.functions.numeric.variants import NOISE_KINDS, REGION_KINDS, VARIANTS


def _shares(**shares: float) -> dict[str, float]:
    return shares


@dataclass(frozen=True)
class NumericDifficulty:
    """A distribution over numeric functions; the defaults are FIND's (counts of its 1000 released functions).

    Attributes:
        families: the atoms that are functions of their own, each as likely as the others.
        compound_families: the atoms that sums and products are made of.
        compound_share: the share of sums and products among the functions.
        product_share: the share of products among these.
        parts: least and greatest number of parts of a compound.
        depth: greatest depth of nested compounds; 1 is a compound of atoms.
        variants: relative shares of "plain", "noised", "corrupted" and "approximated".
        noises: relative shares of "normal", "uniform" and "poisson".
        noise_scale: standard deviation, half width or mean of the noise.
        regions: relative shares of "below", "above" and "inside".
        region_count: least and greatest number of corrupted regions of a corrupted function.
        noise_with_regions: share of the corrupted functions that have noise as well.
    """

    families: tuple[str, ...] = RELEASED_FAMILIES
    compound_families: tuple[str, ...] = COMPOUND_FAMILIES
    compound_share: float = 0.15
    product_share: float = 0.52
    parts: tuple[int, int] = (2, 2)
    depth: int = 1
    variants: Mapping[str, float] = field(
        default_factory=lambda: _shares(plain=0.483, noised=0.176, corrupted=0.191, approximated=0.15)
    )
    noises: Mapping[str, float] = field(default_factory=lambda: _shares(normal=58, uniform=73, poisson=45))
    noise_scale: float = 1.0
    regions: Mapping[str, float] = field(default_factory=lambda: _shares(below=50, above=52, inside=89))
    region_count: tuple[int, int] = (1, 1)
    noise_with_regions: float = 0.0

    def __post_init__(self) -> None:
        for name, allowed in (("families", tuple(ATOMS)), ("compound_families", tuple(ATOMS))):
            # JSON has lists where this has tuples.
            object.__setattr__(self, name, tuple(getattr(self, name)))
            unknown = [family for family in getattr(self, name) if family not in allowed]
            if unknown or not getattr(self, name):
                raise ValueError(f"expected {name} among {allowed}, actual value: {getattr(self, name)!r}")
        for name in ("compound_share", "product_share", "noise_with_regions"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"expected {name} in [0, 1], actual value: {getattr(self, name)!r}")
        for name, least in (("parts", 2), ("region_count", 1)):
            object.__setattr__(self, name, tuple(getattr(self, name)))
            low, high = getattr(self, name)
            if not least <= low <= high:
                raise ValueError(f"expected {least} <= least <= greatest in {name}, actual value: {(low, high)!r}")
        if self.depth < 1:
            raise ValueError(f"expected depth >= 1, actual value: {self.depth!r}")
        if not self.noise_scale > 0:
            raise ValueError(f"expected a positive noise_scale, actual value: {self.noise_scale!r}")
        for name, kinds in (("variants", VARIANTS), ("noises", NOISE_KINDS), ("regions", REGION_KINDS)):
            shares = getattr(self, name)
            if set(shares) - set(kinds) or any(share < 0 for share in shares.values()) or not sum(shares.values()) > 0:
                raise ValueError(f"expected non-negative shares of {kinds} in {name}, actual value: {shares!r}")

    @staticmethod
    def of(difficulty: str | Mapping[str, Any] | NumericDifficulty, version: int | None = None) -> NumericDifficulty:
        """Returns the difficulty of a name, or FIND's with some attributes replaced by those of a mapping.

        Args:
            difficulty: the name, the mapping, or a difficulty.
            version: the version of the splits and draws; the difficulties of all versions are the same.

        Raises:
            ValueError: an unknown name or attribute, or a value out of its range.
        """
        return read_difficulty(difficulty, DIFFICULTIES)


DIFFICULTIES: dict[str, NumericDifficulty] = {
    "easy": NumericDifficulty(
        families=("linear", "polynomial", "absolute", "step", "relu", "rectangle", "constant", "reciprocal"),
        compound_share=0.0,
        variants=_shares(plain=1.0),
    ),
    "find": NumericDifficulty(),
    "hard": NumericDifficulty(
        families=(*RELEASED_FAMILIES, "signum", "tan", "erf", "sigmoid"),
        compound_share=0.4,
        parts=(2, 3),
        noise_scale=2.0,
        variants=_shares(plain=0.25, noised=0.25, corrupted=0.35, approximated=0.15),
        region_count=(1, 2),
        noise_with_regions=0.3,
    ),
    "extreme": NumericDifficulty(
        families=(*RELEASED_FAMILIES, "signum", "tan", "erf", "sigmoid"),
        compound_families=RELEASED_FAMILIES,
        compound_share=0.7,
        parts=(2, 3),
        depth=2,
        noise_scale=4.0,
        variants=_shares(plain=0.2, noised=0.3, corrupted=0.4, approximated=0.1),
        region_count=(1, 3),
        noise_with_regions=0.5,
    ),
}
