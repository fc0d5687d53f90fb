"""Backfitting: parts of a sum or product are estimated in turn, each with the others held, then refined together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.fitting.called_back import CalledBack
from find_gym.categories.numeric.fitting.compiled_atoms import CompiledAtom
from find_gym.categories.numeric.fitting.refinement import Answer
from find_gym.categories.numeric.kernels import alternating

# How many times each part is estimated before all constants are refined at once.
_SWEEPS = 3
# Gauss-Newton steps for each start.
_STEPS = 16

# Which part is estimated first, the values that each part is taken to have then, and the weights of the inputs.
Start = tuple[int, list[FloatArray], FloatArray]


class Parts:
    """The parts of a sum or product as `find_gym.categories.numeric.kernels.alternating.alternate` takes them.

    Args:
        rules: the parts, from left to right.
        product: whether it is a product.

    Attributes:
        size: how many constants the parts have at most.
    """

    def __init__(self, rules: Sequence[CompiledAtom | CalledBack], product: bool) -> None:
        self._rules = tuple(rules)
        self._product = product
        self._codes = np.concatenate([rule.rule for rule in rules])
        self._bounds = np.cumsum([0, *[rule.rule.size for rule in rules]])
        self.size = sum([rule.limits.shape[1] for rule in rules])
        self._row = max([rule.row for rule in rules])

    def fit(self, points: FloatArray, starts: Sequence[Start], degree: int, *, polish: bool) -> list[Answer]:
        """Fits the constants from several starts.

        Args:
            points: inputs, what the rule times factors should be, and factors, shape `(3, n)`.
            starts: where to start.
            degree: the greatest degree of polynomials.
            polish: whether to estimate each part several times, and to refine the constants at the end.

        Returns:
            The constants of the atoms from left to right, and their misfits, in the order of the starts; those from
            which nothing was found are left out.
        """
        # Tables have to live until the kernel returns.
        known = [rule.table(points[0]) for rule in self._rules]
        tables = np.array([(table.__array_interface__["data"][0], *table.shape) for table, _ in known])
        answers, costs = np.empty((len(starts), len(known), self._row)), np.empty(len(starts))
        alternating.alternate(
            self._codes, self._bounds, tables, np.array([rows for _, rows in known]), points,
            np.array([[*values, weights] for _, values, weights in starts]), np.array([start[0] for start in starts]),
            self._product, degree, _SWEEPS if polish else 1, _STEPS if polish else 0, answers, costs,
        )  # fmt: skip
        return [
            ([leaf for rule, row in zip(self._rules, rows, strict=True) for leaf in rule.constants(row)], cost)
            for rows, cost in zip(answers.tolist(), costs.tolist(), strict=True)
            if cost < np.inf
        ]
