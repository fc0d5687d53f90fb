"""The paper's own protocol for numeric code, to the letter, so that figures can be compared with the published ones.

Source: Schwettmann et al. 2023 and its reference scripts. The code is evaluated at -127.5, -126.5, …, 127.5; points
where the truth is not finite are dropped. The error is the sum of squared errors over the sum of squared truths
(uncentred), and a function counts as solved below 0.1. Any exception is a failure; the last `def` is called.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.function import NumericBlackBox
from find_gym.core.arrays import loop_array
from find_gym.sandbox import Result, Status, run_code

PAPER_INPUTS: NDArray[np.float64] = np.arange(-127.5, 128.0)
PAPER_THRESHOLD = 0.1
_DEFINITION = re.compile(r"def\s+([A-Za-z_]\w*)\s*\(")


def normalised_squared_error(truth: NDArray[np.float64], predicted: NDArray[np.float64]) -> float:
    """Returns the paper's NMSE, the sum of |y - ŷ|² over the sum of |y|².

    Args:
        truth: true outputs, shape `(n,)`; entries that are not finite are dropped.
        predicted: predicted outputs, shape `(n,)`.

    Returns:
        A non-negative number, infinite or NaN where the prediction is; NaN where no defined truth differs from 0.

    Raises:
        ValueError: there are more or fewer predictions.
    """
    from find_gym.categories.numeric.kernels import counting

    truth = loop_array(truth, len(truth))
    return counting.squared_error(truth, loop_array(predicted, truth.size))


def paper_truth(function: NumericBlackBox, *, noisy: bool, rng: np.random.Generator | None = None) -> Any:
    """Returns the outputs that the paper compares with, shape `(256,)`.

    Args:
        function: the function.
        noisy: whether to score against one noisy draw, as the reference scripts do, so that even the truth fails on a
            third of the noised functions.
        rng: draws that noise.
    """
    return function(PAPER_INPUTS, rng) if noisy else function.truth(PAPER_INPUTS)


def paper_numeric_score(
    code: str,
    function: NumericBlackBox,
    *,
    noisy_truth: bool = False,
    rng: np.random.Generator | None = None,
) -> tuple[float, bool]:
    """Scores code as the paper does. The code runs in the sandbox.

    Args:
        code: Python source; the name after its last `def` is called.
        function: the function that it should compute.
        noisy_truth: whether to compare with one noisy draw of the outputs, as the reference scripts do.
        rng: draws that noise; needed with `noisy_truth`.

    Returns:
        The normalised squared error (infinite after any failure) and whether it counts as success.
    """
    names = _DEFINITION.findall(code)
    if not names:
        return math.inf, False
    truth = paper_truth(function, noisy=noisy_truth, rng=rng)
    result = run_code(code, PAPER_INPUTS.tolist(), entry_point=names[-1])
    return paper_error(truth, result)


def paper_error(truth: NDArray[np.float64], result: Result) -> tuple[float, bool]:
    """Returns the paper's error and success for the outcome of running code on `PAPER_INPUTS`."""
    if result.status is not Status.OK or any(error is not None for error in result.errors):
        return math.inf, False
    try:
        predicted = np.array([_real(value) for value in result.values])
    except TypeError:
        return math.inf, False
    error = normalised_squared_error(truth, predicted)
    return error, error < PAPER_THRESHOLD


def _real(value: Any) -> float:
    """Returns a value as the reference's arithmetic sees it: numbers and truth values, nothing else."""
    if isinstance(value, (int, float)):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    raise TypeError(f"expected a number, actual type: {type(value).__name__}")
