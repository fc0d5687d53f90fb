"""Tables with a column for each input, which are remembered: the probes of a bank come again and again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from find_gym.categories.numeric.atom import FloatArray

# Inputs that are remembered for each table; more than a bank of probes has.
_MOST = 192


class Columns:
    """The values of a family of functions at inputs.

    Args:
        compute: takes inputs `(m,)` and returns the values of all g functions at them, `(m, g)`; those at one input may
            not depend on the others.
    """

    def __init__(self, compute: Callable[[FloatArray], FloatArray]) -> None:
        self._compute = compute
        self._known: dict[float, FloatArray] = {}

    def at(self, x: FloatArray) -> FloatArray:
        """Returns the values at inputs `(n,)`, n > 0, of shape `(g, n)`."""
        inputs = x.tolist()
        columns = {value: column for value in inputs if (column := self._known.get(value)) is not None}
        if missing := [value for value in dict.fromkeys(inputs) if value not in columns]:
            fresh = dict(zip(missing, self._compute(np.array(missing)), strict=True))
            columns.update(fresh)
            if len(self._known) + len(fresh) > _MOST:
                self._known.clear()
            self._known.update(fresh)
        return np.array([columns[value] for value in inputs]).T
