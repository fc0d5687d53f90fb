"""Relations, their exceptions and their exemplars, drawn as numbers and places."""

from __future__ import annotations

from typing import Any

from find_gym.core.kernels.compiling import exact_helper, exact_kernel
from find_gym.core.kernels.generators import choose_places, draw_integer, shuffle


@exact_helper
def _draw_one(generator: int, packed: Any, place: int) -> Any:
    """Draws from a list that is packed as its length and its elements, by its place."""
    return packed[place + 1 + draw_integer(generator, packed[place])]


@exact_kernel("void(int64, int64[::1], int64[::1])")
def draw_exceptions(generator: int, packed: Any, drawn: Any) -> None:
    """Draws a relation and exceptions, each by its attribute first.

    Args:
        generator: draws; see `find_gym.core.kernels.generators`.
        packed: a list of the places of relations. At each of them are the relation's number and a list of the places of
            lists, one for each attribute, of the numbers of conditions. A list is its length and its elements.
        drawn: where to write the numbers of the relation, and of its exceptions, shape `(1 + exceptions,)`; the
            relation's is -1 where it has no conditions.
    """
    place = _draw_one(generator, packed, 0)
    has_conditions = packed[place + 1] > 0
    drawn[0] = packed[place] if has_conditions else -1
    if has_conditions:
        for number in range(1, drawn.size):
            drawn[number] = _draw_one(generator, packed, _draw_one(generator, packed, place + 1))


@exact_kernel("void(int64, int64, int64, int64[:, ::1], int64[::1])")
def draw_words(generator: int, first: int, count: int, others: Any, drawn: Any) -> None:
    """Draws one or two words of a relation and words of others, in random order.

    Args:
        generator: draws; see `find_gym.core.kernels.generators`.
        first: the place of the relation's first word among the words of all relations.
        count: the number of its words.
        others: the same two of each relation whose words are drawn beside them, shape `(relations, 2)`.
        drawn: where to write the places of the words.
    """
    own = min(1 + draw_integer(generator, 2), drawn.size)
    choose_places(generator, count, drawn[:own])
    for number in range(drawn.size):
        if number < own:
            drawn[number] += first
        else:
            relation = draw_integer(generator, others.shape[0])
            drawn[number] = others[relation, 0] + draw_integer(generator, others[relation, 1])
    shuffle(generator, drawn)
