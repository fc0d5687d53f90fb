"""What compiled loops know of a rule at the inputs of a fit."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import Atom, FloatArray

# The degree of a polynomial of which nothing is known.
_GREATEST_DEGREE = 5
# Constants that are told apart as bits of a word.
_BITS = 62


class Table(NamedTuple):
    """A table, and which of its rows inputs have.

    Attributes:
        values: values of shapes at known inputs, for a sum or product what is known of its parts, shape `(m, g)`.
        rows: which rows n inputs have, shape `(n,)`.
        held: what has to live as long as these.
    """

    values: FloatArray
    rows: NDArray[np.int64]
    held: Any = None


_NO_VALUES = np.empty((0, 0))


def no_table(x: FloatArray) -> Table:
    """Returns no table, and a row for each input `(n,)`."""
    return Table(_NO_VALUES, np.zeros(x.size, dtype=np.int64))


def functions_known(atom: Atom) -> tuple[int, int, int, int]:
    """Returns what kernels take for the functions that an atom's values are combinations of.

    See `find_gym.categories.numeric.kernels.asking`: `BASIS_SIZE`, `SPAN_SIZE`, `LINEAR` and `GRID`.
    """
    sizes = [-1, -1]
    if not atom.constants:
        sizes = [0, 0]
    else:
        one = np.ones(1)
        with np.errstate(all="ignore"):
            basis = atom.basis(one, _GREATEST_DEGREE)
            functions = atom.fitting.span(one) if atom.fitting.span else basis
        sizes = [-1 if known is None else len(known) for known in (basis, functions)]
    is_scanned = atom.fitting.scanned and len(atom.grid) == len(atom.parameters)
    return sizes[0], sizes[1], _linear_places(atom), len(atom.constants) if is_scanned else 0


def _linear_places(atom: Atom) -> int:
    """Returns the places of the constants that an atom is linear in, as bits; 0 where they are not always the same."""
    if atom.linear and len(atom.linear) == len(atom.parameters):
        return -1
    fixed = len(atom.parameters) < _BITS and not any([parameter.length for parameter in atom.parameters])
    return sum(1 << place for place in atom.linear) if fixed else 0
