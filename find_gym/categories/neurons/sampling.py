"""Sampling: from a generator to the spec of a shipped unit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from find_gym.categories.neurons.category import CATEGORY
from find_gym.categories.neurons.difficulty import NeuronDifficulty
from find_gym.categories.neurons.function import NeuronSpec
from find_gym.categories.neurons.table import ranks_of_units, splits_of_units, unit_table
from find_gym.categories.neurons.units import Unit
from find_gym.core.draws import choose
from find_gym.core.splits import check_split


def sample_neuron(
    rng: np.random.Generator,
    *,
    split: str | None = None,
    difficulty: str | Mapping[str, Any] | NeuronDifficulty = "find",
    version: int | None = None,
) -> NeuronSpec:
    """Samples the spec of a shipped unit: first its kind, then one of the units of that kind.

    Args:
        rng: the source of randomness; the same state gives the same spec on every platform.
        split: "train", "validation", "test", or None for all of them.
        difficulty: the name of a difficulty ("easy", "find", "hard", "extreme"), a `NeuronDifficulty`, or a mapping of
            its attributes to values that replace the default's.
        version: the version of the splits; by default the latest one.

    Raises:
        ValueError: the difficulty has no unit of the split.

    Example:
        >>> sample_neuron(np.random.default_rng(7), split="test").split
        'test'
    """
    check_split(split)
    CATEGORY.check_version(version)
    level = NeuronDifficulty.of(difficulty)
    units = {kind: _units(kind, level.ranks, level.layers, split) for kind in level.kinds}
    shares = {kind: share for kind, share in level.kinds.items() if units[kind] and share > 0}
    if not shares:
        raise ValueError(f"expected a difficulty with units in the split {split!r}, actual value: {level!r}")
    among = units[choose(rng, shares)]
    return NeuronSpec(among[int(rng.integers(len(among)))])


@lru_cache(maxsize=256)
def _units(kind: str, ranks: tuple[float, float], layers: tuple[int, ...] | None, split: str | None) -> tuple[str, ...]:
    """Returns the names of the units of a kind that a difficulty and a split have."""
    low, high = ranks
    found = []
    for name, rank in zip(unit_table().names, ranks_of_units().tolist(), strict=True):
        unit = Unit.parse(name)
        fits = unit.kind == kind and low <= rank <= high and (layers is None or unit.layer in layers)
        if fits and split in (None, splits_of_units()[name]):
            found.append(name)
    return tuple(found)
