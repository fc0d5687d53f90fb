"""Products of atoms, whose factors may be scaled against each other without a change of the function."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.numeric.kernels import asking
from find_gym.core.kernels.compiling import borrowing_helper

# Scales that are tried for the factors of a product, in tenths of the largest constant: one of them makes all constants
# plain, if any does.
_SCALES = 300
# No scale is plain where the constants are so far from decimals, in tenths: then the second factor gets constants of
# size 1 to 10, such as this.
_FAR, _SIZE = 1e-3, 5.0
# Distances that are this near are the same.
_RESOLUTION = 1e6


@borrowing_helper
def _is_linear(rule: Any, place: int) -> bool:
    """Whether an atom is linear in the constant at a place."""
    return bool((rule[asking.LINEAR] >> min(place, 62)) & 1)


@borrowing_helper
def _largest(rule: Any, row: Any) -> float:
    """Returns the largest size of the constants that an atom is linear in."""
    largest = 0.0
    for k in range(int(row[asking.SIZE])):
        if _is_linear(rule, k):
            largest = max(largest, abs(row[asking.CONSTANTS + k]))
    return largest


@borrowing_helper
def _from_decimals(rule: Any, row: Any, scale: float) -> float:
    """Returns how far the scaled constants that an atom is linear in are from decimals, in tenths."""
    farthest = 0.0
    for k in range(int(row[asking.SIZE])):
        if _is_linear(rule, k):
            tenths = row[asking.CONSTANTS + k] * scale * 10.0
            farthest = max(farthest, abs(tenths - np.rint(tenths)))
    return farthest


@borrowing_helper
def _multiply(rule: Any, row: Any, scale: float) -> None:
    for k in range(int(row[asking.SIZE])):
        if _is_linear(rule, k):
            row[asking.CONSTANTS + k] *= scale


@borrowing_helper
def rescale(rules: Any, part_rows: Any) -> None:
    """Scales the factors of a product of atoms against each other, to one-decimal constants where one scale does it.

    Args:
        rules: the atoms, m of them.
        part_rows: their rows of constants, which are changed, shape `(m, r)`.
    """
    before = -1
    for part in range(part_rows.shape[0]):
        if rules[part, asking.LINEAR] == 0:
            continue
        if before >= 0:
            _rescale_two(rules[before], rules[part], part_rows[before], part_rows[part])
        before = part


@borrowing_helper
def _rescale_two(rule: Any, other_rule: Any, row: Any, other: Any) -> None:
    largest, size = _largest(rule, row), _largest(other_rule, other)
    if not (largest > 0.0 and size > 0.0):
        return
    least, chosen, nearest, wanted = math.inf, 0.0, math.inf, 0.0
    for tenths in range(1, _SCALES + 1):
        scale = tenths / 10 / largest
        distance = _from_decimals(rule, row, scale) + _from_decimals(other_rule, other, 1.0 / scale)
        if np.rint(distance * _RESOLUTION) < least:
            least, chosen = np.rint(distance * _RESOLUTION), scale
        away = abs(math.log(size / scale / _SIZE))
        if away < nearest:
            nearest, wanted = away, scale
    if not least <= _FAR * _RESOLUTION:
        chosen = wanted
    if chosen > 0.0:
        _multiply(rule, row, chosen)
        _multiply(other_rule, other, 1.0 / chosen)
