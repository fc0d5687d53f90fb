"""Single numbers drawn in compiled loops, the same ones as NumPy's generator would draw.

Loops seed a generator of their own (`seed`, `generate`), or get another one's bits as an array of 64-bit words and a
cursor, int64 of shape `(2,)`: the next word, and the upper half of the last one where only its lower half was used, -1
otherwise. Where the words are used up, all draws are 0 and the cursor goes beyond the end; see
`find_gym.core.draws.draw_in_loop`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from find_gym.core.kernels.compiling import exact_borrowing_helper, exact_helper, exact_kernel

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MANTISSA = np.uint64(11)
# The constants of NumPy's SeedSequence, which are O'Neill's, and of PCG64.
_SHIFT = np.uint64(16)
_FIRST_FACTOR, _FACTOR_GROWTH = np.uint64(0x43B0D7E5), np.uint64(0x931E8875)
_FIRST_OUTPUT_FACTOR, _OUTPUT_FACTOR_GROWTH = np.uint64(0x8B51F9DD), np.uint64(0x58F38DED)
_MIX_LEFT, _MIX_RIGHT = np.uint64(0xCA01F9DD), np.uint64(0x4973F715)
_MULTIPLIER_HIGH, _MULTIPLIER_LOW = np.uint64(0x2360ED051FC65DA4), np.uint64(0x4385DF649FCCF645)
# Generators that run side by side, each as many steps ahead: the multiplier to that power, and the sum of the powers
# below it, which multiplies the increment.
LANES = 32
_LEAP_HIGH, _LEAP_LOW = np.uint64(0x2C82901AD1CB0CD1), np.uint64(0x82B631BA6B261781)
_LEAP_SUM_HIGH, _LEAP_SUM_LOW = np.uint64(0x8B144946FE438D94), np.uint64(0xE2DEEA36E161B7E0)


@exact_borrowing_helper
def next_word(words: Any, cursor: Any) -> Any:
    """Returns the next 64 bits, 0 where there are none."""
    place = cursor[0]
    cursor[0] += 1
    return words[place] if place < words.size else np.uint64(0)


@exact_borrowing_helper
def integer(words: Any, cursor: Any, count: int) -> Any:
    """Draws an integer in [0, count), for a count of 1 to 2**32 - 1, by the method of Lemire."""
    if count <= 1:
        return 0
    wide = np.uint64(count)
    while True:
        if cursor[1] >= 0:
            half = np.uint64(cursor[1])
            cursor[1] = -1
        else:
            word = next_word(words, cursor)
            half = word & _LOW
            cursor[1] = np.int64(word >> _HALF)
        product = half * wide
        left = product & _LOW
        if cursor[0] > words.size:
            return 0
        if left >= wide or left >= (_LOW - wide + np.uint64(1)) % wide:
            return np.int64(product >> _HALF)


@exact_borrowing_helper
def uniform(words: Any, cursor: Any) -> float:
    """Draws a number in [0, 1)."""
    return np.float64(next_word(words, cursor) >> _MANTISSA) * 2.0**-53


@exact_borrowing_helper
def shuffle(words: Any, cursor: Any, values: Any) -> None:
    """Shuffles an array, as `generator.shuffle(values)` does: places are drawn again while they are beyond the last."""
    place, left = cursor[0], cursor[1]
    last = values.size - 1
    mask = np.int64(1)
    while mask < last:
        mask = 2 * mask + 1
    while last > 0:
        if left >= 0:
            half, left = left, np.int64(-1)
        else:
            word = words[place] if place < words.size else np.uint64(0)
            half, left = np.int64(word & _LOW), np.int64(word >> _HALF)
            place += 1
        # Without a branch that goes one way or the other by chance: what is drawn in vain is swapped with itself.
        other = half & mask
        fits = other <= last
        other = other if fits else last
        values[last], values[other] = values[other], values[last]
        last -= 1 if fits else 0
        mask = mask >> 1 if mask >> 1 >= last else mask
    cursor[0], cursor[1] = place, left


@intrinsic
def _upper_half(typing: Any, one: Any, other: Any) -> Any:
    """Returns the upper 64 bits of a product."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(*[builder.zext(argument, wide) for argument in arguments])
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate


# As a loop calls it, without the context of types.
_upper: Any = _upper_half


@exact_helper
def _hashed(value: Any, factor: Any, following: Any) -> Any:
    value = (value ^ factor) * following & _LOW
    return value ^ value >> _SHIFT


@exact_helper
def _mixed(one: Any, other: Any) -> Any:
    value = _MIX_LEFT * one - _MIX_RIGHT * other & _LOW
    return value ^ value >> _SHIFT


