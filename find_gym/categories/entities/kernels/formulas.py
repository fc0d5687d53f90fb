"""Formulas over concepts, evaluated at many words at once; see `find_gym.categories.entities.formulas.packed`."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_helper, exact_kernel

CONCEPT, NOT, AND, OR, HALF = range(5)
_DECIMALS = 1e4


@exact_helper
def _combine(operator: int, operands: Any, rows: Any, row: Any) -> None:
    """Writes what an operator makes of some rows."""
    first = rows[operands[0]]
    for i in range(row.size):
        row[i] = 1.0 - first[i] if operator == NOT else first[i]
    weight = 0.5 if operator == HALF else 1.0
    for place in operands[1:]:
        other = rows[place]
        if operator == AND:
            for i in range(row.size):
                row[i] = min(row[i], other[i])
        else:
            for i in range(row.size):
                row[i] = max(row[i], weight * other[i])


@exact_helper
def _evaluate(activations: Any, code: Any, places: Any) -> Any:
    """Returns the activations of all parts of a formula, the whole one last, shape `(parts, places)`."""
    rows = np.empty((code.shape[0], places.size))
    # The parts that are not combined yet.
    stack = np.empty(code.shape[0], np.int64)
    height = 0
    for part in range(code.shape[0]):
        operator, operand = code[part]
        if operator == CONCEPT:
            for i in range(places.size):
                rows[part, i] = activations[operand, places[i]]
        else:
            height -= operand
            _combine(operator, stack[height : height + operand], rows, rows[part])
        stack[height] = part
        height += 1
    return rows


@exact_kernel("void(float64[:, ::1], boolean[::1], int64[:, ::1], float64, int64[::1], float64[::1])")
def evaluate(activations: Any, in_region: Any, code: Any, bias: float, places: Any, values: Any) -> None:
    """Evaluates a function at words.

    Args:
        activations: of all words by each concept, shape `(concepts, words)`.
        in_region: which words are in the biased region, shape `(words,)`; not read where there is no bias.
        code: the formula.
        bias: what is added to the activations of words in the region.
        places: the words, shape `(n,)`.
        values: where to write their activations, to four decimals, shape `(n,)`.
    """
    whole = _evaluate(activations, code, places)[-1]
    for i in range(places.size):
        value = whole[i]
        if bias != 0 and in_region[places[i]]:
            value += bias
        values[i] = np.rint(min(max(value, 0.0), 1.0) * _DECIMALS) / _DECIMALS


@exact_kernel("void(float64[:, ::1], boolean[::1], int64[:, ::1], float64, int64[::1], float64[::1], int64[::1])")
def count_words(
    activations: Any, in_region: Any, code: Any, bias: float, places: Any, bounds: Any, counts: Any
) -> None:
    """Counts the words that activate a function, and those that tell it from the parts of its formula.

    Args:
        activations: of all words by each concept, shape `(concepts, words)`.
        in_region: which words are in the biased region, shape `(words,)`; not read where there is no bias.
        code: the formula.
        bias: what is added to the activations of words in the region.
        places: words, some of which unit tests are made of: these first, shape `(n,)`.
        bounds: from which activation on a word activates the function, below which it does not, and more than what an
            activation differs by where it is told from another one; shape `(3,)`.
        counts: how many words unit tests are made of. Where to write how many words activate the function; how many of
            those of unit tests do, and how many do not; and how many at least tell the whole from a part, the number of
            all words where it has none; shape `(4,)`.
    """
    parts = _evaluate(activations, code, places)
    active, inactive, different = bounds
    tested = counts[0]
    whole = parts[-1].copy()
    rivals = code.shape[0] - 1
    if bias != 0:
        # Without the region it is a part, too.
        rivals += 1
        for i in range(places.size):
            if in_region[places[i]]:
                whole[i] = min(max(whole[i] + bias, 0.0), 1.0)
    counts[:3] = 0
    for i in range(places.size):
        counts[0] += whole[i] >= active
        counts[1] += i < tested and whole[i] >= active
        counts[2] += i < tested and whole[i] < inactive
    counts[3] = places.size
    for rival in range(rivals):
        told = 0
        for i in range(places.size):
            told += abs(whole[i] - parts[rival, i]) > different
        counts[3] = min(counts[3], told)
