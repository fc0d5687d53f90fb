"""The division of relations among the splits."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from find_gym.categories.relations.catalogue import RELATIONS
from find_gym.categories.relations.conditions import Condition, canonical, conditions_of
from find_gym.core.splits import EVEN_BUCKETS, divide, split_of


def split_of_relation(text: str, version: int) -> str:
    """Returns the split of a function.

    In version 0 it is a hash. Since version 1 the relations without exception are divided evenly, and so are the
    exceptions of each relation; a hash divides what has several exceptions, or one that is not sampled.

    Args:
        text: the function's canonical text.
        version: the version of the splits.
    """
    if version == 0:
        return split_of(f"relations:{text}")
    return _divided().get(text) or split_of(f"relations:{text}", EVEN_BUCKETS)


@cache
def conditions_in(relation_name: str, split: str | None) -> tuple[Condition, ...]:
    """Returns the conditions with each of which a relation is a function of the split; None for all of them."""
    found = conditions_of(relation_name)
    if split is None:
        return found
    return tuple(c for c in found if _divided()[canonical(relation_name, (c,))] == split)


@cache
def relations_in(split: str | None) -> tuple[str, ...]:
    """Returns the relations that are, without exception, functions of the split; None for all of them."""
    return tuple(name for name in RELATIONS if split is None or _divided()[canonical(name, ())] == split)


@cache
def _divided() -> dict[str, str]:
    return divide(_groups())


def _groups() -> Iterator[list[str]]:
    for find in (True, False):
        yield [canonical(name, ()) for name, relation in RELATIONS.items() if relation.find == find]
    for name in RELATIONS:
        attributes = dict.fromkeys(condition.attribute for condition in conditions_of(name))
        for attribute in attributes:
            yield [canonical(name, (c,)) for c in conditions_of(name) if c.attribute == attribute]
