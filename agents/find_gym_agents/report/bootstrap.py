"""Intervals of means: from resampled functions, and for shares those of Wilson."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

RESAMPLES = 10_000
LEVEL = 0.95
_SEED = 20230907
_NUMBERS_AT_ONCE = 2_000_000
# The normal distribution's quantile for `LEVEL`.
_Z = 1.959963984540054


def mean_intervals(
    values: ArrayLike, clusters: Sequence[Hashable] | None = None, bounded: Sequence[bool] = ()
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Returns means with 95 % intervals: those of the bootstrap, and those of Wilson where all values are 0 or 1.

    Successes of two in two prove no certainty, and to resample them would say so.

    Args:
        values: one row for each episode, one column for each quantity, shape `(n, k)` with n >= 1.
        clusters: what each row belongs to, such as its function; None where each is on its own.
        bounded: which columns are shares, or scores between 0 and 1; none by default.

    Returns:
        Means, lower and upper bounds, each of shape `(k,)`.

    Example:
        >>> mean, low, high = mean_intervals([[1.0], [1.0]], bounded=[True])
        >>> float(mean[0]), round(float(low[0]), 3), float(high[0])
        (1.0, 0.342, 1.0)
    """
    rows = np.asarray(values, dtype=np.float64)
    means, low, high = bootstrap_means(rows, clusters)
    sizes = _sizes(rows, clusters)
    for column in np.flatnonzero(bounded):
        if np.isin(rows[:, column], (0.0, 1.0)).all():
            low[column], high[column] = wilson(float(means[column]), float(sizes.sum() ** 2 / (sizes**2).sum()))
    return means, low, high


def wilson(share: float, count: float) -> tuple[float, float]:
    """Returns the 95 % interval of a share (Wilson, "Probable inference", 1927).

    Args:
        share: the observed share, in [0, 1].
        count: the number of observations, > 0; for those that depend on each other their effective number: of clusters
            whose members all agree (Kish, "Survey Sampling", 1965), (sum of sizes)^2 / sum of sizes^2.

    Example:
        >>> [round(bound, 4) for bound in wilson(81 / 263, 263)]
        [0.2553, 0.3662]
    """
    middle = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    reach = _Z / (1 + _Z**2 / count) * np.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    # Rounding must not put the bounds beyond the share.
    return float(min(max(middle - reach, 0.0), share)), float(max(min(middle + reach, 1.0), share))


def bootstrap_means(
    values: ArrayLike, clusters: Sequence[Hashable] | None = None, *, resamples: int = RESAMPLES
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Returns means with 95 % percentile intervals, from resampling the rows (Efron 1979), or clusters of them.

    Columns are resampled together, and groups of the same size always by the same draws. A cluster is drawn whole, so
    that a function that was drawn often counts once as evidence.

    Args:
        values: one row for each episode, one column for each quantity, shape `(n, k)` with n >= 1.
        clusters: what each row belongs to; None where each is on its own.
        resamples: the number of resamples.

    Returns:
        Means, lower and upper bounds, each of shape `(k,)`.

    Example:
        >>> mean, low, high = bootstrap_means([[0.0], [1.0], [1.0], [1.0]])
        >>> float(mean[0]), float(low[0]), float(high[0])
        (0.75, 0.25, 1.0)
    """
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[0] == 0:
        raise ValueError(f"expected values of shape (n, k) with n >= 1, actual shape: {rows.shape}")
    sizes = _sizes(rows, clusters)
    sums = rows
    if clusters is not None:
        sums = np.zeros((len(sizes), rows.shape[1]))
        np.add.at(sums, _places(clusters), rows)
    count = len(sizes)
    rng = np.random.default_rng([_SEED, count])
    means = np.empty((resamples, rows.shape[1]))
    step = max(1, _NUMBERS_AT_ONCE // rows.size)
    for start in range(0, resamples, step):
        stop = min(start + step, resamples)
        drawn = rng.integers(count, size=(stop - start, count))
        means[start:stop] = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)[:, None]
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    # Rounding in different orders of summation must not put the bounds beyond the data.
    least, greatest = rows.min(axis=0), rows.max(axis=0)
    return np.clip(rows.mean(axis=0), least, greatest), np.clip(low, least, greatest), np.clip(high, least, greatest)


def _places(clusters: Sequence[Hashable]) -> list[int]:
    """Returns each row's cluster as a number, counted in the order in which they come."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(cluster, len(numbers)) for cluster in clusters]


def _sizes(rows: FloatArray, clusters: Sequence[Hashable] | None) -> NDArray[np.int64]:
    if clusters is None:
        return np.ones(len(rows), dtype=np.int64)
    if len(clusters) != len(rows):
        raise ValueError(f"expected a cluster for each of {len(rows)} rows, actual: {len(clusters)}")
    return np.bincount(_places(clusters)).astype(np.int64)
