"""Sampling: from a generator to the spec of a fresh relation."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.relations.catalogue import RELATIONS
from find_gym.categories.relations.category import CATEGORY
from find_gym.categories.relations.conditions import LEAST_REGULAR, Condition, canonical, conditions_of, words_that_meet
from find_gym.categories.relations.difficulty import RelationDifficulty
from find_gym.categories.relations.division import conditions_in, relations_in, split_of_relation
from find_gym.categories.relations.function import RelationSpec
from find_gym.core.draws import MOST_OFTEN, address_of, bounded_shares
from find_gym.core.splits import check_split

# Words that no relation knows, such as FIND has among its exemplars.
OTHER_WORDS: tuple[str, ...] = (
    "justice", "sunshine", "yesterday's news", "wallpaper", "kindness of strangers", "gravel", "umbrella", "freedom",
    "homework", "spoonful", "weather forecast", "zigzag", "paperclip", "melancholy", "bandwidth", "algebra",
)  # fmt: skip
_ATTEMPTS = 10_000
_RELATION_NAMES = tuple(RELATIONS)


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
    counts, bounds, whole = _counts(level.relations, tuple(level.exceptions.items()), number, split)
    count = counts[bisect_right(bounds, rng.random() * whole)]
    packed = _packed(level.relations, count, drawn_from)
    for _ in range(_ATTEMPTS if packed[0] else 0):
        drawn = _draw_exceptions(rng, packed, count)
        if drawn is None:
            continue
        name, exceptions = drawn
        is_certain = split is None or (count < 2 and number > 0)
        if is_certain or split_of_relation(canonical(name, exceptions), number) == split:
            return RelationSpec(name, exceptions, draw_exemplars(rng, name, level.exemplars))
    raise ValueError(f"expected a difficulty with functions in the split {split!r}, actual: {level}")


@lru_cache(256)
def _counts(
    relations: tuple[str, ...], shares: tuple[tuple[int, float], ...], version: int, split: str | None
) -> tuple[list[int], list[float], float]:
    """Returns the numbers of exceptions, their cumulative shares, and the sum of the shares."""
    found = dict(shares) if version == 0 else shares_of_exceptions(relations, dict(shares), split)
    values = np.array(list(found.values()), dtype=np.float64)
    return list(found), np.cumsum(values).tolist(), float(values.sum())


@lru_cache(256)
def _names(relations: tuple[str, ...], count: int, split: str | None) -> tuple[str, ...]:
    """Returns those of some relations that are functions of the split with none of their exceptions, or one."""
    if split is None or count > 1:
        return relations
    return tuple(n for n in relations if (conditions_in(n, split) if count else n in relations_in(split)))


def shares_of_exceptions(
    relations: tuple[str, ...], shares: Mapping[int, float], split: str | None
) -> dict[int, float]:
    """Returns shares of the numbers of exceptions, none greater than the functions of some relations can fill."""
    return bounded_shares(shares, _bounds(relations, split))


@lru_cache(256)
def _bounds(relations: tuple[str, ...], split: str | None) -> dict[int, float]:
    few = {0: len(_names(relations, 0, split)), 1: sum(len(conditions_in(name, split)) for name in relations)}
    return {count: MOST_OFTEN * number for count, number in few.items()}


def _draw_exceptions(
    rng: np.random.Generator, packed: NDArray[np.int64], count: int
) -> tuple[str, tuple[Condition, ...]] | None:
    """Draws a relation, and exceptions that each except words that the others don't.

    Returns:
        The relation's name and its exceptions; None where they leave too little, or where it has no conditions.
    """
    from find_gym.categories.relations.kernels.sampling import draw_exceptions

    numbers = np.empty(1 + count, dtype=np.int64)
    with rng.bit_generator.lock:
        draw_exceptions(address_of(rng), packed, numbers)
    place, *chosen = numbers.tolist()
    if place < 0:
        return None
    name = _RELATION_NAMES[place]
    conditions = conditions_of(name)
    drawn = [conditions[number] for number in chosen]
    if count > 1 and not _are_told_apart(name, drawn):
        return None
    return name, tuple(sorted(drawn, key=lambda condition: (condition.attribute, condition.value)))


def _are_told_apart(name: str, exceptions: Sequence[Condition]) -> bool:
    """Whether each exception excepts words that the others don't, and all together leave enough."""
    words = RELATIONS[name].words
    members = [words_that_meet(name, condition).intersection(words) for condition in exceptions]
    if any(own <= set().union(*members[:index], *members[index + 1 :]) for index, own in enumerate(members)):
        return False
    return len(words) - len(set().union(*members)) >= LEAST_REGULAR


@lru_cache(256)
def _packed(relations: tuple[str, ...], count: int, split: str | None) -> NDArray[np.int64]:
    """Returns what relations with so many exceptions are drawn from; see `draw_exceptions` of the kernels."""
    names = _names(relations, count, split)
    packed = [len(names), *[0] * len(names)]
    for number, name in enumerate(names, start=1):
        packed[number] = len(packed)
        groups = _conditions_by_attribute(name, split if count == 1 else None)
        lists = len(packed) + 2
        packed += [_RELATION_NAMES.index(name), len(groups), *[0] * len(groups)]
        for place, group in enumerate(groups, start=lists):
            packed[place] = len(packed)
            packed += [len(group), *map(conditions_of(name).index, group)]
    return np.array(packed, dtype=np.int64)


@cache
def _conditions_by_attribute(name: str, split: str | None) -> tuple[tuple[Condition, ...], ...]:
    """Returns the conditions with each of which a relation is a function of the split, by attribute, sorted."""
    conditions = conditions_in(name, split)
    attributes = sorted({condition.attribute for condition in conditions})
    return tuple(tuple(c for c in conditions if c.attribute == attribute) for attribute in attributes)


def draw_exemplars(rng: np.random.Generator, name: str, count: int) -> tuple[str, ...]:
    """Draws words to start from: one or two of the relation's own, the others of other tables, as in FIND."""
    from find_gym.categories.relations.kernels.sampling import draw_words

    if count == 0:
        return ()
    words, spans = _all_words()
    drawn = np.empty(count, dtype=np.int64)
    beside = _spans_beside(RELATIONS[name].table)
    with rng.bit_generator.lock:
        draw_words(address_of(rng), *spans[name], beside, drawn)
    return tuple([words[place] for place in drawn.tolist()])


@cache
def _all_words() -> tuple[tuple[str, ...], dict[str, tuple[int, int]]]:
    """Returns the words of all relations, and where those of each begin and how many they are."""
    words: list[str] = []
    spans: dict[str, tuple[int, int]] = {}
    for name, relation in RELATIONS.items():
        spans[name] = len(words), len(relation.words)
        words += relation.words
    return tuple(words), spans


@cache
def _spans_beside(table: str) -> NDArray[np.int64]:
    """Returns where the words of the relations that map from other tables begin, and how many they are."""
    spans = [span for name, span in _all_words()[1].items() if RELATIONS[name].table != table]
    return np.array(spans, dtype=np.int64)
