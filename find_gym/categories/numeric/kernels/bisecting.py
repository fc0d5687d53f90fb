"""Inputs that are put between those that were asked before."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.core.kernels.bits import add_member, next_member, previous_member
from find_gym.core.kernels.compiling import exact_borrowing_helper, exact_kernel


@exact_borrowing_helper
def find_neighbours(bank: Any, x: Any, asked: Any, free: int, own: int) -> Any:
    """Finds the inputs next to that of a place, among those that were asked in an episode.

    Args:
        bank: the inputs of the first b places, ascending.
        x: the input of each place, shape `(p,)`.
        asked: which places were asked; see `find_gym.core.kernels.bits`.
        free: the first free slot.
        own: the place, which need not have been asked.

    Returns:
        The next smaller input, negative infinity where there is none; the next greater one, infinity where there is
        none; and the place of this one, that of the input itself where there is none.
    """
    below, above = own, own + 1
    if own >= bank.size:
        below = above = np.searchsorted(bank, x[own], "right")
    left, beyond, right = -math.inf, math.inf, own
    below, above = previous_member(asked, below), next_member(asked, above)
    if below >= 0:
        left = bank[below]
    if 0 <= above < bank.size:
        beyond, right = bank[above], above
    # The inputs of slots are in no order.
    at = bank[own] if own < bank.size else x[own]
    for place in range(bank.size, free):
        other = x[place]
        # Of equal inputs, the one of the first place comes first.
        if other < at or (other == at and place < own):
            left = max(left, other)
        elif place != own and other < beyond:
            beyond, right = other, place
    return left, beyond, right


@exact_borrowing_helper
def put_between(
    bank: Any, x: Any, asked: Any, free: Any, episodes: Any, places: Any, changed: Any, widths: Any
) -> None:
    """Takes note of one input in each of n episodes.

    Args:
        bank: the inputs of the first b places, ascending.
        x: the input of each place of all N episodes, where those of slots that are asked stand already, shape `(N, p)`.
        asked: which places were asked, a row for each episode; see `find_gym.core.kernels.bits`.
        free: the first free slot of each episode, shape `(N,)`.
        episodes: the numbers of the n episodes, all different.
        places: the places of the inputs.
        changed: where to write the places whose gaps have changed: those of the inputs, and those of the next greater
            ones or, where there are none, of the inputs again, shape `(2, n)`.
        widths: where to write how wide these gaps are now, 0 where there is no smaller input, shape `(2, n)`.
    """
    for number in range(episodes.size):
        episode, own = episodes[number], places[number]
        left, beyond, right = find_neighbours(bank, x[episode], asked[episode], free[episode], own)
        at = bank[own] if own < bank.size else x[episode, own]
        changed[0, number], changed[1, number] = own, right
        widths[0, number] = at - left if left > -math.inf else 0.0
        widths[1, number] = beyond - at if right != own else widths[0, number]
        add_member(asked[episode], own)
        free[episode] = max(free[episode], own + 1)


@exact_kernel(
    "void(float64[::1], float64[:, ::1], float64[:, ::1], int64[:, ::1], int64[::1], int64[::1], int64[::1], "
    "float64[::1])"
)
def add_inputs(bank: Any, x: Any, width: Any, asked: Any, free: Any, episodes: Any, places: Any, inputs: Any) -> None:
    """Adds inputs to gaps; see `find_gym.categories.numeric.gaps.Gaps.add`."""
    changed, widths = np.empty((2, places.size), np.int64), np.empty((2, places.size))
    for number in range(places.size):
        x[episodes[number], places[number]] = inputs[number]
    put_between(bank, x, asked, free, episodes, places, changed, widths)
    for number in range(places.size):
        for which in range(2):
            width[episodes[number], changed[which, number]] = widths[which, number]
