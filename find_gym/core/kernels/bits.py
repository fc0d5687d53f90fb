"""Sets of small integers as bits, so that the next member is found without trying those between.

A set is int64 of shape `(w,)`, whose bits say which integers below `64 * w` are in it: bit `b` of number `n` is that of
`64 * n + b`.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from find_gym.core.kernels.compiling import exact_borrowing_helper


@intrinsic
def _zeros_below_intrinsic(typing: Any, word: Any) -> Any:
    """Counts the zeros below the lowest bit that is set, of a word that is not 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), generate


@intrinsic
def _zeros_above_intrinsic(typing: Any, word: Any) -> Any:
    """Counts the zeros above the highest bit that is set, of a word that is not 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), generate


# As a loop calls them, without the context of types.
_zeros_below: Any = _zeros_below_intrinsic
_zeros_above: Any = _zeros_above_intrinsic


@exact_borrowing_helper
def add_member(words: Any, member: int) -> None:
    """Adds an integer in [0, 64 * w) to a set, int64 of shape `(w,)`."""
    words[member >> 6] |= 1 << (member & 63)


@exact_borrowing_helper
def next_member(words: Any, least: int) -> int:
    """Returns the least member of a set that is not below an integer in [0, 64 * w]; -1 where there is none."""
    at = least >> 6
    if at == words.size:
        return -1
    word = words[at] & (-1 << (least & 63))
    while word == 0:
        at += 1
        if at == words.size:
            return -1
        word = words[at]
    return 64 * at + int(_zeros_below(word))


@exact_borrowing_helper
def previous_member(words: Any, limit: int) -> int:
    """Returns the greatest member of a set below an integer in [0, 64 * w); -1 where there is none."""
    at = limit >> 6
    word = words[at] & ~(-1 << (limit & 63))
    while word == 0:
        at -= 1
        if at < 0:
            return -1
        word = words[at]
    return 64 * at + 63 - int(_zeros_above(word))
