"""Spans: the affine space of functions that a rule can be, whatever its linear constants; see the compiled loops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import Atom, FloatArray
from find_gym.categories.numeric.estimation.scans import grid_rows
from find_gym.categories.numeric.fitting.constants import rule_of
from find_gym.categories.numeric.fitting.models import raise_error
from find_gym.categories.numeric.kernels import algebra, asking, questions, scanning
from find_gym.categories.numeric.rules import Operator, Skeleton


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


def span(skeleton: Skeleton, x: FloatArray, *, degree: int = 5) -> Span | None:
    """Returns the span of a rule, or None where an atom has constants that are neither linear nor immaterial.

    Args:
        skeleton: the rule without constants.
        x: inputs, shape `(n,)`.
        degree: the degree of its polynomials, at most 5.
    """
    rule = rule_of(skeleton)
    if rule.rule[asking.SPAN_SIZE] < 0:
        return None
    table, block = rule.table(x), np.empty((1 + int(rule.rule[asking.SPAN_SIZE]), x.size))
    count = questions.write_span(rule.rule, rule.limits, table.values, np.ascontiguousarray(x), degree, block)
    raise_error()
    return Span(block[0], block[1 : 1 + count])


def scan_costs(operator: Operator, atom: Atom, x: FloatArray, space: Span, target: FloatArray) -> FloatArray:
    """Returns the least misfit for an atom at each point of its grid, added to or multiplied by any function of a span.

    Args:
        operator: whether it is added or multiplied.
        atom: the atom, without linear constants.
        x: inputs, shape `(n,)`.
        space: the span, at these inputs.
        target: what the sum or product should be, shape `(n,)`.

    Returns:
        Misfits, shape `(g,)`.
    """
    table, rows = grid_rows(atom, x)
    costs = np.empty(table.shape[1])
    scanning.scan_beside(
        table, rows, operator == "product", space.offset, space.columns, target, np.ones(x.size), costs
    )  # fmt: skip
    return costs
