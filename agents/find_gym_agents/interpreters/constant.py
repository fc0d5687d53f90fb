"""The best trivial interpreter: one constant."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.inputs import tolerance_of
from find_gym.categories.numeric.spread import spread_of
from find_gym.scoring import Submission
from find_gym_agents.base import ScriptedAgent, Solution
from find_gym_agents.interpreters.spread import spread_inputs

_QUERIES = 16


class ConstantAgent(ScriptedAgent):
    """Asks 16 spread inputs and submits the constant that is right, within the tolerance, for the most of them."""

    def solve(self, budget: int, rng: np.random.Generator) -> Solution:
        """Interprets one function; see `ScriptedAgent.solve`."""
        outputs = np.empty(0)
        if budget > 0:
            outputs = yield spread_inputs(min(budget, _QUERIES)).tolist()
        value = best_constant(outputs)
        if math.isnan(value):
            return Submission("The function is undefined.", code="import math\n\n\ndef f(x):\n    return math.nan\n")
        return Submission(f"The function is about {value:g} everywhere.", code=f"def f(x):\n    return {value!r}\n")


def best_constant(outputs: NDArray[np.float64]) -> float:
    """Returns the output that is within the scoring tolerance of the most others; NaN where most are undefined.

    Args:
        outputs: what was answered, shape `(n,)`, NaN where undefined.

    Returns:
        The median of the outputs that the best one is right for; 0 where there are none.

    Example:
        >>> best_constant(np.array([3.0, 3.0, 8.0, np.nan]))
        3.0
    """
    if outputs.size == 0:
        return 0.0
    values = outputs[np.isfinite(outputs)]
    if values.size < outputs.size - values.size:
        return math.nan
    tolerance = tolerance_of(values, spread_of(values))
    right = np.abs(values[:, None] - values[None, :]) <= tolerance[None, :]
    best = int(right.sum(axis=1).argmax())
    return float(f"{np.median(values[right[best]]):.6g}")
