"""The categories side by side: how to read, make and sample the functions of each, by the category's name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from find_gym.functions.entities.difficulty import EntityDifficulty
from find_gym.functions.entities.function import EntityFunction, EntitySpec
from find_gym.functions.entities.sampling import sample_entity
from find_gym.functions.numeric.difficulty import NumericDifficulty
from find_gym.functions.numeric.function import NumericFunction, NumericSpec
from find_gym.functions.numeric.sampling import sample_numeric
from find_gym.functions.relations.difficulty import RelationDifficulty
from find_gym.functions.relations.function import RelationFunction, RelationSpec
from find_gym.functions.relations.sampling import sample_relation
from find_gym.functions.strings.difficulty import StringDifficulty
from find_gym.functions.strings.function import StringFunction, StringSpec
from find_gym.functions.strings.published import PublishedStringFunction, PublishedStringSpec
from find_gym.functions.strings.sampling import sample_string


@dataclass(frozen=True)
class CategoryEntry:
    """What there is of a category.

    Attributes:
        read_spec: reads a spec from JSON data.
        make: makes the function of a spec.
        sample: samples a spec: `sample(rng, split=..., difficulty=...)`.
        read_difficulty: reads a difficulty, or raises a ValueError.
    """

    read_spec: Callable[[Any], Any]
    make: Callable[[Any], Any]
    sample: Callable[..., Any]
    read_difficulty: Callable[[Any], Any]


def _make_string(spec: Any) -> Any:
    return PublishedStringFunction(spec) if isinstance(spec, PublishedStringSpec) else StringFunction(spec)


CATALOGUE: dict[str, CategoryEntry] = {
    "numeric": CategoryEntry(NumericSpec.from_json, NumericFunction, sample_numeric, NumericDifficulty.of),
    "strings": CategoryEntry(StringSpec.from_json, _make_string, sample_string, StringDifficulty.of),
    "entities": CategoryEntry(EntitySpec.from_json, EntityFunction, sample_entity, EntityDifficulty.of),
    "relations": CategoryEntry(RelationSpec.from_json, RelationFunction, sample_relation, RelationDifficulty.of),
}


def sample_spec(category: str, rng: np.random.Generator, split: str | None, difficulty: Any) -> Any:
    """Samples the spec of a function of a category."""
    entry = CATALOGUE[category]
    return entry.sample(rng, split=split, difficulty=entry.read_difficulty(difficulty))
