"""Measuring how often something can be done in a second.

A figure is the best of a few rounds: whatever else the machine does can only slow a round down. Where the work itself
differs from piece to piece, the best round would be that of the easiest pieces, so the mean over all rounds counts.
What is compared takes turns, round by round, so that both meet the same machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Figure:
    """One measurement.

    Attributes:
        name: what was measured.
        per_second: how many of it in a second, the best round or, where the work varies, the mean.
        rounds: all rounds.
        unit: what is counted.
    """

    name: str
    per_second: float
    rounds: tuple[float, ...]
    unit: str


class Clock:
    """Adds up the time of the parts that count."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.count = 0

    def time(self, call: Callable[[], Any], count: int = 1) -> Any:
        """Calls, and adds its time and what it did."""
        started = time.perf_counter()
        result = call()
        self.seconds += time.perf_counter() - started
        self.count += count
        return result


class Work(NamedTuple):
    """Something to measure.

    Attributes:
        name: what it is.
        unit: what is counted.
        do: does some of it; what it gives to the clock counts.
        varies: whether one piece takes longer than another.
    """

    name: str
    unit: str
    do: Callable[[Clock], None]
    varies: bool = False


def measure(works: Sequence[Work], seconds: float, rounds: int) -> list[Figure]:
    """Repeats works in turns, after each was done once: what that compiles or loads is not measured.

    Args:
        works: what to measure.
        seconds: the time of one round of each.
        rounds: the rounds.

    Returns:
        A figure for each work.
    """
    clocks: list[list[Clock]] = [[] for _ in works]
    for work in works:
        work.do(Clock())
    for _ in range(rounds):
        for place, work in enumerate(works):
            clock = Clock()
            started = time.perf_counter()
            while not clock.count or time.perf_counter() - started < seconds:
                work.do(clock)
            clocks[place].append(clock)
    return [_figure(work, known) for work, known in zip(works, clocks, strict=True)]


def _figure(work: Work, clocks: list[Clock]) -> Figure:
    rounds = tuple(clock.count / clock.seconds for clock in clocks)
    mean = sum(clock.count for clock in clocks) / sum(clock.seconds for clock in clocks)
    return Figure(work.name, mean if work.varies else max(rounds), rounds, work.unit)
