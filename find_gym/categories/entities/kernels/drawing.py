"""Words drawn for unit tests: one that activates a function, two that activate others; and words to be ranked."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_helper, exact_kernel
from find_gym.core.kernels.draws import integer, shuffle


@exact_helper
def _draw_other(words: Any, cursor: Any, others: Any, starts: Any) -> Any:
    """Draws a concept of which there is something left, then one of the words that activate it."""
    row = integer(words, cursor, starts.size - 1)
    return others[starts[row] + integer(words, cursor, starts[row + 1] - starts[row])]


@exact_kernel(
    "void(uint64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], float64[::1], float64,"
    " int64, int64[:, ::1], int64[::1])"
)
def draw_tests(
    words: Any,
    cursor: Any,
    turns: Any,
    own: Any,
    own_starts: Any,
    others: Any,
    other_starts: Any,
    rating: Any,
    margin: float,
    attempts: int,
    places: Any,
    correct: Any,
) -> None:
    """Draws unit tests, each again while the ratings do not tell the right word, as far as they tell any.

    Args:
        words: bits to draw from; see `find_gym.core.kernels.draws`.
        cursor: where they begin.
        turns: the part of the function whose words the right one of each test is drawn from, shape `(n,)`.
        own: the words that activate each part, one part after the other.
        own_starts: where each part begins there, and where the last one ends.
        others: the words that activate other concepts and not the function, one concept after the other.
        other_starts: where each concept begins there, and where the last one ends; none is empty.
        rating: of all words; that of the right one has to be higher than the others'.
        margin: by how much more.
        attempts: how often a test is drawn at most.
        places: where to write the words of each test, shape `(n, 3)`.
        correct: where to write the place of the right one, shape `(n,)`.
    """
    for test in range(turns.size):
        start = own_starts[turns[test]]
        count = own_starts[turns[test] + 1] - start
        right = first = second = 0
        for _ in range(attempts):
            right = own[start + integer(words, cursor, count)]
            first = _draw_other(words, cursor, others, other_starts)
            second = _draw_other(words, cursor, others, other_starts)
            if first != second and rating[right] > max(rating[first], rating[second]) + margin:
                break
        while first == second and cursor[0] <= words.size:
            second = _draw_other(words, cursor, others, other_starts)
        place = integer(words, cursor, 3)
        correct[test] = place
        places[test, 0] = right if place == 0 else first
        places[test, 1] = right if place == 1 else (first if place == 0 else second)
        places[test, 2] = right if place == 2 else second


@exact_kernel("void(uint64[::1], int64[::1], float64[::1], float64, int64, int64[::1])")
def draw_ranked(words: Any, cursor: Any, activations: Any, active: float, half: int, ranked: Any) -> None:
    """Draws words to be ranked.

    Args:
        words: bits to draw from; see `find_gym.core.kernels.draws`.
        cursor: where they begin.
        activations: of the words to draw from, by the function, shape `(n,)`.
        active: words with at least this activation activate it.
        half: how many of these to draw.
        ranked: where to write the places of the words that are drawn, these first.
    """
    sides = np.empty((2, activations.size), np.int64)
    count = 0
    for place in range(activations.size):
        sides[0, count] = sides[1, place - count] = place
        count += 1 if activations[place] >= active else 0
    shuffle(words, cursor, sides[0, :count])
    shuffle(words, cursor, sides[1, : activations.size - count])
    ranked[:half] = sides[0, :half]
    ranked[half:] = sides[1, : ranked.size - half]
