"""Rules as trees of atoms: evaluated, differentiated and rebuilt from a flat list with each atom's constants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from find_gym.categories.numeric.atoms import ATOMS, Constants, FloatArray, flatten
from find_gym.categories.numeric.rules import AtomRule, CompoundRule, Rule, Skeleton

LeafConstants = list[Constants]


def leaves(skeleton: Skeleton) -> list[str]:
    """Returns the names of the atoms from left to right."""
    if isinstance(skeleton, str):
        return [skeleton]
    return [name for part in skeleton[1] for name in leaves(part)]


def build(skeleton: Skeleton, constants: LeafConstants) -> Rule:
    """Returns the rule with the given constants for its atoms, from left to right."""
    return _build(skeleton, iter(constants))


def _build(skeleton: Skeleton, constants: Iterator[Constants]) -> Rule:
    if isinstance(skeleton, str):
        return AtomRule(skeleton, next(constants))
    return CompoundRule(skeleton[0], tuple(_build(part, constants) for part in skeleton[1]))


def leaf_value(name: str, constants: Constants, x: FloatArray) -> FloatArray:
    """Evaluates an atom; may be NaN or infinite where it is undefined."""
    return np.asarray(ATOMS[name].evaluate(x, constants), dtype=np.float64)


def combine(skeleton: Skeleton, values: list[FloatArray]) -> FloatArray:
    """Combines the values of the atoms into the value of the tree."""
    return _combine(skeleton, iter(values))


def _combine(skeleton: Skeleton, values: Iterator[FloatArray]) -> FloatArray:
    if isinstance(skeleton, str):
        return next(values)
    result = _combine(skeleton[1][0], values)
    for part in skeleton[1][1:]:
        value = _combine(part, values)
        result = result + value if skeleton[0] == "sum" else result * value
    return result


def affine_in(skeleton: Skeleton, values: list[FloatArray], index: int) -> tuple[FloatArray, FloatArray]:
    """Returns `(rest, factor)` such that the tree's value is `rest + factor * values[index]`, the others held."""
    held = list(values)
    held[index] = np.zeros_like(values[index])
    rest = combine(skeleton, held)
    held[index] = np.ones_like(values[index])
    return rest, combine(skeleton, held) - rest


def pack(constants: LeafConstants) -> FloatArray:
    """Flattens the constants of all atoms into one vector, in the order of the Jacobian's rows."""
    return np.array(flatten(constants), dtype=np.float64)


def unpack(vector: FloatArray, like: LeafConstants) -> LeafConstants:
    """Returns a flat vector in the shape of other constants; integers stay those of `like`."""
    flat = vector.tolist()
    place = 0
    result: LeafConstants = []
    for leaf in like:
        values: list[Any] = []
        for constant in leaf:
            if type(constant) is tuple:
                values.append(tuple(flat[place : place + len(constant)]))
                place += len(constant)
            else:
                values.append(constant if type(constant) is int else flat[place])
                place += 1
        result.append(tuple(values))
    return result
