"""Draws that samplers of several categories make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

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
        self._bits, self._half = _taken_up(rng)
        self._words: list[int] = []
        # The next word of the block.
        self._next = 0

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

    def give_back(self) -> None:
        """Sets the generator to where it would be had it drawn all numbers itself."""
        _leave(self._bits, self._next - len(self._words), self._half)
        self._words, self._next = [], 0

    def _take_block(self) -> None:
        size = min(max(2 * len(self._words), _FIRST_BLOCK), _LONGEST_BLOCK)
        self._words, self._next = self._bits.random_raw(size).tolist(), 0


def address_of(rng: np.random.Generator) -> int:
    """Returns what compiled loops draw from; see `find_gym.core.kernels.generators`. It is good as long as `rng` is."""
    return rng.bit_generator.ctypes.bit_generator.value  # type: ignore[no-any-return]


def draw_in_loop(
    rng: np.random.Generator, size: int, loop: Callable[[NDArray[np.uint64], NDArray[np.int64]], None]
) -> None:
    """Lets a compiled loop draw what it would get from the generator itself, whose state is then as if it had.

    Args:
        rng: a generator of the kind PCG64, as `default_rng` makes it.
        size: the words of 64 bits that the loop will hardly need more than.
        loop: draws from words, uint64 of shape `(n,)`, and a cursor; see `find_gym.core.kernels.draws`. It is called
            again, with more words, where these were not enough.
    """
    bits, half = _taken_up(rng)
    before = bits.state
    while True:
        words = bits.random_raw(size)
        cursor = np.array([0, -1 if half is None else half], dtype=np.int64)
        loop(words, cursor)
        used, rest = cursor.tolist()
        if used <= size:
            return _leave(bits, used - size, None if rest < 0 else rest)
        bits.state = before
        size *= 2


def _taken_up(rng: np.random.Generator) -> tuple[np.random.PCG64, int | None]:
    """Returns the bits of a generator, and the half of its last 64 bits that is left."""
    bits = rng.bit_generator
    if not isinstance(bits, np.random.PCG64):
        raise TypeError(f"expected a generator with PCG64, actual: {type(bits).__name__}")
    state = bits.state
    return bits, state["uinteger"] if state["has_uint32"] else None


def _leave(bits: np.random.PCG64, steps: int, half: int | None) -> None:
    """Moves the bits of a generator by so many words, and leaves it a half of 64 bits."""
    bits.advance(steps)
    halves: Any = {"has_uint32": int(half is not None), "uinteger": half or 0}
    bits.state = {**bits.state, **halves}


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
