"""Sampling: from a generator to the spec of a fresh relation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, TypeVar

import numpy as np

from find_gym.categories.relations.catalogue import RELATIONS, Relation
from find_gym.categories.relations.category import CATEGORY
from find_gym.categories.relations.conditions import LEAST_REGULAR, Condition, words_that_meet
from find_gym.categories.relations.difficulty import RelationDifficulty
from find_gym.categories.relations.division import conditions_in, relations_in
from find_gym.categories.relations.function import RelationSpec
from find_gym.core.draws import MOST_OFTEN, bounded_shares, choose_places
from find_gym.core.splits import check_split

Thing = TypeVar("Thing")

# Words that no relation knows, such as FIND has among its exemplars.
OTHER_WORDS: tuple[str, ...] = (
    "justice", "sunshine", "yesterday's news", "wallpaper", "kindness of strangers", "gravel", "umbrella", "freedom",
    "homework", "spoonful", "weather forecast", "zigzag", "paperclip", "melancholy", "bandwidth", "algebra",
)  # fmt: skip
_ATTEMPTS = 10_000


def sample_relation(
    rng: np.random.Generator,
    *,
    split: str | None = None,
    difficulty: str | Mapping[str, Any] | RelationDifficulty = "find",
    version: int | None = None,
) -> RelationSpec:
    """Samples the spec of a relation.

    Since version 1 no function is drawn more often than once in fifty, as far as the difficulty has others: where a
    split has few relations without exception, they are as much rarer, and those with exceptions more frequent.

    Args:
        rng: the source of randomness; the same state gives the same spec on every platform.
        split: "train", "validation", "test", or None for all of them.
        difficulty: the name of a difficulty ("easy", "find", "hard", "extreme"), a `RelationDifficulty`, or a mapping
            of its attributes to values that replace FIND's.
        version: the version of the splits and draws; by default the latest one.

    Raises:
        ValueError: the split has no function of this difficulty.

    Example:
        >>> import numpy as np
        >>> from find_gym.categories.relations.sampling import sample_relation
        >>> spec = sample_relation(np.random.default_rng(7), split="test")
        >>> spec.split, spec.category
        ('test', 'relations')
    """
    check_split(split)
    number = CATEGORY.check_version(version)
    level = RelationDifficulty.of(difficulty, number)
    # Version 0 draws what it rejects; since version 1 only pairs of exceptions are drawn without regard to the split.
    drawn_from = None if number == 0 else split
    found = level.exceptions if number == 0 else shares_of_exceptions(level, split)
    counts = list(found)
    shares = np.array([found[count] for count in counts], dtype=np.float64)
    count = counts[int(np.searchsorted(np.cumsum(shares), rng.random() * shares.sum(), side="right"))]
    names = _names(level.relations, count, drawn_from)
    for _ in range(_ATTEMPTS if names else 0):
        name = names[int(rng.integers(len(names)))]
        exceptions = _draw_exceptions(rng, name, count, drawn_from if count == 1 else None)
        if exceptions is None:
            continue
        spec = RelationSpec(name, exceptions)
        if split is None or spec.split_in(number) == split:
            return RelationSpec(name, exceptions, draw_exemplars(rng, name, level.exemplars))
    raise ValueError(f"expected a difficulty with functions in the split {split!r}, actual: {level}")


@lru_cache(256)
def _names(relations: tuple[str, ...], count: int, split: str | None) -> tuple[str, ...]:
    """Returns those of some relations that are functions of the split with none of their exceptions, or one."""
    if split is None or count > 1:
        return relations
    return tuple(n for n in relations if (conditions_in(n, split) if count else n in relations_in(split)))


def shares_of_exceptions(level: RelationDifficulty, split: str | None) -> dict[int, float]:
    """Returns the shares of the numbers of exceptions, none greater than its functions can fill."""
    return bounded_shares(level.exceptions, _bounds(level.relations, split))


@lru_cache(256)
def _bounds(relations: tuple[str, ...], split: str | None) -> dict[int, float]:
    few = {0: len(_names(relations, 0, split)), 1: sum(len(conditions_in(name, split)) for name in relations)}
    return {count: MOST_OFTEN * number for count, number in few.items()}


def _draw_exceptions(
    rng: np.random.Generator, name: str, count: int, split: str | None
) -> tuple[Condition, ...] | None:
    """Draws exceptions that each except words that the others don't; None where they leave too little."""
    relation = RELATIONS[name]
    groups = _conditions_by_attribute(name, split)
    if not groups:
        return None
    drawn: list[Condition] = []
    for _ in range(count):
        group = groups[int(rng.integers(len(groups)))]
        drawn.append(group[int(rng.integers(len(group)))])
    members = [words_that_meet(name, condition).intersection(relation.words) for condition in drawn]
    for index, own in enumerate(members):
        if not own - set().union(*members[:index], *members[index + 1 :]):
            return None
    if len(relation.words) - len(set().union(*members)) < LEAST_REGULAR:
        return None
    return tuple(sorted(drawn, key=lambda condition: (condition.attribute, condition.value)))


@cache
def _conditions_by_attribute(name: str, split: str | None) -> tuple[tuple[Condition, ...], ...]:
    """Returns the conditions with each of which a relation is a function of the split, by attribute, sorted."""
    conditions = conditions_in(name, split)
    attributes = sorted({condition.attribute for condition in conditions})
    return tuple(tuple(c for c in conditions if c.attribute == attribute) for attribute in attributes)


def draw_exemplars(rng: np.random.Generator, name: str, count: int) -> tuple[str, ...]:
    """Draws words to start from: one or two of the relation's own, the others of other tables, as in FIND."""
    if count == 0:
        return ()
    relation = RELATIONS[name]
    own = _some(rng, relation.words, min(1 + int(rng.integers(2)), count))
    foreign = _relations_beside(relation.table)
    others = [_one(rng, _one(rng, foreign).words) for _ in range(count - len(own))]
    words = [*own, *others]
    return tuple(words[int(place)] for place in rng.permutation(len(words)))


@cache
def _relations_beside(table: str) -> tuple[Relation, ...]:
    """Returns the relations that map from the words of other tables."""
    return tuple(relation for relation in RELATIONS.values() if relation.table != table)


def _one(rng: np.random.Generator, things: tuple[Thing, ...]) -> Thing:
    return things[int(rng.integers(len(things)))]


def _some(rng: np.random.Generator, words: tuple[str, ...], count: int) -> list[str]:
    return [words[place] for place in choose_places(rng, len(words), count)]
