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

_AS_KNOWN = np.empty(0)


class Gaps:
    """The inputs that were asked in N episodes, and how far each is from the next smaller one.

    Args:
        count: the number of episodes, N.
        bank: the probes, ascending, shape `(p,)`; the places after them are slots.

    Attributes:
        x: the input of each place, shape `(N, p + SLOTS)`; infinite where it was not asked.
        width: the distance of the input of each place from the next smaller one, shape `(N, p + SLOTS)`; 0 where
            either was not asked.
        free: the first slot that is free in each episode, as a place, shape `(N,)`; `p + SLOTS` where none is.
    """

    def __init__(self, count: int, bank: FloatArray) -> None:
        self._bank = np.ascontiguousarray(bank, dtype=np.float64)
        self.x = np.full((count, bank.size + SLOTS), np.inf)
        self.width = np.zeros(self.x.shape)
        self.free = np.full(count, bank.size)

    def clear(self, episodes: Integers) -> None:
        """Forgets what was asked in some episodes."""
        from find_gym.categories.numeric.kernels.bisecting import forget_inputs

        forget_inputs(self._bank.size, self.x, self.width, self.free, episodes)

    def add(self, episodes: Integers, places: Integers, x: FloatArray = _AS_KNOWN) -> tuple[Integers, FloatArray]:
        """Takes note of one input in each of some episodes.

        Args:
            episodes: their numbers, all different, shape `(n,)`; this and the next two in one piece of memory.
            places: the places of the inputs, shape `(n,)`.
            x: the inputs, shape `(n,)`; if empty, those of the bank, and those that `self.x` has in slots already.

        Returns:
            The gaps that have changed, as places in the flat `width`: those of the inputs, and those of the next
            greater ones or, where there are none, of the inputs again; and how wide these are now, both `(2, n)`.
        """
        from find_gym.categories.numeric.kernels.bisecting import add_inputs

        changed, widths = np.empty((2, places.size), dtype=np.int64), np.empty((2, places.size))
        add_inputs(self._bank, self.x, self.width, self.free, episodes, places, x, changed, widths)
        return changed, widths

    def open(self) -> NDArray[np.bool_]:
        """Returns which gaps can be halved, bool of shape `(N, p + SLOTS)`."""
        return (self.width >= 2 * CLOSEST) & (self.free < self.width.shape[1])[:, None]

    def middles(self, episodes: Integers, places: Integers) -> FloatArray:
        """Returns the middles of gaps, shape `(n,)`."""
        return self.x[episodes, places] - self.width[episodes, places] / 2

    def scaled(self) -> FloatArray:
        """Returns the inputs of all places over 128, those of free slots as 0, shape `(N, p + SLOTS)`."""
        x = np.where(np.isfinite(self.x), self.x, 0.0)
        x[:, : self._bank.size] = self._bank
        return x / QUERY_RANGE[1]


def gap_feature(width: FloatArray) -> FloatArray:
    """Returns how often gaps of some widths can be halved, as a share of the most; 0 where they can't be."""
    return np.where(width >= 2 * CLOSEST, halvings(width) / MOST_HALVINGS, 0.0)


def halvings(width: FloatArray) -> FloatArray:
    """Returns how often gaps of some widths can be halved until they are `CLOSEST` wide, a real number."""
    return np.log2(np.maximum(width, CLOSEST) / CLOSEST)
