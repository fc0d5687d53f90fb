"""Rules with constants in rows: many fits of the same rule, evaluated and differentiated at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from find_gym.categories.numeric.atoms import ATOMS, Constants, FloatArray
from find_gym.categories.numeric.fitting.trees import LeafConstants, combine, leaves
from find_gym.categories.numeric.rules import Skeleton

# For each atom from left to right, for each of its constants: how many numbers it holds, 0 for a plain number.
Layout = tuple[tuple[int, ...], ...]


def layout_of(constants: LeafConstants) -> Layout:
    """Returns how the constants of the atoms lie in a flat vector."""
    return tuple(
        tuple([len(constant) if isinstance(constant, tuple) else 0 for constant in leaf]) for leaf in constants
    )


def linearise(
    skeleton: Skeleton, layout: Layout, vectors: FloatArray, x: FloatArray
) -> tuple[FloatArray, list[FloatArray]]:
    """Evaluates a rule for several vectors of constants, each at its own inputs.

    Args:
        skeleton: the rule without constants.
        layout: how the constants lie in a vector of length k.
        vectors: flattened constants, shape `(r, k)`.
        x: inputs, shape `(r, n)`.

    Returns:
        Values, `(r, n)`, and the derivative by each constant, k arrays of that shape. Not finite where undefined.
    """
    values, gradients = [], []
    for name, constants in zip(leaves(skeleton), _columns(layout, vectors), strict=True):
        value, gradient = _atom(name, constants, x)
        values.append(value)
        gradients.append(gradient)
    if isinstance(skeleton, str):
        return values[0], gradients[0]
    value, factors = _combined(skeleton, iter(values))
    return value, [
        row if factor is None else row * factor
        for gradient, factor in zip(gradients, factors, strict=True)
        for row in gradient
    ]


def evaluate(skeleton: Skeleton, layout: Layout, vectors: FloatArray, x: FloatArray) -> FloatArray:
    """Evaluates a rule for several vectors of constants at the same inputs.

    Args:
        skeleton: the rule without constants.
        layout: how the constants lie in a vector of length k.
        vectors: flattened constants, shape `(r, k)`.
        x: inputs, shape `(n,)`.

    Returns:
        Values, shape `(r, n)`; not finite where undefined.
    """
    x = np.broadcast_to(x, (vectors.shape[0], x.size))
    values = []
    for name, constants in zip(leaves(skeleton), _columns(layout, vectors), strict=True):
        values.append(np.asarray(ATOMS[name].evaluate(x, constants), dtype=np.float64))
    return combine(skeleton, values)


def _columns(layout: Layout, vectors: FloatArray) -> list[Constants]:
    """Returns the constants of each atom, columns of shape `(r, 1)`."""
    columns = iter(vectors.T[:, :, None])
    return [
        tuple([tuple([next(columns) for _ in range(size)]) if size else next(columns) for size in sizes])
        for sizes in layout
    ]


def _atom(name: str, constants: Constants, x: FloatArray) -> tuple[FloatArray, list[FloatArray]]:
    atom = ATOMS[name]
    gradient = list(atom.gradient(x, constants))
    if not atom.linear:
        return np.asarray(atom.evaluate(x, constants)), gradient
    # The values of these atoms are sums of their linear constants times the derivatives by them.
    value = np.zeros_like(x)
    for position in atom.linear_places(len(constants)):
        value = value + constants[position] * gradient[position]
    return value, gradient


def _combined(skeleton: Skeleton, values: Iterator[FloatArray]) -> tuple[FloatArray, list[FloatArray | None]]:
    """Returns the value of a tree and its derivative by the value of each atom, None where that is 1."""
    if isinstance(skeleton, str):
        return next(values), [None]
    operator, parts = skeleton
    results = [_combined(part, values) for part in parts]
    if operator == "sum":
        return _joined(operator, [value for value, _ in results]), [f for _, factors in results for f in factors]
    joined: list[FloatArray | None] = []
    for index, (_, factors) in enumerate(results):
        others = _joined(operator, [value for other, (value, _) in enumerate(results) if other != index])
        joined += [others if factor is None else factor * others for factor in factors]
    return _joined(operator, [value for value, _ in results]), joined


def _joined(operator: str, values: list[FloatArray]) -> FloatArray:
    result = values[0]
    for value in values[1:]:
        result = result + value if operator == "sum" else result * value
    return result
