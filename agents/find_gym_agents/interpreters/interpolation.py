"""Straight lines between queries: evenly spaced ones, or those that matter most."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.category import MAX_NUMERIC_COMPLEXITY
from find_gym.functions import QUERY_RANGE
from find_gym.scoring import Submission
from find_gym_agents.base import ScriptedAgent, Solution
from find_gym_agents.interpreters.knots import choose_knots, defined_span, longest_that_fits, write_list
from find_gym_agents.interpreters.spread import spread_inputs

MAX_KNOTS = 24


class InterpolationAgent(ScriptedAgent):
    """The naive interpreter: linear interpolation between evenly spaced queries.

    It asks as many as the cap on complexity lets pass, and no more.
    """

    def solve(self, budget: int, rng: np.random.Generator) -> Solution:
        """Interprets one function; see `ScriptedAgent.solve`."""
        x, y = np.empty(0), np.empty(0)
        if budget > 0:
            x = np.linspace(*QUERY_RANGE, min(budget, MAX_KNOTS)) if budget > 1 else np.zeros(1)
            y = yield x.tolist()
        return interpolate(x, y)


class PiecewiseAgent(ScriptedAgent):
    """Spends the budget on spread inputs and submits linear interpolation through the knots that matter most.

    As many knots as the cap on complexity lets pass, 24 at most; they are chosen one by one where the error is
    greatest. Not naive any more: for functions made of few straight lines, it is the right model.
    """

    def solve(self, budget: int, rng: np.random.Generator) -> Solution:
        """Interprets one function; see `ScriptedAgent.solve`."""
        x, y = np.empty(0), np.empty(0)
        if budget > 0:
            x = spread_inputs(budget)
            y = yield x.tolist()
        return interpolate(x, y)


def interpolate(x: NDArray[np.float64], y: NDArray[np.float64]) -> Submission:
    """Writes linear interpolation as code.

    Args:
        x: sorted inputs, shape `(n,)`.
        y: their outputs, shape `(n,)`, NaN where undefined.

    Returns:
        The submission. Below the first and above the last defined output it is undefined where the queries were.
    """
    defined = np.isfinite(y)
    if not defined.any():
        value = "math.nan" if x.size else "0.0"
        return Submission("Nothing is known.", code=f"import math\n\n\ndef f(x):\n    return {value}\n")
    low, high = defined_span(x, defined)
    guards = [f"x < {low!r}"] if low is not None else []
    guards += [f"x > {high!r}"] if high is not None else []
    most = min(MAX_KNOTS, int(defined.sum()))
    return longest_that_fits(lambda count: _write(x[defined], y[defined], guards, count), most, MAX_NUMERIC_COMPLEXITY)


def _write(x: NDArray[np.float64], y: NDArray[np.float64], guards: list[str], count: int) -> Submission:
    knots = choose_knots(x, y, max(count, 1), _predict)
    xs, ys = x[knots], y[knots]
    lines = ["import math", "import numpy as np\n\n", "def f(x):"]
    if guards:
        lines += [f"    if {' or '.join(guards)}:", "        return math.nan"]
    lines += [f"    return float(np.interp(x, {write_list(xs)}, {write_list(ys)}))\n"]
    return Submission(f"Straight lines between {xs.size} points.", code="\n".join(lines))


def _predict(x: NDArray[np.float64], knots_x: NDArray[np.float64], knots_y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.interp(x, knots_x, knots_y)
