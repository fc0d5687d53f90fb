"""Atoms whose constants are estimated by compiled loops: what these take, and how constants lie in their rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import ATOMS, Atom, FloatArray, flatten
from find_gym.categories.numeric.estimation.columns import Columns
from find_gym.categories.numeric.estimation.scans import columns_of, grid_of
from find_gym.categories.numeric.estimation.sines import waves
from find_gym.categories.numeric.fitting.models import address_of_formula
from find_gym.categories.numeric.fitting.tables import Table, functions_known, no_table
from find_gym.categories.numeric.fitting.trees import LeafConstants
from find_gym.categories.numeric.kernels import asking, grids, lines, quotients, sines
from find_gym.core.kernels.compiling import address_of

# For each atom: the loops that know it, and what it is called there.
_KNOWN: dict[str, tuple[Callable[..., int], int]] = {
    **{
        name: (lines.lines, getattr(lines, name.upper()))
        for name in (
            "linear", "polynomial", "constant", "absolute", "step", "relu", "root", "logarithm", "reciprocal",
        )
    },
    **{name: (lines.lines, lines.WITHOUT_CONSTANTS) for name in ("ceil", "floor", "signum")},
    **{
        name: (grids.grids, getattr(grids, name.upper()))
        for name in ("gaussian", "rectangle", "square_wave", "tanh", "tan", "erf", "sigmoid")
    },
    "sin": (sines.sines, sines.SIN),
    "cos": (sines.sines, sines.COS),
    "rational": (quotients.quotients, 0),
}  # fmt: skip
_OWN = {name: ATOMS[name] for name in _KNOWN}


class CompiledAtom:
    """An atom as `find_gym.categories.numeric.kernels.rule_fits.begin_fit` takes it.

    Args:
        atom: one of this package's.

    Attributes:
        name: the atom's name.
        rule: what the kernel takes for it; see `find_gym.categories.numeric.kernels.asking`.
        limits: what is known of each constant, shape `(4, k)`.
        row: the length of a row of constants.
    """

    def __init__(self, atom: Atom) -> None:
        self.name = atom.name
        loops, kind = _KNOWN[atom.name]
        sizes = [parameter.length or 1 for parameter in atom.parameters]
        # Of a quotient of polynomials, the denominator is the second part.
        self._second = sizes[1] if len(sizes) > 1 and max(sizes) > 1 else 0
        discrete = [parameter.discrete for parameter in atom.parameters]
        self._whole = discrete if any(discrete) else []
        size = sum(sizes)
        self.row = asking.CONSTANTS + size
        self._columns, split = _columns_of(atom)
        level = atom.level(math.nan)
        flat = flatten(level)
        lowered = asking.AT_ONCE if atom.variadic else asking.NEVER
        code = [1, size, 1, address_of_formula(atom), 0, size - self._second, self._second, 0, -1]
        fitting = atom.fitting
        header = [
            address_of(loops, asking.SIGNATURE), kind, True, fitting.solved, fitting.scanned, fitting.homogeneous,
            lowered, False, self.row, 0, split, len(level[0]) if self._second else len(flat), len(flat), 1,
            *functions_known(atom),
        ]  # fmt: skip
        self.rule: NDArray[np.int64] = np.array(header + code, dtype=np.int64)
        self.limits = np.zeros((4, size))
        parameters = [one for one, length in zip(atom.parameters, sizes, strict=True) for _ in range(length)]
        for place, one in enumerate(parameters):
            self.limits[: asking.AT_LEVEL, place] = one.decimals, *one.drawn_range
        self.limits[asking.AT_LEVEL, : len(flat)] = flat

    def table(self, x: FloatArray) -> Table:
        """Returns the table of the atom's shapes at known inputs, and which rows inputs `(n,)` have."""
        return no_table(x) if self._columns is None else Table(*self._columns.rows(x))

    def constants(self, row: list[float]) -> LeafConstants:
        """Returns the constants in a row."""
        layout, size = int(row[asking.LAYOUT]), int(row[asking.SIZE])
        values: list[Any] = row[asking.CONSTANTS : asking.CONSTANTS + size]
        if self._second:
            return [(tuple(values[:layout]), tuple(values[layout:]))]
        if self._whole:
            values = [round(value) if whole else value for value, whole in zip(values, self._whole, strict=True)]
        return [tuple(values)]


@lru_cache(maxsize=64)
def _compiled(atom: Atom) -> CompiledAtom:
    return CompiledAtom(atom)


def compiled_atom(name: str) -> CompiledAtom | None:
    """Returns what the kernels take for an atom; None where they do not know it."""
    atom = ATOMS[name]
    return _compiled(atom) if _OWN.get(name) is atom else None


def _columns_of(atom: Atom) -> tuple[Columns | None, int]:
    """Returns the table of an atom's shapes, if it has one, and how large the first part of it is."""
    loops, _ = _KNOWN[atom.name]
    if loops is sines.sines:
        return waves(atom.grid[0]), len(atom.grid[0])
    if loops is grids.grids:
        return columns_of(atom), len(grid_of(atom))
    return None, 0
