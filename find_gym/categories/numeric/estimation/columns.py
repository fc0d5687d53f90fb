"""Tables with a row for each input, which are remembered: the probes of a bank come again and again."""

from __future__ import annotations

from collections.abc import Callable
from threading import local

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atom import FloatArray

# Inputs that are remembered for each table; more than a bank of probes has.
_MOST = 192


# The inputs of no call, and what it would have returned.
_NOTHING = None, (np.empty((0, 0)), np.empty(0, dtype=np.int64))


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
        compute: takes inputs `(m,)` and returns the values of all g functions at them, `(m, g)`; those at one input may
            not depend on the others.
    """

    def __init__(self, head: FloatArray, compute: Callable[[FloatArray], FloatArray]) -> None:
        self._head = head
        self._function = compute
        self._table: FloatArray = np.empty((len(head) + _MOST, head.shape[1]))
        self._table[: len(head)] = head
        self._places: dict[float, int] = {}
        # The inputs in the order of their rows, and those that were asked for since one was last to be forgotten: they
        # stay when another has to go.
        self._inputs: list[float] = []
        self._again: set[float] = set()
        self._next = 0
        # Which fits are under way, and the inputs that they ask for.
        self._number = 0
        self._kept: dict[float, None] = {}
        # The inputs of the last call, and what it returned: a screening asks for the same ones again and again.
        self._last: tuple[bytes | None, tuple[FloatArray, NDArray[np.int64]]] = _NOTHING

    def rows(self, x: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
        """Returns a table of the head and the values at known inputs, `(m, g)`, and which rows inputs `(n,)` have.

        They stay there while fits are under way, else until many others have been asked for by the same thread.
        """
        if self._number != UNDER_WAY.number:
            self._number, self._last = UNDER_WAY.number, _NOTHING
            self._kept.clear()
        key = x.tobytes()
        if key != self._last[0]:
            self._last = key, self._rows(x.tolist())
        return self._last[1]

    def _rows(self, inputs: list[float]) -> tuple[FloatArray, NDArray[np.int64]]:
        """Returns the table and which of its rows inputs have, which are worked out where they are missing."""
        places = self._places
        rows = [places.get(value, -1) for value in inputs]
        asked = dict.fromkeys(inputs)
        kept = asked
        if self._number:
            kept = self._kept
            kept.update(asked)
        if -1 in rows:
            if len(kept) > _MOST:
                places = {value: place for place, value in enumerate(asked, len(self._head))}
                table = np.concatenate([self._head, self._compute(np.array(list(asked)))])
                return table, np.array([places[value] for value in inputs], dtype=np.int64)
            missing = [value for value in asked if value not in places]
            self._again.update([value for value in asked if value in places])
            values = self._compute(np.array(missing))
            try:
                self._table[[self._place(value, kept) for value in missing]] = values
            except BaseException:
                # A signal came in between: which row is whose is not known any more.
                self._forget()
                raise
            rows = [places[value] for value in inputs]
        return self._table, np.array(rows, dtype=np.int64)

    def _compute(self, x: FloatArray) -> FloatArray:
        """Returns the values at inputs `(m,)`, `(m, g)`, not finite where undefined."""
        with np.errstate(all="ignore"):
            return self._function(x)

    def _forget(self) -> None:
        """Forgets which inputs are in the table."""
        self._places.clear()
        self._inputs.clear()
        self._again.clear()
        self._next, self._last = 0, _NOTHING

    def _place(self, value: float, kept: dict[float, None]) -> int:
        """Returns the row for another input, that of one that was not asked for again where all are taken."""
        first = len(self._head)
        if len(self._inputs) < _MOST:
            self._inputs.append(value)
            place = self._places[value] = first + len(self._inputs) - 1
            return place
        while (before := self._inputs[self._next]) in kept or before in self._again:
            self._again.discard(before)
            self._next = (self._next + 1) % _MOST
        place = self._places[value] = self._places.pop(before)
        self._inputs[self._next] = value
        self._next = (self._next + 1) % _MOST
        return place

    def at(self, x: FloatArray) -> FloatArray:
        """Returns the values at inputs `(n,)`, shape `(g, n)`."""
        table, rows = self.rows(x)
        return table[rows].T
