"""How code is asked for its answers to held-out inputs, so that it learns nothing from being asked.

Code may remember its inputs, and the location of held-out inputs is informative: they are dense where the function
departs from its rule. So they come one at a time (see the sandbox), in random order, in the same number for every
function, and among decoys, whose answers are not read.

All draws are seeded by the function's identity, so that the same code always has the same score. Predicting them would
take knowing the function.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.function import QUERY_RANGE
from find_gym.categories.numeric.inputs import POINTS_PER_STRATUM
from find_gym.categories.strings.function import StringFunction
from find_gym.categories.strings.inputs import balanced_inputs
from find_gym.categories.strings.sampling import sample_string
from find_gym.core.submissions import PreparedCode
from find_gym.sandbox import Limits, Result, Status

FloatArray = NDArray[np.float64]

CROWD = 1536
"""How many inputs numeric code gets from the stratum "exception" and its decoys together."""
ANSWER_SECONDS = 0.5
"""How much processor time code may take for one answer: what never ends costs no more than that."""
STRING_DECOYS = 3
"""From how many other functions the decoys among strings come, with as many inputs each as the function itself."""
_STRING_POOL = 24
# Separates these draws from others that are seeded by a function's identity.
_STREAM = 5


def decoy_generator(identity: bytes) -> np.random.Generator:
    """Returns the generator of a function's decoys and of the order in which inputs are sent."""
    return np.random.default_rng([*np.frombuffer(identity, dtype=np.uint32).tolist(), _STREAM])


def numeric_decoys(rng: np.random.Generator, pieces: FloatArray) -> FloatArray:
    """Draws decoys among which the inputs of the stratum "exception" are spread evenly over the query range.

    They fill the range outside of the exception as densely as these inputs fill the exception, if that is at least a
    sixteenth of the range; a narrower one stands out less than without them.

    Args:
        rng: draws them.
        pieces: the exception as disjoint intervals, shape `(k, 2)`, sorted; none where there is no exception.

    Returns:
        `CROWD` inputs, less the `POINTS_PER_STRATUM` of an exception if there is one.
    """
    low, high = QUERY_RANGE
    widths = np.diff([low, *pieces.ravel().tolist(), high])
    inside = np.arange(widths.size) % 2 == 1
    held_out = POINTS_PER_STRATUM if pieces.size else 0
    weights = widths * CROWD / (high - low)
    if held_out:
        weights[inside] *= max(0.0, 1 - held_out / weights[inside].sum())
        outside = weights[~inside].sum()
        if outside > 0:
            weights[~inside] *= (CROWD - held_out - weights[inside].sum()) / outside
    piece = rng.choice(widths.size, size=CROWD - held_out, p=weights / weights.sum())
    starts = np.cumsum(widths) - widths + low
    return starts[piece] + widths[piece] * rng.random(piece.size)


def string_decoys(rng: np.random.Generator, count: int) -> list[str]:
    """Draws decoys among strings: `count` inputs each that reveal what `STRING_DECOYS` other functions do."""
    pool = _string_pool(count)
    return [text for index in rng.permutation(len(pool))[:STRING_DECOYS] for text in pool[index]]


@lru_cache
def _string_pool(count: int) -> list[list[str]]:
    rng = np.random.default_rng(_STREAM)
    functions = [StringFunction(sample_string(rng)) for _ in range(_STRING_POOL)]
    return [balanced_inputs(rng, count, function.truth, function.sides) for function in functions]


def run_held_out(code: PreparedCode, inputs: Sequence[Any], decoys: Sequence[Any], rng: np.random.Generator) -> Result:
    """Runs code on inputs among decoys, in random order.

    Args:
        code: what was submitted.
        inputs: held-out inputs.
        decoys: other inputs; what the code may use grows with their number.
        rng: draws the order.

    Returns:
        The result for the inputs, in their order; what code that answers each input by itself has without decoys. Its
        messages say nothing of the inputs.

    Raises:
        SandboxError: the sandbox itself failed.
    """
    sent = [*inputs, *decoys]
    order = rng.permutation(len(sent))
    share = len(sent) / len(inputs)
    usual = Limits()
    limits = Limits(
        cpu_seconds=usual.cpu_seconds * share,
        answer_seconds=ANSWER_SECONDS,
        output_bytes=int(usual.output_bytes * share),
    )
    result = code.run([sent[index] for index in order], limits)
    place = np.argsort(order)[: len(inputs)].tolist()
    values = tuple(result.values[index] for index in place)
    errors = tuple(result.errors[index] and "an exception" for index in place)
    status, message = result.status, result.discreet_message
    if status is Status.OK and None not in errors:
        status, message = Status.RAISED, "raised on every input"
    return Result(status, values, errors, message, message)
