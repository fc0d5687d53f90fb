"""The teacher of imitation for functions of numbers that also halves gaps. It sees the truth; its pupil does not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.gaps import Gaps
from find_gym.categories.numeric.inputs import DENSE_RANGE
from find_gym_agents.categories.numeric.zooming_kernel import PARTS, ask

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def follow(bank: FloatArray, queries: IntArray, counts: IntArray) -> tuple[IntArray, FloatArray, Gaps]:
    """Asks queries of `ZoomTokens` one after the other.

    Args:
        bank: the probes, ascending, shape `(probes,)`.
        queries: what is asked in each episode, shape `(batch, steps)`.
        counts: how many of these are asked, shape `(batch,)`.

    Returns:
        The places and the inputs of what is asked, each of shape `(batch, steps)`, of no account after the first
        `counts`; and the gaps that are left.
    """
    places, x = np.zeros(queries.shape, dtype=np.int64), np.zeros(queries.shape)
    gaps, rows = Gaps(len(queries), bank), np.arange(len(queries))
    for step, actions in enumerate(queries.T):
        halving, probe = actions >= bank.size, np.minimum(actions, bank.size - 1)
        middles = gaps.middles(rows[halving], actions[halving] - bank.size)
        places[:, step], x[:, step] = np.where(halving, gaps.free, probe), bank[probe]
        x[halving, step] = middles
        asking = rows[step < counts]
        gaps.add(asking, places[asking, step], x[asking, step])
    return places, x, gaps


class ZoomTeacher:
    """Asks where straight lines between the answers err on most of the held-out inputs, probes or middles of gaps.

    It knows the truth on a grid that divides each gap of the bank, and halves gaps that have no probe within.

    Args:
        bank: the probes, ascending, shape `(probes,)`.

    Attributes:
        x: the grid, shape `(points,)`.
    """

    def __init__(self, bank: FloatArray) -> None:
        shares = np.arange(PARTS) / PARTS
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
        sequence, noise = np.zeros(begun.shape, dtype=np.int64), rng.random(truth.shape)
        rows = np.ascontiguousarray
        ask(self.x, self._share, rows(truth), rows(tolerance), noise, rows(begun), rows(lengths), sequence)
        return sequence
