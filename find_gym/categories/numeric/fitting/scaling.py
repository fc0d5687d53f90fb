"""Products of atoms, whose factors may be scaled against each other without a change of the function."""

from __future__ import annotations

import numpy as np

from find_gym.categories.numeric.atoms import ATOMS, Constants, FloatArray
from find_gym.categories.numeric.fitting.trees import LeafConstants, leaves
from find_gym.categories.numeric.rules import Skeleton

# Scales that are tried for the factors of a product: one of them makes all constants plain, if any does.
_SCALES = 300


def common_scale(skeleton: Skeleton, constants: LeafConstants) -> LeafConstants:
    """Scales the factors of a product of atoms against each other, to one-decimal constants where one scale does it."""
    if isinstance(skeleton, str) or skeleton[0] != "product" or not all(isinstance(p, str) for p in skeleton[1]):
        return constants
    names = leaves(skeleton)
    scalable = [index for index, name in enumerate(names) if ATOMS[name].linear]
    for one, other in zip(scalable, scalable[1:], strict=False):
        first, second = _linear_part(names[one], constants[one]), _linear_part(names[other], constants[other])
        largest = float(np.abs(first).max())
        if largest == 0 or not np.abs(second).max() > 0:
            continue
        scales = np.arange(1, _SCALES + 1) / 10 / largest
        distance = _from_decimal(np.multiply.outer(scales, first)) + _from_decimal(
            np.multiply.outer(1 / scales, second)
        )
        chosen = int(np.argmin(distance.round(6)))
        if distance[chosen] > 1e-3:
            # No scale is plain: the second factor gets constants of size 1 to 10.
            chosen = int(np.argmin(np.abs(np.log(np.abs(second).max() / scales / 5))))
        constants = list(constants)
        constants[one] = _with_linear(names[one], constants[one], first * scales[chosen])
        constants[other] = _with_linear(names[other], constants[other], second / scales[chosen])
    return constants


def _linear_part(name: str, constants: Constants) -> FloatArray:
    """Returns the constants that an atom is linear in."""
    places = ATOMS[name].linear_places(len(constants))
    return np.array([constants[place] for place in places], dtype=np.float64)


def _with_linear(name: str, constants: Constants, linear: FloatArray) -> Constants:
    """Returns the constants with other linear ones."""
    result = list(constants)
    for place, value in zip(ATOMS[name].linear_places(len(constants)), linear.tolist(), strict=True):
        result[place] = value
    return tuple(result)


def _from_decimal(values: FloatArray) -> FloatArray:
    """Returns how far each row is from one-decimal constants, in tenths."""
    return np.abs(values * 10 - np.round(values * 10)).max(axis=-1)
