"""How much of unit tests is right, and how alike two rankings are."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_helper, exact_kernel


@exact_kernel("void(float64[:, ::1], int64[::1], int64[::1], int64, int64[::1])")
def count_right(ratings: Any, correct: Any, turns: Any, first: int, sums: Any) -> None:
    """Counts unit tests whose true option is rated highest, in sixths: ties of three options count as guessing.

    Args:
        ratings: of the options, shape `(n, 3)`; NaN is least likely.
        correct: the place of the true option of each test, shape `(n,)`.
        turns: the part of the function whose word each test has, shape `(n,)`.
        first: so many tests are also counted apart.
        sums: where to write the sixths of all tests, of the first ones, and of those of each part.
    """
    sums[:] = 0
    for test in range(ratings.shape[0]):
        own = ratings[test, correct[test]]
        own = own if own == own else -np.inf
        ties, is_best = 0, True
        for option in range(3):
            other = ratings[test, option]
            other = other if other == other else -np.inf
            ties += other == own
            is_best &= other <= own
        if is_best:
            sixths = 6 // ties
            sums[0] += sixths
            sums[1] += sixths if test < first else 0
            sums[2 + turns[test]] += sixths


@exact_helper
def _put_ranks(values: Any, ranks: Any) -> None:
    """Writes twice the ranks of values, ties at their mean rank, less twice the mean of all ranks."""
    for i in range(values.size):
        value = values[i]
        below, beyond = 0, 0
        for j in range(values.size):
            below += values[j] < value
            beyond += values[j] > value
        ranks[i] = below - beyond


@exact_kernel("void(float64[::1], float64[::1], int64[::1])")
def correlate_ranks(one: Any, other: Any, sums: Any) -> None:
    """Sums the products of ranks, less their means and twice as great.

    Args:
        one: values, shape `(n,)`.
        other: as many.
        sums: where to write the products of the first with themselves, of the second, and of both, shape `(3,)`.
    """
    ranks = np.empty((2, one.size), np.int64)
    _put_ranks(one, ranks[0])
    _put_ranks(other, ranks[1])
    sums[:] = 0
    for i in range(one.size):
        sums[0] += ranks[0, i] * ranks[0, i]
        sums[1] += ranks[1, i] * ranks[1, i]
        sums[2] += ranks[0, i] * ranks[1, i]
