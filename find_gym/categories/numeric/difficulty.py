"""Difficulty: the distribution from which numeric functions are sampled, FIND's own and others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from find_gym.categories.numeric.atoms import ATOMS, COMPOUND_FAMILIES, RELEASED_FAMILIES, FloatArray
from find_gym.categories.numeric.variants import NOISE_KINDS, REGION_KINDS, VARIANTS
from find_gym.core.arguments import read_bounds, read_integer, read_names, read_number, read_share, read_shares
from find_gym.core.difficulties import NamedDifficulty


def _shares(**shares: float) -> dict[str, float]:
    return shares


_FAMILIES = ("families", "compound_families")
_SHARES = ("compound_share", "product_share", "noise_with_regions")
_BOUNDS = {"parts": 2, "region_count": 1}
_KINDS = {"variants": VARIANTS, "noises": NOISE_KINDS, "regions": REGION_KINDS}


@dataclass(frozen=True)
class NumericDifficulty(NamedDifficulty):
    """A distribution over numeric functions; the defaults are FIND's (counts of its 1000 released functions).

    Attributes:
        families: the atoms that are whole functions, each as likely as the others.
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
        atoms = tuple(ATOMS)
        read: dict[str, Any] = {}
        read |= {name: read_names(name, getattr(self, name), atoms, str(atoms)) for name in _FAMILIES}
        read |= {name: read_share(name, getattr(self, name)) for name in _SHARES}
        read |= {name: read_bounds(name, getattr(self, name), least) for name, least in _BOUNDS.items()}
        read |= {name: read_shares(name, getattr(self, name), kinds) for name, kinds in _KINDS.items()}
        read["depth"] = read_integer("depth", self.depth, 1)
        read["noise_scale"] = read_number("a positive noise_scale", self.noise_scale, math.ulp(0.0))
        for name, value in read.items():
            object.__setattr__(self, name, value)

    @cached_property
    def region_shares(self) -> FloatArray:
        """The places of `regions` in `REGION_KINDS` and their shares, shape `(k, 2)`, as compiled loops take them."""
        return np.array([(REGION_KINDS.index(kind), share) for kind, share in self.regions.items()], dtype=np.float64)

    @classmethod
    def named(cls, version: int | None = None) -> Mapping[str, NumericDifficulty]:
        """Returns the difficulties by their names; they are the same in all versions."""
        return DIFFICULTIES


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

# The atoms that named difficulties draw, in the order of the table.
NAMED_FAMILIES: tuple[str, ...] = tuple(
    name
    for name in ATOMS
    if any(name in (*level.families, *level.compound_families) for level in DIFFICULTIES.values())
)


def families_of(level: NumericDifficulty | None) -> tuple[str, ...]:
    """Returns the atoms that can be described at a difficulty: `NAMED_FAMILIES`, then what it names beyond them.

    So a new atom changes no action space but those of difficulties that name it.
    """
    drawn = () if level is None else (*level.families, *level.compound_families)
    return tuple(dict.fromkeys((*NAMED_FAMILIES, *drawn)))
