"""The teacher of imitation for functions of numbers that also halves gaps. It sees the truth; its pupil does not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.inputs import DENSE_RANGE
from find_gym_agents.categories.numeric.teacher import errors_of_lines

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Parts of each gap of the bank: four halvings.
_PARTS = 16
# What a far place in a gap counts beside the held-out inputs in it, and where that grows to 1.
_SPREAD = 0.005
_FAR = 16 * _PARTS
# Breaks ties.
_NOISE = 0.001


class ZoomTeacher:
    """Asks where straight lines between the answers err on most of the held-out inputs, probes or middles of gaps.

    It knows the truth on a grid that divides each gap of the bank, and halves gaps that have no probe within.

    Args:
        bank: the probes, ascending, shape `(probes,)`.

    Attributes:
        x: the grid, shape `(points,)`.
    """

    def __init__(self, bank: FloatArray) -> None:
        self._probes = bank.size
        shares = np.arange(_PARTS) / _PARTS
        self.x = np.append((bank[:-1, None] + np.diff(bank)[:, None] * shares).ravel(), bank[-1])
        low, high = DENSE_RANGE
        dense = ((low < self.x) & (self.x < high)) / (high - low)
        # The share of the held-out inputs that a point stands for, those balanced over the outputs apart.
        self._share = np.gradient(self.x) * (dense + 1 / (bank[-1] - bank[0])) / 2

    def ask(
        self,
        truth: FloatArray,
        tolerance: FloatArray,
        begun: IntArray,
        lengths: IntArray,
        rng: np.random.Generator,
    ) -> IntArray:
        """Asks numeric functions, one query after the other.

        Args:
            truth: noise-free outputs on the grid, NaN where undefined, shape `(batch, points)`.
            tolerance: the error at each point that counts as 1, positive, of the same shape.
            begun: probes that are asked in any case, different ones in a row, shape `(batch, steps)`.
            lengths: how many of those, before the teacher begins, shape `(batch,)`.
            rng: breaks ties.

        Returns:
            Queries of `ZoomTokens`, int64 of shape `(batch, steps)`.
        """
        batch, points = truth.shape
        defined, y = np.isfinite(truth), np.nan_to_num(truth)
        grid, rows = np.arange(points), np.arange(batch)
        # The place, probe or slot, of each point that was asked.
        places = np.full((batch, points), -1)
        slots = np.full(batch, self._probes)
        sequence = np.zeros(begun.shape, dtype=np.int64)
        for step in range(begun.shape[1]):
            asked = places >= 0
            left = np.maximum.accumulate(np.where(asked, grid, -1), axis=1)
            right = np.minimum.accumulate(np.where(asked, grid, points)[:, ::-1], axis=1)[:, ::-1]
            ends = np.clip(left, 0, points - 1), np.clip(right, 0, points - 1)
            wrong = errors_of_lines(y, defined, tolerance, self.x, *ends)
            worth = self._worth(wrong, left, right, *ends) + _NOISE * rng.random(wrong.shape)
            worth[asked] = -1.0
            chosen = np.where(step < lengths, _PARTS * begun[:, step], worth.argmax(axis=1))
            halving = chosen % _PARTS > 0
            end = places[rows, ends[1][rows, chosen]]
            sequence[:, step] = np.where(halving, self._probes + end, chosen // _PARTS)
            places[rows, chosen] = np.where(halving, slots, chosen // _PARTS)
            slots += halving
        return sequence

    def _worth(self, wrong: FloatArray, left: IntArray, right: IntArray, start: IntArray, stop: IntArray) -> FloatArray:
        """Returns what each point is worth asking; -1 where it is neither a probe nor the middle of a gap."""
        batch, points = wrong.shape
        grid = np.arange(points)
        error = np.zeros((batch, points + 1))
        np.cumsum(wrong * self._share, axis=1, out=error[:, 1:])
        within = np.take_along_axis(error, stop + 1, 1) - np.take_along_axis(error, start, 1)
        far = np.minimum(np.minimum(grid - left, right - grid), _FAR) / _FAR
        worth = np.where(grid % _PARTS == 0, within * (0.5 + wrong * far) + _SPREAD * far, -1.0)
        middle = (left // _PARTS == (right - 1) // _PARTS) & (2 * grid == left + right)
        worth[middle] = within[middle]
        return worth
