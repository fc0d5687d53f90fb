"""Inputs that are put between those that were asked before."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_borrowing_helper, exact_kernel
from find_gym.core.kernels.prefetching import AHEAD, prefetch


@exact_kernel("void(int64, float64[:, ::1], float64[:, ::1], int64[::1], int64[::1])")
def forget_inputs(bank: int, x: Any, width: Any, free: Any, episodes: Any) -> None:
    """Forgets all inputs of some episodes; see `put_between`, of which `bank` is the number of places b."""
    for episode in episodes:
        x[episode, :] = math.inf
        width[episode, :] = 0.0
        free[episode] = bank


@exact_borrowing_helper
def put_between(
    bank: Any, x: Any, width: Any, free: Any, episodes: Any, places: Any, inputs: Any, changed: Any, widths: Any
) -> None:
    """Takes note of one input in each of n episodes; see `find_gym.categories.numeric.gaps.Gaps`.

    Args:
        bank: the inputs of the first b places, ascending.
        x: the input of each place of all N episodes, shape `(N, p)`, infinite where it was not asked.
        width: the distance of each from the next smaller one, shape `(N, p)`.
        free: the first free slot of each episode, shape `(N,)`.
        episodes: the numbers of the n episodes, all different.
        places: the places of the inputs.
        inputs: the inputs; empty for those of the bank, and those that stand in slots of `x` already.
        changed: where to write which gaps have changed, as places in the flat `width`: those of the inputs, and those
            of the next greater ones or, where there are none, of the inputs again, shape `(2, n)`.
        widths: where to write how wide these are now, shape `(2, n)`.
    """
    flat_x, flat_width, line = x.reshape(-1), width.reshape(-1), 64 // x.itemsize
    for number in range(episodes.size):
        if number + AHEAD < episodes.size:
            later = episodes[number + AHEAD] * x.shape[1] + places[number + AHEAD]
            prefetch(flat_width, later)
            for neighbour in range(later - line, later + line + 1, line):
                prefetch(flat_x, neighbour)
        episode, own = episodes[number], places[number]
        known = x[episode]
        at = inputs[number] if inputs.size else bank[own] if own < bank.size else known[own]
        left, beyond, right = -math.inf, math.inf, own
        below, above = own - 1, own + 1
        if own >= bank.size:
            above = np.searchsorted(bank, at, "right")
            below = above - 1
        while below >= 0 and known[below] == math.inf:
            below -= 1
        if below >= 0:
            left = known[below]
        while above < bank.size and known[above] == math.inf:
            above += 1
        if above < bank.size:
            beyond, right = known[above], above
        # The inputs of slots are in no order.
        for place in range(bank.size, free[episode]):
            other = known[place]
            # Of equal inputs, the one of the first place comes first.
            if other < at or (other == at and place < own):
                left = max(left, other)
            elif place != own and other < beyond:
                beyond, right = other, place
        known[own] = at
        width[episode, own] = at - left if left > -math.inf else 0.0
        if right != own:
            width[episode, right] = beyond - at
        for which, place in enumerate((own, right)):
            changed[which, number] = episode * width.shape[1] + place
            widths[which, number] = width[episode, place]
        free[episode] = max(free[episode], own + 1)


@exact_kernel(
    "void(float64[::1], float64[:, ::1], float64[:, ::1], int64[::1], int64[::1], int64[::1], float64[::1], "
    "int64[:, ::1], float64[:, ::1])"
)
def add_inputs(
    bank: Any, x: Any, width: Any, free: Any, episodes: Any, places: Any, inputs: Any, changed: Any, widths: Any
) -> None:
    """Does what `put_between` does, for Python."""
    put_between(bank, x, width, free, episodes, places, inputs, changed, widths)
