"""The features of many episodes in one block of memory, and fresh arrays of them that cost little."""

from __future__ import annotations

import sys
from math import prod
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

Observation = dict[str, NDArray[np.float32]]
Block = NDArray[np.float32]
Record = NDArray[np.void]

# So many copies are kept, so that their memory is used again once nobody holds them.
_KEPT = 3
# Numbers between features. Without them, places of several features that change together would, for 512 environments or
# 4,096, have addresses with the same last bits, which compete for the same lines of the processor's caches.
_GAP = 80


class Features:
    """The observation of N environments, kept and updated in place; `copy` and `lend` hand it out.

    Args:
        count: the number of environments, N.
        space: the observation space of one.
        actions: the number of its actions.

    Attributes:
        count: the number of environments.
        block: all features, one after the other, float32.
        legal: which actions are legal now, updated in place as well, bool of shape `(N, actions)`.
    """

    def __init__(self, count: int, space: spaces.Dict, actions: int = 0) -> None:
        self.count = count
        self.legal = np.zeros((count, actions), dtype=np.bool_)
        self._starts: dict[str, int] = {}
        shapes, stop = [], 0
        for name, box in space.spaces.items():
            shapes.append((count, *(box.shape or ())))
            self._starts[name], stop = stop, stop + prod(shapes[-1]) + _GAP
        self.block: Block = np.zeros(stop, dtype=np.float32)
        # All of it as a single record, of which NumPy finds a part in one step.
        kind: Any = {
            "names": [*self._starts],
            "formats": [(self.block.dtype, shape) for shape in shapes],
            "offsets": [start * self.block.itemsize for start in self._starts.values()],
            "itemsize": self.block.nbytes,
        }
        self._record: Record = self.block.view(np.dtype(kind)).reshape(())
        self._own = self._parts(self._record)
        self._copies: list[Record] = []

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        """Returns a feature, float32 of shape `(N, size)`: the one that is updated in place."""
        return self._own[name]

    def start(self, name: str) -> int:
        """Returns where a feature begins in the block."""
        return self._starts[name]

    def copy(self) -> Observation:
        """Returns all features, arrays that nobody else has.

        Their memory is that of earlier copies where nobody holds these or a part of them any more (Python counts the
        references), as fresh memory costs more than the copy.
        """
        for place in range(len(self._copies)):
            if _references(self._copies, place) == _NO_OTHERS:
                self._copies[place][()] = self._record
                break
        else:
            place = 0
            self._copies = [self._record.copy(), *self._copies[: _KEPT - 1]]
        return self._parts(self._copies[place])

    def lend(self) -> Observation:
        """Returns all features, the arrays that are updated in place."""
        return dict(self._own)

    def rows(self, envs: NDArray[np.int64]) -> list[Observation]:
        """Returns the features of each of some environments, arrays of shape `(size,)` that nobody else has."""
        rows = zip(*[values.take(envs, axis=0) for values in self._own.values()], strict=True)
        return [dict(zip(self._own, row, strict=True)) for row in rows]

    def _parts(self, record: Record) -> Observation:
        return {name: record[name] for name in self._starts}


def _references(copies: list[Any], place: int) -> int:
    return sys.getrefcount(copies[place])


# What Python counts where nobody but the list holds the copy.
_NO_OTHERS = _references([np.zeros(1, dtype=np.float32)], 0)
