"""The features of many episodes in one block of memory, and fresh arrays of them that cost little."""

from __future__ import annotations

import sys
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

Observation = dict[str, NDArray[np.float32]]
Block = NDArray[np.float32]
Indices = NDArray[np.int64]

# So many copies are kept, so that their memory is used again once nobody holds them.
_KEPT = 3
# Blocks up to this size are lent as whole copies, unless they are brought up to date by compiled loops.
_SMALL = 1 << 17
# Numbers between features. Without them, places of several features that change together would, for 512 environments or
# 4,096, have addresses with the same last bits, which compete for the same lines of the processor's caches.
_GAP = 80
# After so many changes a block is copied as a whole.
_MOST_CHANGES = 24


class Features:
    """The observation of N environments, kept and updated in place; `copy` and `lend` hand it out.

    `copy` copies them as a whole, into memory that it handed out before where nobody holds that or a part of it any
    more (Python counts the references), as fresh memory costs more than the copy. `lend` hands out two blocks in turn,
    whoever holds them. As a step changes few of the features, it only brings a large one up to date; for that, whoever
    writes into the features tells where: by `touch`, `touch_rows` or `touch_all`. The feature "budget" changes at each
    step, and is always copied.

    Args:
        count: the number of environments, N.
        space: the observation space of one.
        compiled: whether to move numbers by compiled loops, which imports Numba, rather than by NumPy.

    Attributes:
        count: the number of environments.
        block: all features, one after the other, float32.
    """

    def __init__(self, count: int, space: spaces.Dict, *, compiled: bool = False) -> None:
        self.count = count
        self._compiled = compiled
        self._moving: Any = _Moving
        if compiled:
            from find_gym.core.kernels import moving

            self._moving = moving
        self._places: dict[str, tuple[slice, tuple[int, ...]]] = {}
        stop = 0
        for name, box in space.spaces.items():
            shape = (count, *(box.shape or ()))
            start, stop = stop, stop + prod(shape) + _GAP
            self._places[name] = (slice(start, stop - _GAP), shape)
        self.block: Block = np.zeros(stop, dtype=np.float32)
        self._own = self._parts(self.block)
        self._always = self._places["budget"][0]
        self._copies: list[Block] = []
        # The two blocks that are lent, the one of the last call at the end.
        self._lent: list[tuple[_Lent, Observation]] = []
        self._tracks = compiled or stop > _SMALL

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        """Returns a feature, float32 of shape `(N, size)`: the one that is updated in place."""
        return self._own[name]

    def start(self, name: str) -> int:
        """Returns where a feature begins in the block."""
        return int(self._places[name][0].start)

    @property
    def watched(self) -> bool:
        """Whether changes need to be told."""
        return not all(lent.is_old for lent, _ in self._lent)

    def put(self, places: Indices, values: NDArray[np.float32]) -> None:
        """Writes values to places of the block, both of the same shape."""
        self._moving.put(self.block, places.reshape(-1), values.reshape(-1))
        self.touch(places)

    def touch(self, places: Indices) -> None:
        """Says that the block has changed at these places, of any shape."""
        for lent, _ in self._lent:
            lent.add(slice(None), 1, places.reshape(-1))

    def touch_rows(self, name: str, width: int, rows: Indices) -> None:
        """Says that a feature has changed in some rows, where it is read as rows of this width."""
        for lent, _ in self._lent:
            lent.add(self._places[name][0], width, rows)

    def touch_all(self, envs: Indices) -> None:
        """Says that all features of some environments have changed."""
        for lent, _ in self._lent:
            lent.is_old |= 4 * envs.size > self.count
            for place, shape in self._places.values():
                lent.add(place, prod(shape[1:]), envs)

    def copy(self) -> Observation:
        """Returns all features, arrays that nobody else has."""
        for place in range(len(self._copies)):
            if _references(self._copies, place) == _NO_OTHERS:
                np.copyto(self._copies[place], self.block)
                break
        else:
            place = 0
            self._copies = [self.block.copy(), *self._copies[: _KEPT - 1]]
        return self._parts(self._copies[place])

    def lend(self) -> Observation:
        """Returns all features in one of two sets of arrays, in turn: the call after the next one overwrites them."""
        if len(self._lent) < 2:
            lent = _Lent(self.block.copy())
            self._lent.append((lent, self._parts(lent.block)))
        else:
            self._lent.reverse()
            lent = self._lent[1][0]
            lent.update(self.block, self._always, self._moving.copy_rows)
        lent.is_old = not self._tracks
        return dict(self._lent[-1][1])

    def row(self, env: int) -> Observation:
        """Returns the features of one environment, fresh arrays of shape `(size,)`."""
        return {name: values[env].copy() for name, values in self._own.items()}

    def _parts(self, block: Block) -> Observation:
        return {name: block[place].reshape(shape) for name, (place, shape) in self._places.items()}


class _Moving:
    """What `find_gym.core.kernels.moving` does, without Numba."""

    @staticmethod
    def put(target: Block, places: Indices, values: Block) -> None:
        target[places] = values

    @staticmethod
    def copy_rows(target: Block, source: Block, width: int, rows: Indices) -> None:
        if width == 1:
            target[rows] = source.take(rows)
        else:
            target.reshape(-1, width)[rows] = source.reshape(-1, width).take(rows, axis=0)


class _Lent:
    """A block that is lent.

    Args:
        block: its own copy of the features.

    Attributes:
        block: the argument.
        changes: what has changed since it was: a part of the block, read as rows of a width, and the rows.
        is_old: whether everything may have changed.
    """

    def __init__(self, block: Block) -> None:
        self.block = block
        self.changes: list[tuple[slice, int, Indices]] = []
        self.is_old = False

    def add(self, part: slice, width: int, rows: Indices) -> None:
        """Takes note of a change."""
        if self.is_old or len(self.changes) == _MOST_CHANGES:
            self.is_old = True
            self.changes.clear()
        else:
            self.changes.append((part, width, rows))

    def update(self, block: Block, always: slice, copy_rows: Callable[..., None]) -> None:
        """Makes the block equal to another one, given a part that is copied always."""
        if self.is_old:
            np.copyto(self.block, block)
        else:
            self.block[always] = block[always]
            for part, width, rows in self.changes:
                copy_rows(self.block[part], block[part], width, rows)
        self.changes.clear()
        self.is_old = False


def _references(blocks: list[Block], place: int) -> int:
    return sys.getrefcount(blocks[place])


# What Python counts where nobody but the list holds the block.
_NO_OTHERS = _references([np.zeros(1, dtype=np.float32)], 0)
