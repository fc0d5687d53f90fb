"""Rules as the kernels see them: one vector of constants, and a list of integers that says how to evaluate it.

A model is an array: how many atoms there are, how many constants, how many nodes; then four numbers for each atom, from
left to right (the address of its formula, the place of its first constant, how many constants there are in its first
and second part); then the nodes of the tree in postfix order: the number of an atom, `SUM` or `PRODUCT` of two.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from find_gym.core.kernels.compiling import borrowing_helper, helper, kernel

SUM, PRODUCT = -1, -2
HEADER, PER_ATOM = 3, 4


@intrinsic
def _call_formula(
    typing: Any, address: Any, c: Any, first: Any, second: Any, x: Any, n: Any, value: Any, slope: Any
) -> Any:
    """Calls the formula at an address; arrays are given by their addresses."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word, number = ir.IntType(64), ir.DoubleType().as_pointer()
        kinds = [number, word, word, number, word, number, number]
        called = builder.inttoptr(arguments[0], ir.FunctionType(ir.VoidType(), kinds).as_pointer())
        given = [
            builder.inttoptr(one, kind) if kind is number else one
            for one, kind in zip(arguments[1:], kinds, strict=True)
        ]
        builder.call(called, given)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 8), generate


# As a kernel calls it, without the context of types.
_call: Any = _call_formula


@borrowing_helper
def linearise(model: Any, vector: Any, x: Any, nodes: Any, factors: Any, slope: Any) -> None:
    """Evaluates a rule; its values are the last row of `nodes`, its derivatives the rows of `slope`.

    Args:
        model: see above; m nodes, k constants.
        vector: the constants, shape `(k,)`.
        x: inputs, shape `(n,)`.
        nodes: the value of each node, shape `(m, n)`.
        factors: room for the derivative of the rule by each node, shape `(m, n)`.
        slope: the derivative by each constant, shape `(k, n)`.
    """
    count, size = x.size, nodes.shape[0]
    row = 8 * count
    at = HEADER + PER_ATOM * model[0]
    for node in range(size):
        if model[at + node] >= 0:
            atom = HEADER + PER_ATOM * model[at + node]
            _call(
                model[atom], np.int64(vector.ctypes.data) + 8 * model[atom + 1], model[atom + 2], model[atom + 3],
                np.int64(x.ctypes.data), np.int64(count), np.int64(nodes.ctypes.data) + row * node,
                np.int64(slope.ctypes.data) + row * model[atom + 1],
            )  # fmt: skip
    if size > 1:
        _combine(model, nodes, factors, slope, at)


@helper
def _combine(model: Any, nodes: Any, factors: Any, slope: Any, at: int) -> None:
    """Works out sums and products from the atoms up, then their derivatives from the root down."""
    size, count = nodes.shape
    stack, left, right = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    depth = 0
    for node in range(size):
        if model[at + node] < 0:
            depth -= 2
            one, other = stack[depth], stack[depth + 1]
            left[node] = one
            right[node] = other
            if model[at + node] == SUM:
                for i in range(count):
                    nodes[node, i] = nodes[one, i] + nodes[other, i]
            else:
                for i in range(count):
                    nodes[node, i] = nodes[one, i] * nodes[other, i]
        stack[depth] = node
        depth += 1
    for i in range(count):
        factors[size - 1, i] = 1.0
    for node in range(size - 1, -1, -1):
        kind = model[at + node]
        if kind >= 0:
            atom = HEADER + PER_ATOM * kind
            first = model[atom + 1]
            for row in range(first, first + model[atom + 2] + model[atom + 3]):
                for i in range(count):
                    slope[row, i] *= factors[node, i]
            continue
        one, other = left[node], right[node]
        for i in range(count):
            factor = factors[node, i]
            factors[one, i] = factor * nodes[other, i] if kind == PRODUCT else factor
            factors[other, i] = factor * nodes[one, i] if kind == PRODUCT else factor


@kernel("void(int64[::1], float64[::1], float64[::1], float64[::1], float64[:, ::1])")
def evaluate(model: Any, vector: Any, x: Any, value: Any, slope: Any) -> None:
    """Writes the values of a rule, `(n,)`, and its derivatives, `(k, n)`; not finite where undefined."""
    nodes, factors = np.empty((model[2], x.size)), np.empty((model[2], x.size))
    linearise(model, vector, x, nodes, factors, slope)
    for i in range(x.size):
        value[i] = nodes[model[2] - 1, i]


@kernel("void(int64[::1], float64[:, ::1], float64[:, ::1], float64[::1], float64[::1])")
def misfits(model: Any, vectors: Any, evidence: Any, scale: Any, costs: Any) -> None:
    """Writes the sums of squared residuals, each divided by a scale, for several vectors of constants.

    Args:
        model: the rule.
        vectors: constants, shape `(r, k)`.
        evidence: inputs, outputs and weights, shape `(3, n)`.
        scale: what each residual is divided by, shape `(n,)`.
        costs: where to write the sums, infinite where the rule is undefined, shape `(r,)`.
    """
    count = evidence.shape[1]
    nodes, factors = np.empty((model[2], count)), np.empty((model[2], count))
    slope = np.empty((vectors.shape[1], count))
    for row in range(vectors.shape[0]):
        linearise(model, vectors[row], evidence[0], nodes, factors, slope)
        cost = 0.0
        for i in range(count):
            rest = evidence[2, i] * (evidence[1, i] - nodes[model[2] - 1, i]) / scale[i]
            cost += rest * rest
        costs[row] = cost if cost < np.inf else np.inf
