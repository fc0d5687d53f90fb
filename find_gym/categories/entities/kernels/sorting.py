"""Held-out words, sorted by whether they activate a function."""

from __future__ import annotations

from typing import Any

from find_gym.core.kernels.compiling import exact_kernel


@exact_kernel(
    "void(float64[::1], float64, float64, int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1])"
)
def sort_words(
    activations: Any,
    active: float,
    inactive: float,
    places: Any,
    starts: Any,
    own: Any,
    others: Any,
    other_starts: Any,
    sizes: Any,
) -> None:
    """Finds the words that activate a function, and those that activate other concepts instead.

    Args:
        activations: of the words, by the function, shape `(n,)`.
        active: words with at least this activation activate it.
        inactive: words below this do not.
        places: the words that activate each concept, one concept after the other.
        starts: where each concept begins there, and where the last one ends.
        own: where to write the words that activate the function, shape `(n,)`.
        others: where to write those of `places` that do not, of the shape of `places`.
        other_starts: where to write where each concept begins there, and where the last one ends, without those of
            which there is nothing left; of the shape of `starts`.
        sizes: where to write how many own words, others, and concepts among the others there are, shape `(3,)`.
    """
    count = 0
    for place in range(activations.size):
        own[count] = place
        count += 1 if activations[place] >= active else 0
    sizes[0] = count
    end, concepts = 0, 0
    other_starts[0] = 0
    for concept in range(starts.size - 1):
        for index in range(starts[concept], starts[concept + 1]):
            others[end] = places[index]
            end += 1 if activations[places[index]] < inactive else 0
        if end > other_starts[concepts]:
            concepts += 1
            other_starts[concepts] = end
    sizes[1], sizes[2] = end, concepts
