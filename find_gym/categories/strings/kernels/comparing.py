"""Which of many ASCII strings are the same, and some of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_helper, exact_kernel, inlined_helper

# The FNV-1a hash of 64 bits.
_BASIS, _PRIME = np.uint64(14695981039346656037), np.uint64(1099511628211)


@inlined_helper
def same(text: Any, first: int, other_text: Any, other: int, size: int) -> bool:
    """Returns whether as many characters from one place of a text as from one of another text are the same."""
    for place in range(size):
        if text[first + place] != other_text[other + place]:
            return False
    return True


@inlined_helper
def _start(ends: Any, number: int) -> int:
    return ends[number - 1] if number else 0


@exact_helper
def find_first_equal(text: Any, ends: Any, places: Any) -> None:
    """Writes, for each string, which is the first that is the same.

    Args:
        text: the strings, one after the other.
        ends: where each ends, shape `(n,)`.
        places: where to write the places, from 0, shape `(n,)`.
    """
    size = 4
    while size < 2 * ends.size:
        size *= 2
    slots = np.full(size, -1, dtype=np.int64)
    first = 0
    for number in range(ends.size):
        last = ends[number]
        digest = _BASIS
        for place in range(first, last):
            digest = (digest ^ np.uint64(text[place])) * _PRIME
        slot = np.int64((digest ^ (digest >> np.uint64(32))) & np.uint64(size - 1))
        while slots[slot] >= 0:
            other = slots[slot]
            start = _start(ends, other)
            if ends[other] - start == last - first and same(text, first, text, start, last - first):
                break
            slot = (slot + 1) % size
        if slots[slot] < 0:
            slots[slot] = number
        places[number] = slots[slot]
        first = last


@exact_kernel("int64(uint8[::1], int64[::1])")
def count_most_equal(text: Any, ends: Any) -> int:
    """Returns how often the most frequent string is there."""
    places, counts = np.empty(ends.size, dtype=np.int64), np.zeros(ends.size, dtype=np.int64)
    find_first_equal(text, ends, places)
    most = 0
    for place in places:
        counts[place] += 1
        most = max(most, counts[place])
    return most


@exact_kernel("void(uint8[::1], int64[::1], int64[::1], uint8[::1], int64[::1])")
def take(text: Any, ends: Any, places: Any, taken: Any, taken_ends: Any) -> None:
    """Writes the strings at some places, of shape `(m,)`, one after the other, and where each ends."""
    end = 0
    for number in range(places.size):
        for place in range(_start(ends, places[number]), ends[places[number]]):
            taken[end] = text[place]
            end += 1
        taken_ends[number] = end
