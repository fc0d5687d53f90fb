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

# So many blocks that were handed out are kept, to be handed out again once nobody holds them.
_KEPT = 3
# Blocks up to this size are copied as a whole, unless they are lent and brought up to date by compiled loops.
_SMALL = 1 << 17
# Numbers between features. Without them, places of several features that change together would, for 512 environments or
# 4,096, have addresses with the same last bits, which compete for the same lines of the processor's caches.
_GAP = 80
# After so many changes a block is copied as a whole.
_MOST_CHANGES = 24


class Features:
    """The observation of N environments, kept and updated in place; `copy` and `lend` hand it out.

    A step changes few of the features, so a large block that was handed out before is brought up to date (a small one
    is copied as a whole) and handed out again: by `copy`, where nobody holds it or a part of it any more (Python counts
    the references); by `lend`, whoever holds it. For that, whoever writes into the features tells where: by `touch`,
    `touch_rows` or `touch_all`. The feature "budget" changes at each step, and is always copied.

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
        self._kept: list[_Kept] = []
        self._lent: list[tuple[_Kept, Observation]] = []

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        """Returns a feature, float32 of shape `(N, size)`: the one that is updated in place."""
        return self._own[name]

    def start(self, name: str) -> int:
        """Returns where a feature begins in the block."""
        return int(self._places[name][0].start)

    @property
    def watched(self) -> bool:
        """Whether changes need to be told."""
        return not all(kept.is_old for kept in self._kept)

    def put(self, places: Indices, values: NDArray[np.float32]) -> None:
        """Writes values to places of the block, both of the same shape."""
        self._moving.put(self.block, places.reshape(-1), values.reshape(-1))
        self.touch(places)

    def touch(self, places: Indices) -> None:
        """Says that the block has changed at these places, of any shape."""
        for kept in self._kept:
            kept.add(slice(None), 1, places.reshape(-1))

    def touch_rows(self, name: str, width: int, rows: Indices) -> None:
        """Says that a feature has changed in some rows, where it is read as rows of this width."""
        for kept in self._kept:
            kept.add(self._places[name][0], width, rows)

    def touch_all(self, envs: Indices) -> None:
        """Says that all features of some environments have changed."""
        for kept in self._kept:
            kept.is_old |= 4 * envs.size > self.count
            for place, shape in self._places.values():
                kept.add(place, prod(shape[1:]), envs)

    def copy(self) -> Observation:
        """Returns all features, arrays that nobody else has."""
        small = self.block.size <= _SMALL
        for kept in self._kept:
            if kept.is_free():
                kept.update(self.block, self._always, self._moving.copy_rows)
                break
        else:
            kept = _Kept(self.block.copy())
            self._kept = [kept, *self._kept[: _KEPT - 1]]
        kept.is_old = small
        return self._parts(kept.block)

    def lend(self) -> Observation:
        """Returns all features in one of two sets of arrays, in turn: the call after the next one overwrites them."""
        small = self.block.size <= _SMALL and not self._compiled
        if len(self._lent) < 2:
            kept = _Kept(self.block.copy())
            self._lent.append((kept, self._parts(kept.block)))
            if not small:
                self._kept.append(kept)
        else:
            self._lent.reverse()
            kept = self._lent[1][0]
            kept.is_old |= small
            kept.update(self.block, self._always, self._moving.copy_rows)
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


class _Kept:
    """A block that was handed out.

    Args:
        block: its own copy of the features.

    Attributes:
        block: the argument.
        changes: what has changed since: a part of the block, read as rows of a width, and the rows.
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

    def is_free(self) -> bool:
        """Whether nobody holds the block or an array within it."""
        return _references(self) == _NO_OTHERS

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


def _references(kept: _Kept) -> int:
    return sys.getrefcount(kept.block)


# What Python counts where nobody else holds the block.
_NO_OTHERS = _references(_Kept(np.zeros(1, dtype=np.float32)))
