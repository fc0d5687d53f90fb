"""The exploit: a table of its own queries, handed in as code.

The paper's score lets such a table pass on most functions, because it divides by the uncentred sum of squares. It is
here to show what accuracy, skill and the cap on complexity make of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.category import MAX_NUMERIC_COMPLEXITY
from find_gym.scoring import Submission
from find_gym_agents.base import ScriptedAgent, Solution
from find_gym_agents.interpreters.knots import choose_knots, longest_that_fits, write_list
from find_gym_agents.interpreters.spread import spread_inputs


class LookupAgent(ScriptedAgent):
    """Spends the budget on spread inputs and submits a table; an input gets the output of its nearest neighbour.

    As many rows as the cap on complexity lets pass; they are chosen one by one where the error is greatest.
    """

    def solve(self, budget: int, rng: np.random.Generator) -> Solution:
        """Interprets one function; see `ScriptedAgent.solve`."""
        x, y = np.empty(0), np.empty(0)
        if budget > 0:
            x = spread_inputs(budget)
            y = yield x.tolist()
        return tabulate(x, y)


def tabulate(x: NDArray[np.float64], y: NDArray[np.float64]) -> Submission:
    """Writes a table of the nearest neighbours as code.

    Args:
        x: sorted inputs, shape `(n,)`.
        y: their outputs, shape `(n,)`, NaN where undefined.

    Returns:
        The submission.
    """
    if x.size == 0:
        return Submission("An empty table.", code="def f(x):\n    return 0.0\n")
    # An undefined output stands in the table as a value beyond all others, so that its neighbours differ from it.
    defined = np.isfinite(y)
    beyond = 10.0 * (1.0 + np.max(np.abs(y[defined]), initial=0.0))
    known = np.where(defined, y, beyond)
    return longest_that_fits(lambda count: _write(x, y, known, count), x.size, MAX_NUMERIC_COMPLEXITY)


def _write(x: NDArray[np.float64], y: NDArray[np.float64], known: NDArray[np.float64], count: int) -> Submission:
    rows = choose_knots(x, known, max(count, 1), _nearest)
    values = write_list(y[rows]).replace("nan", "math.nan")
    code = (
        f"import math\n\nINPUTS = {write_list(x[rows])}\nOUTPUTS = {values}\n\n\n"
        "def f(x):\n    return min(zip(INPUTS, OUTPUTS), key=lambda row: abs(row[False] - x))[True]\n"
    )
    return Submission(f"A table of {rows.size} inputs and outputs.", code=code)


def _nearest(x: NDArray[np.float64], knots_x: NDArray[np.float64], knots_y: NDArray[np.float64]) -> NDArray[np.float64]:
    return knots_y[np.abs(x[:, None] - knots_x[None, :]).argmin(axis=1)]
