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
            missing = [value for value in dict.fromkeys(inputs) if value not in places]
            if len(places) + len(missing) > _MOST:
                missing = list(dict.fromkeys(inputs))
                places.clear()
            first = len(self._head) + len(places)
            if not places:
                # Not the table that there was, which others may still read.
                self._table = np.empty((len(self._head) + max(len(missing), _MOST), self._head.shape[1]))
                self._table[: len(self._head)] = self._head
            self._table[first : first + len(missing)] = self._compute(np.array(missing))
            places.update({value: first + more for more, value in enumerate(missing)})
            rows = [places[value] for value in inputs]
        return np.array(rows, dtype=np.int64)

    def at(self, x: FloatArray) -> FloatArray:
        """Returns the values at inputs `(n,)`, shape `(g, n)`."""
        table, rows = self.rows(x)
        return table[rows].T
