"""Sets of numbers as disjoint, sorted intervals, with infinite bounds where they have none."""

from __future__ import annotations

import math
from typing import TypeAlias

Intervals: TypeAlias = "list[tuple[float, float]]"


def below(bound: float) -> Intervals:
    """Returns all numbers below a bound."""
    return [(-math.inf, bound)]


def unite(first: Intervals, second: Intervals) -> Intervals:
    """Returns what is in either set.

    Example:
        >>> unite([(1, 3)], [(2, 5), (7, 8)])
        [(1, 5), (7, 8)]
    """
    united: Intervals = []
    for low, high in sorted([*first, *second]):
        if united and low <= united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], high))
        else:
            united.append((low, high))
    return united


def complement(intervals: Intervals) -> Intervals:
    """Returns what is not in a set.

    Example:
        >>> complement([(1, 3)])
        [(-inf, 1), (3, inf)]
    """
    edges = [-math.inf, *(edge for interval in unite(intervals, []) for edge in interval), math.inf]
    return [(low, high) for low, high in zip(edges[::2], edges[1::2], strict=True) if low < high]


def intersect(first: Intervals, second: Intervals) -> Intervals:
    """Returns what is in both sets.

    Example:
        >>> intersect([(1, 5)], [(-math.inf, 2), (4, 9)])
        [(1, 2), (4, 5)]
    """
    return complement(unite(complement(first), complement(second)))
