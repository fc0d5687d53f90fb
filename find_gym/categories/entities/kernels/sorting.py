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
        sizes: where to write how many own words, others, and concepts among the others there are; how many words do
            not activate the function; and how many of the others are not the first one of them; shape `(5,)`.
    """
    count, silent = 0, 0
    for place in range(activations.size):
        own[count] = place
        count += 1 if activations[place] >= active else 0
        silent += 1 if activations[place] < inactive else 0
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
    different = 0
    for index in range(1, end):
        different += 1 if others[index] != others[0] else 0
    sizes[1], sizes[2], sizes[3], sizes[4] = end, concepts, silent, different


@exact_kernel("void(float64[:, ::1], int64[::1], int64[::1], int64[::1])")
def divide_words(activations: Any, words: Any, divided: Any, starts: Any) -> None:
    """Divides words among the parts of a function that they activate most, the first one where it is several.

    Args:
        activations: of the words, by each part, shape `(parts, n)`.
        words: their places, shape `(n,)`.
        divided: where to write these, one part after the other, shape `(n,)`.
        starts: where to write where each part begins there, and where the last one ends, shape `(parts + 1,)`.
    """
    end = 0
    for part in range(activations.shape[0]):
        starts[part] = end
        for i in range(words.size):
            best = 0
            for other in range(1, activations.shape[0]):
                best = other if activations[other, i] > activations[best, i] else best
            if best == part:
                divided[end] = words[i]
                end += 1
    starts[-1] = end
