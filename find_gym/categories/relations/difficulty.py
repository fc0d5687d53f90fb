"""Difficulty: the distribution from which relations are sampled, FIND's own and others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from find_gym.categories.relations.catalogue import FIND_RELATIONS, RELATIONS
from find_gym.categories.relations.category import CATEGORY
from find_gym.core.arguments import read_counted_shares, read_integer, read_names
from find_gym.core.difficulties import NamedDifficulty


@dataclass(frozen=True)
class RelationDifficulty(NamedDifficulty):
    """A distribution over relations; the defaults are FIND's: 25 relations, a third of the functions without exception.

    Attributes:
        relations: the relations, each as likely as the others.
        exceptions: relative shares of the numbers of exceptions.
        exemplars: the number of words to start from that a function suggests; FIND has 8 to 10.
    """

    relations: tuple[str, ...] = FIND_RELATIONS
    exceptions: Mapping[int, float] = field(default_factory=lambda: {0: 1.0, 1: 2.0})
    exemplars: int = 8

    def __post_init__(self) -> None:
        names = tuple(RELATIONS)
        read = {
            "relations": read_names("relations", self.relations, names, str(names)),
            "exceptions": read_counted_shares("exceptions", self.exceptions, 0),
            "exemplars": read_integer("exemplars", self.exemplars, 0),
        }
        for name, value in read.items():
            object.__setattr__(self, name, value)

    @classmethod
    def named(cls, version: int | None = None) -> Mapping[str, RelationDifficulty]:
        """Returns the difficulties by their names."""
        return DIFFICULTIES if CATEGORY.check_version(version) else DIFFICULTIES_V0


DIFFICULTIES: dict[str, RelationDifficulty] = {
    "easy": RelationDifficulty(relations=tuple(RELATIONS), exceptions={0: 1.0, 1: 2.0}),
    "find": RelationDifficulty(),
    "hard": RelationDifficulty(relations=tuple(RELATIONS), exceptions={0: 1.0, 1: 4.0}),
    "extreme": RelationDifficulty(relations=tuple(RELATIONS), exceptions={1: 1.0, 2: 3.0}),
}
# Before version 1: the relations alone, 56 functions for three splits.
DIFFICULTIES_V0 = DIFFICULTIES | {"easy": RelationDifficulty(relations=tuple(RELATIONS), exceptions={0: 1.0})}
