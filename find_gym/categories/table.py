"""The categories of functions: what is the same thing under another name in each of them, in one table."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gymnasium.utils import seeding

from find_gym.categories.dataset import DatasetEntry, FINDDataset
from find_gym.categories.entities.custom import CallableEntityFunction
from find_gym.categories.entities.difficulty import EntityDifficulty
from find_gym.categories.entities.function import EntityFunction, EntitySpec
from find_gym.categories.entities.sampling import sample_entity
from find_gym.categories.numeric.custom import CallableFunction
from find_gym.categories.numeric.difficulty import NumericDifficulty
from find_gym.categories.numeric.function import NumericFunction, NumericSpec
from find_gym.categories.numeric.sampling import sample_numeric
from find_gym.categories.relations.custom import CallableRelation
from find_gym.categories.relations.difficulty import RelationDifficulty
from find_gym.categories.relations.function import RelationFunction, RelationSpec
from find_gym.categories.relations.sampling import sample_relation
from find_gym.categories.strings.custom import CallableStringFunction
from find_gym.categories.strings.difficulty import StringDifficulty
from find_gym.categories.strings.function import StringFunction, StringSpec
from find_gym.categories.strings.published import PublishedStringFunction, PublishedStringSpec
from find_gym.categories.strings.sampling import sample_string

# Functions of a dataset that a warning names.
_NAMED = 8


@dataclass(frozen=True)
class CategoryFunctions:
    """The functions of one category.

    Attributes:
        sample: `(rng, *, split, difficulty, version) -> spec`.
        read_difficulty: `(name or mapping, version) -> difficulty`; ValueError for anything else.
        read_spec: a spec's JSON data to the spec.
        make: a spec to the function.
        wrap: a callable to a function.
        specs: the classes of specs.
        functions: the classes of functions.
    """

    sample: Callable[..., Any]
    read_difficulty: Callable[..., Any]
    read_spec: Callable[[Any], Any]
    make: Callable[[Any], Any]
    wrap: Callable[[Any], Any]
    specs: tuple[type, ...]
    functions: tuple[type, ...]

    def read(self, named: Any) -> Any:
        """Returns the function that a spec, its JSON data, a function or a callable stands for, or else None."""
        if isinstance(named, self.functions):
            return named
        spec = self.read_spec(named) if isinstance(named, Mapping) else named
        if isinstance(spec, self.specs):
            return self.make(spec)
        return self.wrap(named) if callable(named) else None


def _read_string_spec(data: Any) -> StringSpec | PublishedStringSpec:
    published = isinstance(data, Mapping) and "triplets" in data
    return PublishedStringSpec.from_json(data) if published else StringSpec.from_json(data)


def _make_string_function(spec: StringSpec | PublishedStringSpec) -> StringFunction | PublishedStringFunction:
    return PublishedStringFunction(spec) if isinstance(spec, PublishedStringSpec) else StringFunction(spec)


CATEGORY_FUNCTIONS: dict[str, CategoryFunctions] = {
    "numeric": CategoryFunctions(
        sample=sample_numeric,
        read_difficulty=NumericDifficulty.of,
        read_spec=NumericSpec.from_json,
        make=NumericFunction,
        wrap=CallableFunction,
        specs=(NumericSpec,),
        functions=(NumericFunction, CallableFunction),
    ),
    "strings": CategoryFunctions(
        sample=sample_string,
        read_difficulty=StringDifficulty.of,
        read_spec=_read_string_spec,
        make=_make_string_function,
        wrap=CallableStringFunction,
        specs=(StringSpec, PublishedStringSpec),
        functions=(StringFunction, PublishedStringFunction, CallableStringFunction),
    ),
    "entities": CategoryFunctions(
        sample=sample_entity,
        read_difficulty=EntityDifficulty.of,
        read_spec=EntitySpec.from_json,
        make=EntityFunction,
        wrap=CallableEntityFunction,
        specs=(EntitySpec,),
        functions=(EntityFunction, CallableEntityFunction),
    ),
    "relations": CategoryFunctions(
        sample=sample_relation,
        read_difficulty=RelationDifficulty.of,
        read_spec=RelationSpec.from_json,
        make=RelationFunction,
        wrap=CallableRelation,
        specs=(RelationSpec,),
        functions=(RelationFunction, CallableRelation),
    ),
}


def category_of(environment: str) -> str:
    """Returns the category of an environment's id: "FIND-numeric-v0" is "numeric"."""
    return environment.removeprefix("find_gym:").split("-")[1]


def version_of(environment: str) -> int:
    """Returns the version of an environment's id: "FIND-numeric-v0" is 0."""
    return int(environment.rpartition("-v")[2])


def sample_seeded(category: str, seed: int, *, split: str | None, difficulty: Any, version: int | None = None) -> Any:
    """Samples the spec of the function that an environment's `reset(seed=seed)` draws.

    Args:
        category: the category.
        seed: the seed of the reset, such as `find_gym.functions.function_seed` gives.
        split: the split, None for all functions.
        difficulty: the name of a difficulty, or a mapping.
        version: that of the environment's id; by default the latest one.
    """
    rng, _ = seeding.np_random(seed)
    functions = CATEGORY_FUNCTIONS[category]
    return functions.sample(rng, split=split, difficulty=difficulty, version=version)


def servable_entries(dataset: FINDDataset) -> tuple[list[DatasetEntry], dict[str, str]]:
    """Returns the entries of a dataset that can be served, and for each of the others its id and why it can't.

    A warning names the others.
    """
    entries: list[DatasetEntry] = []
    unserved: dict[str, str] = {}
    for entry in dataset.entries:
        try:
            CATEGORY_FUNCTIONS[dataset.category].make(entry.spec)
        except ValueError as error:
            unserved[entry.id] = str(error)
        else:
            entries.append(entry)
    if unserved:
        names, first = list(unserved), next(iter(unserved.values()))
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        warnings.warn(
            f"{dataset.path}: left out {len(names)} of {len(dataset)} {dataset.category} functions, which can't be "
            f"served: {', '.join(names[:_NAMED])}{more}; the first: {first}",
            stacklevel=3,
        )
    return entries, unserved
