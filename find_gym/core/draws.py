"""Draws that samplers of several categories make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

import numpy as np

Key = TypeVar("Key")

# No function that a sampler can list makes up more of the draws, as far as there are others.
MOST_OFTEN = 0.02

_BLOCK = 256
_HALF, _LOW = 32, (1 << 32) - 1
_MANTISSA = 11, 2.0**-53


class Draws(Protocol):
    """What is needed of a generator; `numpy.random.Generator` has it."""

    def integers(self, low: int, high: int | None = None) -> int:
        """Draws an integer below `low`, or from `low` to below `high`."""

    def random(self) -> float:
        """Draws a number in [0, 1)."""


class SingleDraws:
    """Draws single numbers, the same ones as the generator itself would, several times as fast.

    Numpy takes a microsecond for each call. This takes the generator's bits in blocks, and does with them what numpy
    does: the halves of 64 bits in turn for integers, by the method of Lemire ("Fast Random Integer Generation in an
    Interval", ACM Transactions on Modeling and Computer Simulation 29, 2019), the upper 53 bits for `random`.

    Args:
        rng: a generator of the kind PCG64, as `default_rng` makes it. It is not to be used before `give_back`: more of
            its bits are taken than are needed.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        bits = rng.bit_generator
        if not isinstance(bits, np.random.PCG64):
            raise TypeError(f"expected a generator with PCG64, actual: {type(bits).__name__}")
        self._bits = bits
        state = bits.state
        self._half: int | None = state["uinteger"] if state["has_uint32"] else None
        self._words: list[int] = []

    def integers(self, low: int, high: int | None = None) -> int:
        """Draws an integer below `low`, or from `low` to below `high`; the range is 2**32 - 1 at most."""
        first, count = (0, low) if high is None else (low, high - low)
        if count <= 1:
            return first
        product = self._next_half() * count
        if product & _LOW < count:
            least = (_LOW + 1 - count) % count
            while product & _LOW < least:
                product = self._next_half() * count
        return first + (product >> _HALF)

    def random(self) -> float:
        """Draws a number in [0, 1)."""
        return (self._next() >> _MANTISSA[0]) * _MANTISSA[1]

    def give_back(self) -> None:
        """Sets the generator to where it would be had it drawn all numbers itself."""
        self._bits.advance(-len(self._words))
        self._words = []
        halves: Any = {"has_uint32": int(self._half is not None), "uinteger": self._half or 0}
        self._bits.state = {**self._bits.state, **halves}

    def _next(self) -> int:
        if not self._words:
            self._words = self._bits.random_raw(_BLOCK)[::-1].tolist()
        return self._words.pop()

    def _next_half(self) -> int:
        half = self._half
        if half is not None:
            self._half = None
            return half
        word = self._next()
        self._half = word >> _HALF
        return word & _LOW


def bounded_shares(shares: Mapping[Key, float], bounds: Mapping[Key, float]) -> dict[Key, float]:
    """Lowers shares to their bounds, and raises the others in proportion.

    Args:
        shares: non-negative shares, at least one of them positive.
        bounds: the most that a share may be of the whole; those of keys that are not there are not bounded.

    Returns:
        Shares that sum to 1. Where the bounds leave no other way they are in proportion to the bounds, and where those
        are 0 as they were.

    Example:
        >>> bounded_shares({"few": 2, "some": 1, "many": 1}, {"few": 0.2})
        {'few': 0.2, 'some': 0.4, 'many': 0.4}
    """
    whole = sum(shares.values())
    kept = {key: share / whole for key, share in shares.items()}
    bounded: dict[Key, float] = {}
    while over := [k for k in kept if k not in bounded and kept[k] > bounds.get(k, 1.0) + 1e-12]:
        bounded |= {key: bounds[key] for key in over}
        free = {key: shares[key] for key in kept if key not in bounded and shares[key] > 0}
        total = sum(free.values()) if free else sum(bounded.values())
        if not free:
            return {key: bounded.get(key, 0.0) / total for key in kept} if total else kept
        left = 1 - sum(bounded.values())
        kept = {key: bounded.get(key, left * free.get(key, 0.0) / total) for key in kept}
    return kept


def choose(rng: np.random.Generator, shares: Mapping[Key, float]) -> Key:
    """Draws a key with probability proportional to its share.

    Args:
        rng: the source of randomness; one number is drawn.
        shares: non-negative shares, at least one of them positive.
    """
    threshold = rng.random() * sum(shares.values())
    for key, share in shares.items():
        threshold -= share
        if threshold < 0:
            return key
    return next(key for key, share in reversed(list(shares.items())) if share > 0)
