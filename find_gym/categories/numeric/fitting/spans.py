"""Spans: the affine space of functions that a rule can be, whatever its linear constants.

A sum of linear atoms spans the union of their basis functions; a product, all products of two. For products that is a
relaxation: the coefficients of the span need not factorise. A span's misfit is therefore a lower bound of the rule's,
for the price of one linear least squares, which serves to screen rules and to scan the grids of other atoms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import ATOMS, FloatArray
from find_gym.categories.numeric.fitting.trees import leaf_value
from find_gym.categories.numeric.kernels import algebra
from find_gym.categories.numeric.rules import Skeleton


@dataclass(frozen=True)
class Span:
    """The functions `offset + coefficients @ columns`.

    Attributes:
        offset: the fixed part, shape `(n,)`.
        columns: basis functions, shape `(k, n)`; some may be redundant.
    """

    offset: FloatArray
    columns: FloatArray

    def within(self, window: NDArray[np.bool_]) -> Span:
        """Returns the span at some of the inputs, those in a window, shape `(n,)`."""
        return Span(self.offset[window], np.ascontiguousarray(self.columns[:, window]))

    def basis(self, weights: FloatArray) -> FloatArray:
        """Returns an orthonormal basis of the weighted columns, shape `(r, n)`, redundant ones left out."""
        return orthonormal(self.columns * weights)


def orthonormal(rows: FloatArray) -> FloatArray:
    """Returns orthonormal rows that span the same space, `(r, n)` with r the rank; rows that overflow are left out."""
    basis, places = np.empty(rows.shape), np.empty(rows.shape[0], dtype=np.int64)
    return basis[: algebra.orthonormalise(np.ascontiguousarray(rows), basis, places)]


def independent(rows: FloatArray) -> NDArray[np.int64]:
    """Returns the positions of rows that are not combinations of earlier ones."""
    places = np.empty(rows.shape[0], dtype=np.int64)
    return places[: algebra.orthonormalise(np.ascontiguousarray(rows), np.empty(rows.shape), places)]


def span(
    skeleton: Skeleton,
    x: FloatArray,
    *,
    degree: int = 5,
    known: dict[tuple[Skeleton, int], Span | None] | None = None,
) -> Span | None:
    """Returns the span of a rule, or None where an atom has constants that are neither linear nor immaterial.

    Args:
        skeleton: the rule without constants.
        x: inputs, shape `(n,)`.
        degree: the degree of its polynomials.
        known: spans of atoms at these inputs by name and degree, to which others are added.
    """
    if isinstance(skeleton, str):
        if known is None:
            return _atom_span(skeleton, x, degree)
        if (skeleton, degree) not in known:
            known[skeleton, degree] = _atom_span(skeleton, x, degree)
        return known[skeleton, degree]
    parts = [span(part, x, degree=degree, known=known) for part in skeleton[1]]
    result = parts[0]
    for part in parts[1:]:
        if result is None or part is None:
            return None
        result = add(result, part) if skeleton[0] == "sum" else multiply(result, part)
    return result


def _atom_span(name: str, x: FloatArray, degree: int) -> Span | None:
    atom = ATOMS[name]
    if not atom.constants:
        return Span(leaf_value(name, (), x), np.zeros((0, x.size)))
    basis = atom.fitting.span(x) if atom.fitting.span else atom.basis(x, degree)
    return None if basis is None else Span(np.zeros_like(x), basis)


def add(one: Span, other: Span) -> Span:
    """Returns the span of the sum."""
    return Span(one.offset + other.offset, np.concatenate([one.columns, other.columns]))


def multiply(one: Span, other: Span) -> Span:
    """Returns the span that holds all products."""
    pairs = (one.columns[:, None] * other.columns[None]).reshape(-1, one.offset.size)
    mixed = [pairs]
    if one.offset.any():
        mixed.append(one.offset * other.columns)
    if other.offset.any():
        mixed.append(other.offset * one.columns)
    return Span(one.offset * other.offset, np.concatenate(mixed))
