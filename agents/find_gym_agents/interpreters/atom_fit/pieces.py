"""Piecewise linear descriptions: what atom-fit submits where no formula is exact, as for small ReLU networks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.function import QUERY_RANGE
from find_gym.categories.numeric.spread import RELATIVE_TOLERANCE

# About half of what the cap on the complexity of code lets pass.
MAX_POINTS = 12
# Where scores are dense: a third of their inputs lies within.
_DENSE = 12.0
# Bins of outputs for the stratum that is balanced over them.
_BINS = 24
# An error within the tolerance costs at most this share of one beyond: among right ones, the closer is better.
_CLOSENESS = 0.2
# A point costs as much as this share of all the score, so that none is spent on next to nothing.
_POINT_COST = 0.002
_DIGITS = 5


@dataclass(frozen=True)
class Pieces:
    """A continuous piecewise linear function, straight beyond its ends.

    Attributes:
        x: places of its points, ascending, shape `(k,)`.
        y: its values there, shape `(k,)`.
    """

    x: FloatArray
    y: FloatArray

    def evaluate(self, x: FloatArray) -> FloatArray:
        """Evaluates the function at inputs `(n,)`."""
        if self.x.size == 1:
            return np.full_like(x, self.y[0])
        index = np.clip(np.searchsorted(self.x, x) - 1, 0, self.x.size - 2)
        slope = np.diff(self.y) / np.diff(self.x)
        return self.y[index] + slope[index] * (x - self.x[index])

    def source(self) -> str:
        """Writes the function as Python code."""
        if self.x.size == 1:
            return f"def f(x):\n    return {float(self.y[0])!r}\n"
        points = ", ".join(f"({float(x)!r}, {float(y)!r})" for x, y in zip(self.x, self.y, strict=True))
        return (
            "import itertools\n\n\n"
            "def f(x):\n"
            f"    points = [{points}]\n"
            "    for (x0, y0), (x1, y1) in itertools.pairwise(points):\n"
            "        if x <= x1:\n"
            "            break\n"
            "    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)\n"
        )

    def describe(self) -> str:
        """Describes the function in English."""
        points = ", ".join(f"({x:g}, {y:g})" for x, y in zip(self.x, self.y, strict=True))
        return f"A piecewise linear function through the points {points}, continued in straight lines beyond the ends."


def tolerance(y: FloatArray) -> FloatArray:
    """Returns the errors up to which predictions of outputs `(n,)` count as right."""
    low, high = np.percentile(y, [25, 75])
    return RELATIVE_TOLERANCE * np.maximum(np.abs(y), float(high - low) or float(np.std(y))) + 1e-9


def score_weights(x: FloatArray, y: FloatArray) -> FloatArray:
    """Returns how much each point stands for in the scoring: uniformly, near 0, and balanced over outputs.

    Args:
        x: inputs in ascending order, shape `(n,)`.
        y: outputs, shape `(n,)`.
    """
    weights = np.zeros_like(x)
    for low, high in (QUERY_RANGE, (-_DENSE, _DENSE)):
        edges = np.concatenate([[-np.inf], (x[1:] + x[:-1]) / 2, [np.inf]])
        weights += np.diff(np.clip(edges, low, high)) / (high - low)
    spread = float(np.subtract(*np.percentile(y, [75, 25]))) or float(np.std(y)) or 1.0
    scaled = np.arcsinh((y - np.median(y)) / spread)
    bins = np.floor((scaled - scaled.min()) / (np.ptp(scaled) or 1.0) * (_BINS - 1e-9)).astype(np.intp)
    lengths = np.diff(np.clip(np.concatenate([[-np.inf], (x[1:] + x[:-1]) / 2, [np.inf]]), *QUERY_RANGE)) + 1e-6
    totals = np.bincount(bins, weights=lengths, minlength=_BINS)
    weights += lengths / totals[bins] / np.count_nonzero(totals)
    return weights / 3


def fit_pieces(x: FloatArray, y: FloatArray, count: int = MAX_POINTS) -> Pieces:
    """Fits a piecewise linear function through some of the points, so that as much as possible of the score is right.

    Dynamic programming over which points it goes through; the first and the last are among them.

    Args:
        x: inputs, shape `(n,)`, ascending, without repetitions.
        y: outputs, shape `(n,)`, finite.
        count: greatest number of points.
    """
    size = x.size
    if size <= 2:
        return _rounded(x, y)
    cost = _segment_costs(x, y, score_weights(x, y), tolerance(y))
    best = np.full((count, size), np.inf)
    before = np.zeros((count, size), dtype=np.intp)
    best[0, 0] = 0.0
    for place in range(1, count):
        totals = best[place - 1][:, None] + cost
        before[place] = np.argmin(totals, axis=0)
        best[place] = np.take_along_axis(totals, before[place][None], axis=0)[0]
    place = int(np.argmin(best[:, -1] + _POINT_COST * np.arange(count)))
    chosen = [size - 1]
    while place > 0:
        chosen.append(int(before[place, chosen[-1]]))
        place -= 1
    return _rounded(x[chosen[::-1]], y[chosen[::-1]])


def _segment_costs(x: FloatArray, y: FloatArray, weights: FloatArray, allowed: FloatArray) -> FloatArray:
    """Returns what the points between cost if a line joins points i and j, shape `(n, n)`, infinite for i >= j."""
    size = x.size
    cost = np.full((size, size), np.inf)
    for start in range(size - 1):
        ends = np.arange(start + 1, size)
        slopes = (y[ends] - y[start]) / (x[ends] - x[start])
        errors = np.abs(y[start] + slopes[:, None] * (x[ends] - x[start])[None] - y[ends][None]) / allowed[ends][None]
        each = np.where(errors > 1, 1.0, _CLOSENESS * errors * errors) * weights[ends][None]
        # Only points before the end of the segment count.
        each[ends[None] >= ends[:, None]] = 0.0
        cost[start, ends] = each.sum(axis=1)
    return cost


def _rounded(x: FloatArray, y: FloatArray) -> Pieces:
    short = [np.array([float(f"{value:.{_DIGITS}g}") for value in values]) for values in (x, y)]
    keep = np.concatenate([[True], np.diff(short[0]) > 0])
    return Pieces(short[0][keep], short[1][keep])


def worst_gaps(x: FloatArray, y: FloatArray, count: int) -> list[float]:
    """Returns inputs in the middle of the intervals where a straight line between neighbours is least to be trusted.

    Args:
        x: inputs in ascending order, shape `(n,)`, without repetitions.
        y: outputs, shape `(n,)`.
        count: how many inputs are wanted.
    """
    if x.size < 3:
        return []
    slopes = np.diff(y) / np.diff(x)
    bends = np.abs(np.diff(slopes))
    around = np.maximum(np.concatenate([[0.0], bends]), np.concatenate([bends, [0.0]]))
    lengths = np.diff(x)
    allowed = tolerance(y)
    errors = around * lengths / 4 / np.minimum(allowed[1:], allowed[:-1])
    weights = score_weights(x, y)
    value = np.minimum(errors, 3.0) * (weights[1:] + weights[:-1]) + 1e-3 * lengths / 256
    order = np.argsort(-value, kind="stable")[:count]
    return [float((x[index] + x[index + 1]) / 2) for index in order]
