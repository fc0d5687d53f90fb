"""Single numbers drawn in compiled loops, the same ones as NumPy's generator would draw.

Loops get the generator's bits as an array of 64-bit words and a cursor, int64 of shape `(2,)`: the next word, and the
upper half of the last one where only its lower half was used, -1 otherwise. Where the words are used up, all draws are
0 and the cursor goes beyond the end; see `find_gym.core.draws.draw_in_loop`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_helper

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MANTISSA = np.uint64(11)


@exact_helper
def next_word(words: Any, cursor: Any) -> Any:
    """Returns the next 64 bits, 0 where there are none."""
    place = cursor[0]
    cursor[0] += 1
    return words[place] if place < words.size else np.uint64(0)


@exact_helper
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


@exact_helper
def uniform(words: Any, cursor: Any) -> float:
    """Draws a number in [0, 1)."""
    return np.float64(next_word(words, cursor) >> _MANTISSA) * 2.0**-53
