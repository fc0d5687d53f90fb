"""How code is asked for its answers to held-out inputs, so that it learns nothing from being asked.

Code may remember its inputs, and the location of held-out inputs is informative: they are dense where the function
departs from its rule. So they come one at a time (see the sandbox), in random order, in the same number for every
function, and among decoys, whose answers are not read.

All draws are seeded by the function's identity, so that the same code always has the same score. Predicting them would
take knowing the function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.core.submissions import PreparedCode
from find_gym.sandbox import Limits, Result, Status

FloatArray = NDArray[np.float64]

ANSWER_SECONDS = 0.5
"""How much processor time code may take for one answer: what never ends costs no more than that."""
DECOY_STREAM = 5
"""Separates these draws from others that are seeded by a function's identity."""


def decoy_generator(identity: bytes) -> np.random.Generator:
    """Returns the generator of a function's decoys and of the order in which inputs are sent."""
    return np.random.default_rng([*np.frombuffer(identity, dtype=np.uint32).tolist(), DECOY_STREAM])


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
