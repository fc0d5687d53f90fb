"""Draws that samplers of several categories make."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray

from find_gym.core.late import LateModule

_loops = LateModule("find_gym.core.kernels.draws")

Key = TypeVar("Key")
Loop: TypeAlias = Callable[[NDArray[np.uint64], NDArray[np.int64]], None]

# A range of decimals: the first one as a multiple of the unit, how many they are, how many units 1 has (for integers 1)
# and whether 0 is left out.
Decimals: TypeAlias = tuple[int, int, int, bool]

# No function that a sampler can list makes up more of the draws, as far as there are others.
MOST_OFTEN = 0.02

_HALF, _LOW = 32, (1 << 32) - 1


class Draws(Protocol):
    """What is needed of a generator; `numpy.random.Generator` has it."""

    def integers(self, low: int, high: int | None = None) -> int:
        """Draws an integer below `low`, or from `low` to below `high`."""

    def random(self) -> float:
        """Draws a number in [0, 1)."""


class SingleDraws:
    """Draws single numbers, the same ones as the generator itself would, several times as fast.

    NumPy takes a microsecond for each integer. This calls the generator's own functions, of NumPy's public C API, and
    does with 32 bits what NumPy does: the method of Lemire ("Fast Random Integer Generation in an Interval", ACM
    Transactions on Modeling and Computer Simulation 29, 2019). The generator moves on as if it had drawn the number.

    Attributes:
        rng: the generator.
    """

    __slots__ = ("_next_32", "_next_64", "_next_double", "_state", "rng")

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        bits = rng.bit_generator
        self._next_32, self._next_64, self._next_double = _FUNCTIONS.get(type(bits)) or _find_functions(bits)
        self._state = bits.ctypes.state_address

    def random(self) -> float:
        """Draws a number in [0, 1)."""
        return self._next_double(self._state)

    def integers(self, low: int, high: int | None = None) -> int:
        """Draws an integer below `low`, or from `low` to below `high`; the range is 2**32 - 1 at most."""
        first, count = (0, low) if high is None else (low, high - low)
        if count <= 1:
            return first
        product = self._next_32(self._state) * count
        if product & _LOW < count:
            least = (_LOW + 1 - count) % count
            while product & _LOW < least:
                product = self._next_32(self._state) * count
        return first + (product >> _HALF)

    def decimals(self, ranges: Iterable[Decimals]) -> tuple[float, ...]:
        """Draws a number of each range, as `integers` would draw the multiple of its unit, in less time.

        That is an integer, which is divided by a power of ten: the same bytes on every platform.
        """
        next_32, state, drawn = self._next_32, self._state, []
        for first, count, scale, nonzero in ranges:
            while True:
                product = next_32(state) * count if count > 1 else 0
                if product & _LOW < count and product & _LOW < (_LOW + 1 - count) % count:
                    continue
                step = first + (product >> _HALF)
                if step or not nonzero:
                    break
            drawn.append(step / scale if scale > 1 else step)
        return tuple(drawn)

    def seed(self) -> int:
        """Draws a seed, an integer below 2**63."""
        return self._next_64(self._state) >> 1


_Functions: TypeAlias = tuple[Callable[[int], int], Callable[[int], int], Callable[[int], float]]
# The functions that give the next 32 and 64 bits, and the next number in [0, 1), of NumPy's kinds of generators; others
# may have them for each generator. They keep the interpreter's lock, whose return may take as long as thousands of
# draws where other threads wait for it.
_FUNCTIONS: dict[type, _Functions] = {}
_KINDS = tuple(
    ctypes.PYFUNCTYPE(result, ctypes.c_void_p) for result in (ctypes.c_uint32, ctypes.c_uint64, ctypes.c_double)
)


def _find_functions(bits: Any) -> _Functions:
    found = (bits.ctypes.next_uint32, bits.ctypes.next_uint64, bits.ctypes.next_double)
    functions: Any = tuple(ctypes.cast(function, kind) for function, kind in zip(found, _KINDS, strict=True))
    if type(bits).__module__.startswith("numpy.random."):
        _FUNCTIONS[type(bits)] = functions
    return functions  # type: ignore[no-any-return]


def address_of(rng: np.random.Generator) -> int:
    """Returns what compiled loops draw from; see `find_gym.core.kernels.generators`. It is good as long as `rng` is.

    Loops run without the interpreter's lock, and other threads may use the generator as well: whoever lets a loop draw
    from it holds `rng.bit_generator.lock`, as NumPy does.
    """
    return _address_in(rng.bit_generator.capsule, b"BitGenerator")


# A generator's attribute `ctypes` has the address as well, but takes several times as long where it is new.
_address_in: Callable[[object, bytes], int] = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


class _Seed(ISeedSequence):
    """A seed that is known already."""

    def __init__(self, words: NDArray[np.uint64]) -> None:
        self._words = words

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[np.uint64]:
        return self._words


def seeded_generator(*entropy: int) -> np.random.Generator:
    """Returns `numpy.random.default_rng(entropy)`, several times as fast, but for its method `spawn`.

    Args:
        entropy: non-negative integers.

    Raises:
        ValueError: an integer is negative.
    """
    if min(entropy) < 0:
        raise ValueError(f"expected non-negative integers, actual: {entropy!r}")
    halves: list[int] = []
    for integer in entropy:
        halves.append(integer & _LOW)
        while integer := integer >> _HALF:
            halves.append(integer & _LOW)
    words = np.empty(4, dtype=np.uint64)
    _loops.find_seed(np.array(halves, dtype=np.uint32), words)
    # NumPy takes any `ISeedSequence`, which its annotations leave out.
    seed: Any = _Seed(words)
    return np.random.Generator(np.random.PCG64(seed))


class SeededBits:
    """The bits of `numpy.random.default_rng(entropy)` for compiled loops; to make the generator takes much longer.

    Args:
        entropy: seeds them, uint32 of shape `(n,)`.
    """

    def __init__(self, entropy: NDArray[np.uint32]) -> None:
        self._entropy = entropy
        self._cursor = np.array([0, -1], dtype=np.int64)

    def draw(self, size: int, loop: Loop) -> None:
        """Lets a compiled loop draw what it would get from the generator itself; see `draw_in_loop`."""
        size += int(self._cursor[0])
        while True:
            words, cursor = np.empty(size + -size % _loops.LANES, dtype=np.uint64), self._cursor.copy()
            _loops.fill_from_seed(self._entropy, words)
            loop(words, cursor)
            if cursor[0] <= words.size:
                self._cursor = cursor
                return
            size *= 2


def draw_in_loop(rng: np.random.Generator | SeededBits, size: int, loop: Loop) -> None:
    """Lets a compiled loop draw what it would get from the generator itself, whose state is then as if it had.

    Args:
        rng: a generator of the kind PCG64, as `default_rng` makes it, or its bits.
        size: the words of 64 bits that the loop will hardly need more than.
        loop: draws from words, uint64 of shape `(n,)`, and a cursor; see `find_gym.core.kernels.draws`. It is called
            again, with more words, where these were not enough.
    """
    if isinstance(rng, SeededBits):
        return rng.draw(size, loop)
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


def choose(rng: Draws, shares: Mapping[Key, float]) -> Key:
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
