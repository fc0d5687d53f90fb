"""Tables with a row for each input, which are remembered: the probes of a bank come again and again."""

from __future__ import annotations

from collections.abc import Callable
from threading import local

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atom import FloatArray
from find_gym.core.arrays import loop_array
from find_gym.core.late import LateModule

_tabulating = LateModule("find_gym.categories.numeric.kernels.tabulating")

# Inputs that are remembered for each table; more than a bank of probes has.
_MOST = 192


class _UnderWay(local):
    """Fits that are under way: the rows that a thread asks for meanwhile stay where they are.

    Attributes:
        number: that of the fits; 0 where there are none.
    """

    def __init__(self) -> None:
        self.number = self._last = self._depth = 0

    def __enter__(self) -> None:
        if self._depth == 0:
            self.number = self._last = self._last + 1
        self._depth += 1

    def __exit__(self, *error: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            self.number = 0


UNDER_WAY = _UnderWay()


class Columns(local):
    """The values of a family of functions at inputs. Each thread has a table of its own, whose rows are used again.

    Args:
        head: what the first rows of the table are, such as the constants of the functions, shape `(h, g)`.
        compute: takes inputs `(m,)` and returns the values of all g functions at them, `(m, g)`, not finite where
            undefined; those at one input may not depend on the others.
    """

    def __init__(self, head: FloatArray, compute: Callable[[FloatArray], FloatArray]) -> None:
        self._head = head
        self._compute = compute
        self._calls = 0
        self._known: tuple[FloatArray, FloatArray, NDArray[np.int64]] | None = None

    def _empty(self) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
        """Returns a table, the input of each row behind the head, NaN for none, and what is known of who asked."""
        table = np.empty((len(self._head) + _MOST, self._head.shape[1]))
        table[: len(self._head)] = self._head
        return table, np.full(_MOST, np.nan), np.zeros((3, _MOST), dtype=np.int64)

    def rows(self, x: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
        """Returns a table of the head and the values at known inputs, `(m, g)`, and which rows inputs `(n,)` have.

        They stay there while fits are under way, else until the same thread asks for others.
        """
        first = len(self._head)
        rows, missing = np.empty((2, x.size), dtype=np.int64)
        self._calls += 1
        number = UNDER_WAY.number or -self._calls
        # Nobody else has the table while it changes: neither a fit in what computes values or in the handler of a
        # signal, nor the next call where one of these raises an error.
        known, self._known = self._known or self._empty(), None
        table, inputs, marks = known
        count = _tabulating.find_rows(inputs, marks, number, first, loop_array(x), rows, missing)
        if count > 0:
            places = missing[:count]
            table[places] = self._compute(inputs[places - first])
        self._known = known
        if count >= 0:
            return table, rows
        own, places = np.unique(x + 0.0, return_inverse=True)
        return np.concatenate([self._head, self._compute(own)]), first + places

    def at(self, x: FloatArray) -> FloatArray:
        """Returns the values at inputs `(n,)`, shape `(g, n)`."""
        table, rows = self.rows(x)
        return table[rows].T
