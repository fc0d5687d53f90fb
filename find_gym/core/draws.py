"""Draws that samplers of several categories make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

import numpy as np

Key = TypeVar("Key")

# No function that a sampler can list makes up more of the draws, as far as there are others.
MOST_OFTEN = 0.02

# The bits are taken in blocks that double in length, of 64-bit words.
_FIRST_BLOCK, _LONGEST_BLOCK = 256, 2048
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
        self._halves = np.empty(0, dtype=np.uint64)
        self._words: list[int] = []
        # The next word of the block.
        self._next = 0
        # What all halves of the block stand for as picks from some characters, None where some stand for nothing.
        self._picked: dict[str, str | None] = {}

    def integers(self, low: int, high: int | None = None) -> int:
        """Draws an integer below `low`, or from `low` to below `high`; the range is 2**32 - 1 at most."""
        first, count = (0, low) if high is None else (low, high - low)
        if count <= 1:
            return first
        while True:
            half = self._half
            if half is None:
                if self._next == len(self._words):
                    self._take_block()
                word = self._words[self._next]
                self._next += 1
                self._half = word >> _HALF
                half = word & _LOW
            else:
                self._half = None
            product = half * count
            if product & _LOW >= count or product & _LOW >= (_LOW + 1 - count) % count:
                return first + (product >> _HALF)

    def random(self) -> float:
        """Draws a number in [0, 1)."""
        if self._next == len(self._words):
            self._take_block()
        word = self._words[self._next]
        self._next += 1
        return (word >> _MANTISSA[0]) * _MANTISSA[1]

    def randoms(self, count: int) -> list[float]:
        """Draws so many numbers in [0, 1)."""
        last = self._next + count
        if last > len(self._words):
            return [self.random() for _ in range(count)]
        words = self._words[self._next : last]
        self._next = last
        return [(word >> _MANTISSA[0]) * _MANTISSA[1] for word in words]

    def picks(self, characters: str, count: int) -> str:
        """Draws so many characters, each by the integer that is its place.

        Args:
            characters: ASCII characters, at least two.
            count: how many to draw.
        """
        # The half that is left of the last word comes first; the others stand in a row.
        text = characters[self.integers(len(characters))] if count and self._half is not None else ""
        while len(text) < count:
            if self._next == len(self._words):
                self._take_block()
            if characters not in self._picked:
                self._picked[characters] = self._pick_all(characters)
            picked = self._picked[characters]
            if picked is None:
                return text + "".join([characters[self.integers(len(characters))] for _ in range(count - len(text))])
            place = 2 * self._next
            part = picked[place : place + count - len(text)]
            text += part
            self._next += (len(part) + 1) // 2
            if len(part) % 2:
                self._half = self._words[self._next - 1] >> _HALF
        return text

    def give_back(self) -> None:
        """Sets the generator to where it would be had it drawn all numbers itself."""
        self._bits.advance(self._next - len(self._words))
        self._words, self._next = [], 0
        halves: Any = {"has_uint32": int(self._half is not None), "uinteger": self._half or 0}
        self._bits.state = {**self._bits.state, **halves}

    def _take_block(self) -> None:
        size = min(max(2 * len(self._words), _FIRST_BLOCK), _LONGEST_BLOCK)
        block = self._bits.random_raw(size)
        self._words, self._next = block.tolist(), 0
        self._halves = np.empty(2 * size, dtype=np.uint64)
        self._halves[0::2], self._halves[1::2] = block & np.uint64(_LOW), block >> np.uint64(_HALF)
        self._picked = {}

    def _pick_all(self, characters: str) -> str | None:
        products = self._halves * np.uint64(len(characters))
        if products.astype(np.uint32).min() < len(characters):
            return None
        codes = np.frombuffer(characters.encode("ascii"), dtype=np.uint8)
        return codes.take((products >> np.uint64(_HALF)).view(np.int64)).tobytes().decode("ascii")


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
