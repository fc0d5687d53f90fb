"""The grammar in which descriptions of numeric functions are written, token by token, in prefix order.

A description is first the kinds of its exceptions ("below", "above", "inside"; usually none or one), then an
expression: an atom's name, or "sum" or "product" followed by two expressions. Constants are not written: they are
estimated from the evidence of the episode.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.difficulty import NAMED_FAMILIES, NumericDifficulty, families_of
from find_gym.categories.numeric.rules import OPERATORS, Skeleton
from find_gym.categories.numeric.variants import RegionKind
from find_gym.interfaces.draft import Draft

REGION_TOKENS: tuple[RegionKind, ...] = get_args(RegionKind)
# The tokens of all environments: what a named difficulty draws.
TOKENS: tuple[str, ...] = (*REGION_TOKENS, *OPERATORS, *NAMED_FAMILIES)
MAX_TOKENS = 10

_FIRST_OPERATOR = len(REGION_TOKENS)
_FIRST_ATOM = _FIRST_OPERATOR + len(OPERATORS)


def vocabulary(level: NumericDifficulty | None) -> tuple[str, ...]:
    """Returns the tokens of a difficulty: `TOKENS`, then the atoms that no named difficulty draws but this one does."""
    return TOKENS[:_FIRST_ATOM] + families_of(level)


class NumericDraft(Draft):
    """A description that is being written.

    Args:
        level: the difficulty; only what its distribution holds can be written. None allows all of `TOKENS`.

    Attributes:
        vocabulary: the names of the tokens.
    """

    def __init__(self, level: NumericDifficulty | None) -> None:
        super().__init__()
        self.vocabulary = vocabulary(level)
        families = self.vocabulary[_FIRST_ATOM:]
        self._open = 1
        self._leaves = 0
        self._regions: tuple[RegionKind, ...] = ()
        self._skeleton: Skeleton | None = None
        if level is None:
            self._max_regions, self._max_leaves = len(REGION_TOKENS), MAX_TOKENS
            self._alone = self._within = np.ones(len(families), dtype=np.bool_)
            return
        corrupted = level.variants.get("corrupted", 0) > 0
        self._max_regions = level.region_count[1] if corrupted else 0
        self._max_leaves = level.parts[1] ** level.depth if level.compound_share > 0 else 1
        self._alone = np.array([name in level.families for name in families])
        self._within = np.array([name in level.compound_families for name in families])

    @property
    def complete(self) -> bool:
        """Whether the expression is complete."""
        return self._open == 0

    @property
    def words(self) -> list[str]:
        """The names of the tokens written so far."""
        return [self.vocabulary[token] for token in self.tokens]

    @property
    def state(self) -> Hashable:
        """All that decides what may be written from here on."""
        started = bool(self.tokens) and self.tokens[-1] >= _FIRST_OPERATOR
        return (len(self.tokens), self._open, self._leaves, started)

    def legal(self) -> NDArray[np.bool_]:
        """Returns which tokens may come next, bool of shape `(tokens,)`; none once the expression is complete."""
        mask = np.zeros(len(self.vocabulary), dtype=np.bool_)
        if self.complete:
            return mask
        room = MAX_TOKENS - len(self.tokens)
        started = bool(self.tokens) and self.tokens[-1] >= _FIRST_OPERATOR
        if not started and len(self.tokens) < self._max_regions and room > self._open:
            mask[:_FIRST_OPERATOR] = True
        if self._leaves + self._open < self._max_leaves and room > self._open + 1:
            mask[_FIRST_OPERATOR:_FIRST_ATOM] = True
        mask[_FIRST_ATOM:] = self._within if started else self._alone
        return mask

    def _note(self, token: int) -> None:
        if token >= _FIRST_ATOM:
            self._open -= 1
            self._leaves += 1
        elif token >= _FIRST_OPERATOR:
            self._open += 1
        else:
            self._regions += (REGION_TOKENS[token],)

    def regions(self) -> tuple[RegionKind, ...]:
        """Returns the kinds of exceptions that were written."""
        return self._regions

    def skeleton(self) -> Skeleton:
        """Returns the expression.

        Raises:
            ValueError: the expression is not complete.
        """
        if not self.complete:
            raise ValueError(f"expected a complete expression, actual: {self.words}")
        if self._skeleton is None:
            # A complete expression stays as it is.
            self._skeleton = self._read()
        return self._skeleton

    def _read(self) -> Skeleton:
        remaining = iter(self.words[len(self._regions) :])

        def read() -> Skeleton:
            name = next(remaining)
            for operator in OPERATORS:
                if name == operator:
                    return (operator, (read(), read()))
            return name

        return read()


def words_of(skeleton: Skeleton, regions: tuple[RegionKind, ...] = ()) -> list[str]:
    """Returns the names of the tokens that write an expression; more than two parts are nested to the left."""

    def write(node: Skeleton) -> list[str]:
        if isinstance(node, str):
            return [node]
        operator, parts = node
        words = write(parts[0])
        for part in parts[1:]:
            words = [operator, *words, *write(part)]
        return words

    return [*regions, *write(skeleton)]


def tokens_of(skeleton: Skeleton, regions: tuple[RegionKind, ...] = ()) -> list[int]:
    """Returns the tokens that write an expression with the vocabulary `TOKENS`."""
    return [TOKENS.index(word) for word in words_of(skeleton, regions)]
