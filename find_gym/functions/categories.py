"""The categories of functions: what is the same thing under another name in each of them, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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
class CategoryFunctions:
    """The functions of one category.

    Attributes:
        sample: `(rng, *, split, difficulty) -> spec`.
        read_difficulty: the name of a difficulty, or a mapping, to the difficulty; ValueError for anything else.
        read_spec: a spec's JSON data to the spec.
        make: a spec to the function.
    """

    sample: Callable[..., Any]
    read_difficulty: Callable[[Any], Any]
    read_spec: Callable[[Any], Any]
    make: Callable[[Any], Any]


def _read_string_spec(data: Any) -> StringSpec | PublishedStringSpec:
    published = isinstance(data, Mapping) and "triplets" in data
    return PublishedStringSpec.from_json(data) if published else StringSpec.from_json(data)


def _make_string_function(spec: StringSpec | PublishedStringSpec) -> StringFunction | PublishedStringFunction:
    return PublishedStringFunction(spec) if isinstance(spec, PublishedStringSpec) else StringFunction(spec)


CATEGORY_FUNCTIONS: dict[str, CategoryFunctions] = {
    "numeric": CategoryFunctions(sample_numeric, NumericDifficulty.of, NumericSpec.from_json, NumericFunction),
    "strings": CategoryFunctions(sample_string, StringDifficulty.of, _read_string_spec, _make_string_function),
    "entities": CategoryFunctions(sample_entity, EntityDifficulty.of, EntitySpec.from_json, EntityFunction),
    "relations": CategoryFunctions(sample_relation, RelationDifficulty.of, RelationSpec.from_json, RelationFunction),
}


def category_of(environment: str) -> str:
    """Returns the category of an environment's id: "FIND-numeric-v0" is "numeric"."""
    return environment.removeprefix("find_gym:").split("-")[1]
