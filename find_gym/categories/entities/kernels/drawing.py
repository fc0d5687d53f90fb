"""Words of unit tests: one that activates a function, and two that activate other concepts instead."""

from __future__ import annotations

from typing import Any

from find_gym.core.kernels.compiling import exact_helper, exact_kernel
from find_gym.core.kernels.draws import integer


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
