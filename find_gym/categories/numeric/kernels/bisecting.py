"""Inputs that are put between those that were asked before."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_helper, exact_kernel


@exact_kernel("void(float64[::1], float64[:, ::1], float64[:, ::1], int64[::1], int64[::1], int64[::1], float64[::1])")
def put_between(bank: Any, x: Any, width: Any, free: Any, episodes: Any, places: Any, inputs: Any) -> None:
    """Takes note of one input in each of n episodes; see `find_gym.categories.numeric.gaps.Gaps`.

    Args:
        bank: the inputs of the first b places, ascending.
        x: the input of each place of all N episodes, shape `(N, p)`, infinite where it was not asked.
        width: the distance of each from the next smaller one, shape `(N, p)`.
        free: the first free slot of each episode, shape `(N,)`.
        episodes: the numbers of the n episodes, all different.
        places: the places of the inputs.
        inputs: the inputs.
    """
    for number in range(episodes.size):
        put(bank, x.reshape(-1), width.reshape(-1), free, episodes[number], places[number], inputs[number])


@exact_helper
def put(bank: Any, x: Any, width: Any, free: Any, episode: int, own: int, at: float) -> int:
    """Takes note of one input; `x` and `width` are flat.

    Returns:
        The place of the next greater input, whose gap has changed; the input's own where there is none.
    """
    row = episode * (x.size // free.size)
    left, beyond, right = -math.inf, math.inf, own
    below, above = own - 1, own + 1
    if own >= bank.size:
        above = int(np.searchsorted(bank, at, "right"))
        below = above - 1
    while below >= 0 and x[row + below] == math.inf:
        below -= 1
    if below >= 0:
        left = x[row + below]
    while above < bank.size and x[row + above] == math.inf:
        above += 1
    if above < bank.size:
        beyond, right = x[row + above], above
    # The inputs of slots are in no order.
    for place in range(bank.size, free[episode]):
        other = x[row + place]
        # Of equal inputs, the one of the first place comes first.
        if other < at or (other == at and place < own):
            left = max(left, other)
        elif place != own and other < beyond:
            beyond, right = other, place
    x[row + own] = at
    width[row + own] = at - left if left > -math.inf else 0.0
    if right != own:
        width[row + right] = beyond - at
    free[episode] = max(free[episode], own + 1)
    return right
