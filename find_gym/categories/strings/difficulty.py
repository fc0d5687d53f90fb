"""Difficulty: the distribution from which string functions are sampled, FIND's own and others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from find_gym.categories.strings.category import CATEGORY
from find_gym.categories.strings.operations import DETERMINISTIC, INNER, OPERATIONS
from find_gym.core.arguments import read_counted_shares, read_integer, read_names, read_share
from find_gym.core.difficulties import NamedDifficulty

# Operations that have fifty constants or more, so that every split has some of each; of two that are the same, one.
_EASY = (
    "string_concatenate", "replace_substring", "map_string", "count_substring", "find_string", "add_letter_if_needed",
    "insert_letter", "split_string", "remove_substring", "replace_vowels_with_character", "add_order_of_inx1_to_inx2",
    "sub_order_of_inx1_to_inx2",
)  # fmt: skip


@dataclass(frozen=True)
class StringDifficulty(NamedDifficulty):
    """A distribution over string functions; the defaults are FIND's.

    All of FIND's released functions with one operation append a word, replace a letter or map the alphabet, a third
    each: these operations have enough constants for many functions. Any operation takes part in compositions.

    Attributes:
        single_operations: the operations that are functions of their own, each as likely as the others.
        operations: the operations that compositions end with, each as likely as the others.
        inner_operations: the operations that others are applied to, each as likely as the others.
        lengths: relative shares of the numbers of operations (those of one branch or the other, where there is one).
        branch_share: the share of functions that treat some strings by another rule.
        branch_length: greatest number of operations within each side of a branch.
    """

    single_operations: tuple[str, ...] = ("string_concatenate", "replace_substring", "map_string")
    operations: tuple[str, ...] = DETERMINISTIC
    inner_operations: tuple[str, ...] = INNER
    lengths: Mapping[int, float] = field(default_factory=lambda: {1: 0.3, 2: 0.7})
    branch_share: float = 0.0
    branch_length: int = 1

    def __post_init__(self) -> None:
        names = tuple(OPERATIONS)
        read: dict[str, Any] = {
            name: read_names(name, getattr(self, name), names, str(names))
            for name in ("single_operations", "operations", "inner_operations")
        }
        read["lengths"] = read_counted_shares("lengths", self.lengths, 1)
        read["branch_share"] = read_share("branch_share", self.branch_share)
        read["branch_length"] = read_integer("branch_length", self.branch_length, 1)
        for name, value in read.items():
            object.__setattr__(self, name, value)

    @classmethod
    def named(cls, version: int | None = None) -> Mapping[str, StringDifficulty]:
        """Returns the difficulties by their names."""
        return DIFFICULTIES if CATEGORY.check_version(version) else DIFFICULTIES_V0


DIFFICULTIES: dict[str, StringDifficulty] = {
    "easy": StringDifficulty(single_operations=_EASY, lengths={1: 1.0}),
    "find": StringDifficulty(),
    "hard": StringDifficulty(single_operations=DETERMINISTIC, lengths={1: 0.1, 2: 0.4, 3: 0.5}, branch_share=0.3),
    "extreme": StringDifficulty(lengths={2: 0.2, 3: 0.4, 4: 0.4}, branch_share=0.5, branch_length=2),
}
# Before version 1: the operations without constants, 40 functions for three splits.
DIFFICULTIES_V0 = DIFFICULTIES | {
    "easy": StringDifficulty(
        single_operations=tuple(name for name in DETERMINISTIC if not OPERATIONS[name].kinds), lengths={1: 1.0}
    )
}