@exact_helper
def write_seed(entropy: Any, words: Any) -> None:
    """Writes what `numpy.random.SeedSequence(entropy).generate_state(4, numpy.uint64)` returns.

    Args:
        entropy: uint32 of shape `(n,)`.
        words: where to write it, uint64 of shape `(4,)`.
    """
    pool = np.zeros(4, np.uint64)
    factor = _FIRST_FACTOR
    for i in range(4):
        following = factor * _FACTOR_GROWTH & _LOW
        pool[i] = _hashed(np.uint64(entropy[i]) if i < entropy.size else np.uint64(0), factor, following)
        factor = following
    for i in range(max(entropy.size, 4)):
        for j in range(4):
            if i != j:
                following = factor * _FACTOR_GROWTH & _LOW
                word = pool[i] if i < 4 else np.uint64(entropy[i])
                pool[j] = _mixed(pool[j], _hashed(word, factor, following))
                factor = following
    factor = _FIRST_OUTPUT_FACTOR
    for i in range(4):
        halves = np.zeros(2, np.uint64)
        for j in range(2):
            following = factor * _OUTPUT_FACTOR_GROWTH & _LOW
            halves[j] = _hashed(pool[(2 * i + j) % 4], factor, following)
            factor = following
        words[i] = halves[0] | halves[1] << _HALF


@exact_borrowing_helper
def seed(entropy: Any, state: Any) -> None:
    """Seeds the generator PCG64 as `numpy.random.default_rng` does, by `numpy.random.SeedSequence`.

    Args:
        entropy: uint32 of shape `(n,)`.
        state: where to write the generator's state and increment, upper half first, uint64 of shape `(4,)`.
    """
    write_seed(entropy, state)
    # The increment is odd; the state takes a step before and after its seed is added.
    high, low = state[0], state[1]
    state[2] = state[2] << np.uint64(1) | state[3] >> np.uint64(63)
    state[3] = state[3] << np.uint64(1) | np.uint64(1)
    state[1] = state[3] + low
    state[0] = state[2] + high + np.uint64(state[1] < low)
    generate(state)


@exact_helper
def _product(high: Any, low: Any, other_high: Any, other_low: Any) -> Any:
    """Returns the lower 128 bits of a product, upper half first."""
    return _upper(low, other_low) + high * other_low + low * other_high, low * other_low


@exact_helper
def _step(high: Any, low: Any, increment_high: Any, increment_low: Any) -> Any:
    """Returns the next state of PCG64 (O'Neill 2014), a linear congruential generator of 128 bits."""
    high, low = _product(high, low, _MULTIPLIER_HIGH, _MULTIPLIER_LOW)
    total = low + increment_low
    return high + increment_high + np.uint64(total < low), total


@exact_helper
def _output(high: Any, low: Any) -> Any:
    """Returns the bits that a state stands for (XSL-RR)."""
    word, turn = high ^ low, high >> np.uint64(58)
    return word >> turn | word << (np.uint64(64) - turn & np.uint64(63))


@exact_borrowing_helper
def generate(state: Any) -> Any:
    """Returns the next 64 bits of PCG64."""
    state[0], state[1] = _step(state[0], state[1], state[2], state[3])
    return _output(state[0], state[1])


@exact_helper
def fill(state: Any, words: Any) -> None:
    """Writes the next words of 64 bits after a state, a multiple of `LANES`.

    As each waits for the one before, generators run side by side, each some steps ahead of all others. Their states are
    multiplied in parts of 32 bits: what processors do for several numbers at a time.
    """
    highs, lows = np.empty(LANES, np.uint64), np.empty(LANES, np.uint64)
    high, low = state[0], state[1]
    for lane in range(LANES):
        high, low = _step(high, low, state[2], state[3])
        highs[lane], lows[lane] = high, low
    increment_high, increment_low = _product(state[2], state[3], _LEAP_SUM_HIGH, _LEAP_SUM_LOW)
    leap_left, leap_right = _LEAP_LOW >> _HALF, _LEAP_LOW & _LOW
    for begin in range(0, words.size, LANES):
        block = words[begin : begin + LANES]
        for lane in range(LANES):
            high, low = highs[lane], lows[lane]
            block[lane] = _output(high, low)
            left, right = low >> _HALF, low & _LOW
            least = right * leap_right
            middle = (least >> _HALF) + (right * leap_left & _LOW) + left * leap_right
            upper = left * leap_left + (right * leap_left >> _HALF) + (middle >> _HALF)
            high = upper + high * _LEAP_LOW + low * _LEAP_HIGH
            low = middle << _HALF | least & _LOW
            total = low + increment_low
            highs[lane], lows[lane] = high + increment_high + np.uint64(total < low), total


@exact_kernel("void(uint32[::1], uint64[::1])")
def fill_from_seed(entropy: Any, words: Any) -> None:
    """Writes the first words of a generator that is seeded as `numpy.random.default_rng(entropy)` is; see `fill`."""
    state = np.empty(4, np.uint64)
    seed(entropy, state)
    fill(state, words)


@exact_kernel("void(uint32[::1], uint64[::1])")
def find_seed(entropy: Any, words: Any) -> None:
    """Writes what a generator gets that is seeded as `numpy.random.default_rng(entropy)` is; see `write_seed`."""
    write_seed(entropy, words)
