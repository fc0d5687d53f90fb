"""Which candidates are inputs that reveal what a function does."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.categories.strings.kernels.comparing import find_first_equal
from find_gym.core.kernels.compiling import exact_kernel


@exact_kernel("int64(uint8[::1], int64[::1], int64, int64[:, ::1], int64[::1])")
def choose_inputs(text: Any, ends: Any, first: int, told: Any, chosen: Any) -> int:
    """Chooses different strings: the first ones, then those that a function changes, its rules in turn, then others.

    Args:
        text: the strings, one after the other.
        ends: where each ends, shape `(n,)`.
        first: how many of them are taken as they come; the others are candidates.
        told: whether the function leaves each string as it is, and the rule that it follows, shape `(2, n)`.
        chosen: where to write the places of those that are chosen, shape `(m,)`: up to `first`, then up to `m // 2`
            that are changed, then those that are not, then further ones that are changed.

    Returns:
        How many are chosen; less than 0 where more candidates may bring more that are changed, or more of one rule.
    """
    size, wanted = ends.size, chosen.size // 2
    places = np.empty(size, dtype=np.int64)
    find_first_equal(text, ends, places)
    # The rules in the order in which they appear, how many candidates each has, and their places, each after the last.
    rules, counts = np.empty(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    heads, tails = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    following = np.full(size, -1, dtype=np.int64)
    known = 0
    for place in range(first, size):
        if places[place] != place or told[0, place]:
            continue
        rule = 0
        while rule < known and rules[rule] != told[1, place]:
            rule += 1
        if rule == known:
            rules[rule], heads[rule] = told[1, place], place
            known += 1
        else:
            following[tails[rule]] = place
        tails[rule] = place
        counts[rule] += 1
    is_enough = known > 0
    changed = 0
    for rule in range(known):
        is_enough = is_enough and counts[rule] >= wanted
        changed += counts[rule]
    # The candidates that are changed, one of each rule after the other.
    turns = np.empty(changed, dtype=np.int64)
    number = 0
    while number < changed:
        for rule in range(known):
            if counts[rule]:
                turns[number] = heads[rule]
                heads[rule] = following[heads[rule]]
                counts[rule] -= 1
                number += 1
    count = 0
    for place in range(first):
        if places[place] == place:
            chosen[count] = place
            count += 1
    for number in range(min(wanted, changed)):
        chosen[count] = turns[number]
        count += 1
    for place in range(first, size):
        if count < chosen.size and places[place] == place and told[0, place]:
            chosen[count] = place
            count += 1
    for number in range(wanted, changed):
        if count < chosen.size:
            chosen[count] = turns[number]
            count += 1
    return count if is_enough else ~count
