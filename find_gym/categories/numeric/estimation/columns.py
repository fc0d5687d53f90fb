"""Tables with a row for each input, which are remembered: the probes of a bank come again and again."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atom import FloatArray

# Inputs that are remembered for each table; more than a bank of probes has.
_MOST = 192


class Columns:
    """The values of a family of functions at inputs.

    Args:
        head: what the first rows of the table are, such as the constants of the functions, shape `(h, g)`.
        compute: takes inputs `(m,)` and returns the values of all g functions at them, `(m, g)`; those at one input may
            not depend on the others.
    """

    def __init__(self, head: FloatArray, compute: Callable[[FloatArray], FloatArray]) -> None:
        self._head = head
        self._compute = compute
        self._places: dict[float, int] = {}
        # Inputs that were asked for more than once: when the table is full, these stay.
        self._again: set[float] = set()
        self._table: FloatArray = np.empty((0, head.shape[1]))
        # The inputs of the last call, and their rows: a screening asks for the same ones again and again.
        self._last: tuple[bytes, NDArray[np.int64]] = b"", np.empty(0, dtype=np.int64)
        self._lock = Lock()

    def rows(self, x: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
        """Returns a table of the head and the values at known inputs, `(m, g)`, and which rows inputs `(n,)` have."""
        with self._lock:
            key = x.tobytes()
            if key != self._last[0]:
                self._last = key, self._rows(x.tolist())
            return self._table, self._last[1]

    def _rows(self, inputs: list[float]) -> NDArray[np.int64]:
        """Returns which rows of the table inputs have, which are worked out where they are missing."""
        places = self._places
        rows = [places.get(value, -1) for value in inputs]
        if -1 in rows:
            self._again.update([value for value, row in zip(inputs, rows, strict=True) if row >= 0])
            if not places or len(places) + rows.count(-1) > _MOST:
                self._begin_table(len(inputs))
            missing = [value for value in dict.fromkeys(inputs) if value not in places]
            first = len(self._head) + len(places)
            self._table[first : first + len(missing)] = self._compute(np.array(missing))
            places.update({value: first + more for more, value in enumerate(missing)})
            rows = [places[value] for value in inputs]
        return np.array(rows, dtype=np.int64)

    def _begin_table(self, more: int) -> None:
        """Makes a table with room for more inputs; not of the one that there was, which others may still read."""
        kept = [value for value in self._places if value in self._again]
        if len(kept) + more > _MOST:
            kept = []
        rows, first = [self._places[value] for value in kept], len(self._head)
        table = np.empty((first + max(more, _MOST), self._head.shape[1]))
        table[:first] = self._head
        table[first : first + len(kept)] = self._table[rows]
        self._table, self._again = table, set()
        self._places.clear()
        self._places.update({value: place for place, value in enumerate(kept, first)})

    def at(self, x: FloatArray) -> FloatArray:
        """Returns the values at inputs `(n,)`, shape `(g, n)`."""
        table, rows = self.rows(x)
        return table[rows].T
