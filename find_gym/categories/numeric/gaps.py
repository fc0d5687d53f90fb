"""The gaps between the inputs that were asked in many episodes, which queries of version 1 halve."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.function import QUERY_RANGE

FloatArray = NDArray[np.float64]
Integers = NDArray[np.int64]

SLOTS = 32
"""Inputs beside the bank that an episode can ask."""
CLOSEST = 2.0**-10
"""The distance of an input in the middle of a gap from its ends is at least this."""

MOST_HALVINGS = math.log2((QUERY_RANGE[1] - QUERY_RANGE[0]) / CLOSEST)


class Gaps:
    """The inputs that were asked in N episodes, and how far each is from the next smaller one.

    Args:
        count: the number of episodes, N.
        bank: the probes, ascending, shape `(p,)`; the places after them are slots.

    Attributes:
        x: the input of each place, shape `(N, p + SLOTS)`; infinite for a slot that is free.
        width: the distance of the input of each place from the next smaller one, shape `(N, p + SLOTS)`; 0 where
            either was not asked.
        free: the first slot that is free in each episode, as a place, shape `(N,)`; `p + SLOTS` where none is.
    """

    def __init__(self, count: int, bank: FloatArray) -> None:
        self._bank = np.ascontiguousarray(bank, dtype=np.float64)
        self.x = np.full((count, bank.size + SLOTS), np.inf)
        self.x[:, : bank.size] = bank
        self.width = np.zeros(self.x.shape)
        self.free = np.full(count, bank.size)
        # Which places were asked, as `find_gym.core.kernels.bits` reads it.
        self._asked = np.zeros((count, self.x.shape[1] // 64 + 1), dtype=np.int64)

    def add(self, episodes: Integers, places: Integers, x: FloatArray) -> None:
        """Takes note of one input in each of some episodes.

        Args:
            episodes: their numbers, all different, shape `(n,)`; this and the next two in one piece of memory.
            places: the places of the inputs, shape `(n,)`.
            x: the inputs, shape `(n,)`; those of the bank for its places.
        """
        from find_gym.categories.numeric.kernels.bisecting import add_inputs

        add_inputs(self._bank, self.x, self.width, self._asked, self.free, episodes, places, x)

    def open(self) -> NDArray[np.bool_]:
        """Returns which gaps can be halved, bool of shape `(N, p + SLOTS)`."""
        return (self.width >= 2 * CLOSEST) & (self.free < self.width.shape[1])[:, None]

    def middles(self, episodes: Integers, places: Integers) -> FloatArray:
        """Returns the middles of gaps, shape `(n,)`."""
        return self.x[episodes, places] - self.width[episodes, places] / 2

    def scaled(self) -> FloatArray:
        """Returns the inputs of all places over 128, those of free slots as 0, shape `(N, p + SLOTS)`."""
        return np.where(np.isfinite(self.x), self.x, 0.0) / QUERY_RANGE[1]


def gap_feature(width: FloatArray) -> FloatArray:
    """Returns how often gaps of some widths can be halved, as a share of the most; 0 where they can't be."""
    return np.where(width >= 2 * CLOSEST, halvings(width) / MOST_HALVINGS, 0.0)


def halvings(width: FloatArray) -> FloatArray:
    """Returns how often gaps of some widths can be halved until they are `CLOSEST` wide, a real number."""
    return np.log2(np.maximum(width, CLOSEST) / CLOSEST)
