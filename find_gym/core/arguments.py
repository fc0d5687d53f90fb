"""Checks of arguments: for all of them in one way, what was expected and what came.

Each returns the value as the plain Python object that it stands for: NumPy's numbers are taken as well, and lists where
JSON has lists; booleans are no numbers, texts no sequences.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def is_integer(value: Any) -> bool:
    """Returns whether a value is an integer, which booleans are not."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Returns whether a value is a finite real number, which booleans are not."""
    try:
        return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def read_integer(name: str, value: Any, least: int) -> int:
    """Returns an integer from `least` on.

    Raises:
        ValueError: it is none.
    """
    if not is_integer(value) or value < least:
        raise ValueError(f"expected {name} to be an integer >= {least}, actual value: {value!r}")
    return int(value)


def read_number(expected: str, value: Any, low: float, high: float = math.inf) -> float:
    """Returns a number from `low` to `high`.

    Args:
        expected: what is expected, in words, for the error.
        value: what came.
        low: the least number.
        high: the greatest one.

    Raises:
        ValueError: it is none.
    """
    if not is_number(value) or not low <= value <= high:
        raise ValueError(f"expected {expected}, actual value: {value!r}")
    return float(value)


def read_share(name: str, value: Any) -> float:
    """Returns a number in [0, 1].

    Raises:
        ValueError: it is none.
    """
    return read_number(f"{name} in [0, 1]", value, 0.0, 1.0)


def read_bounds(name: str, value: Any, least: int) -> tuple[int, int]:
    """Returns two integers, the lower bound first.

    Raises:
        ValueError: they are not, or the lower one is below `least`.
    """
    pair = tuple(value) if _is_sequence(value) else ()
    if len(pair) != 2 or not all(map(is_integer, pair)) or not least <= pair[0] <= pair[1]:
        raise ValueError(f"expected {least} <= least <= greatest in {name}, two integers, actual value: {value!r}")
    return int(pair[0]), int(pair[1])


def read_names(name: str, value: Any, among: Collection[str], expected: str, least: int = 1) -> tuple[str, ...]:
    """Returns a sequence of names.

    Args:
        name: the argument.
        value: what came.
        among: the names that there are.
        expected: these names, in words, for the error.
        least: the least number of them.

    Raises:
        ValueError: it is no sequence, too short, or a name is unknown.
    """
    names = tuple(value) if _is_sequence(value) else ()
    if len(names) < least or not all(isinstance(one, str) and one in among for one in names):
        raise ValueError(f"expected {name} among {expected}, actual value: {value!r}")
    return names


def read_shares(name: str, value: Any, among: Collection[str]) -> dict[str, float]:
    """Returns relative shares of some names, at least one of them positive.

    Raises:
        ValueError: it is no mapping of known names to such numbers.
    """
    return _read_shares(value, lambda key: key in among, f"of {tuple(among)} in {name}")


def read_counted_shares(name: str, value: Any, least: int) -> dict[int, float]:
    """Returns relative shares of integers from `least` on; JSON's keys, which are texts, are read as integers.

    Raises:
        ValueError: it is no mapping of such integers to non-negative numbers, one of them positive.
    """
    read = value
    if isinstance(value, Mapping):
        read = {int(key) if isinstance(key, str) and key.isdecimal() else key: share for key, share in value.items()}
    shares = _read_shares(read, lambda key: is_integer(key) and key >= least, f"of integers >= {least} in {name}")
    return {int(key): share for key, share in shares.items()}


def _read_shares(value: Any, is_known: Callable[[Any], bool], expected: str) -> dict[Any, float]:
    good = isinstance(value, Mapping) and all(map(is_known, value)) and all(map(is_number, value.values()))
    if not good or any(share < 0 for share in value.values()) or not sum(value.values()) > 0:
        raise ValueError(f"expected non-negative shares {expected}, actual value: {value!r}")
    return dict(value)


def read_options(options: Any, names: Sequence[str]) -> dict[str, Any]:
    """Returns the options of a reset.

    Raises:
        TypeError: they are no mapping.
        ValueError: there is an option of another name.
    """
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        raise TypeError(f"expected options to be a mapping or None, actual value: {options!r}")
    unknown = [name for name in options if name not in names]
    if unknown:
        raise ValueError(f"expected options among {list(names)}, actual: {unknown}")
    return dict(options)


def read_seed(seed: Any) -> int | None:
    """Returns the seed of a reset.

    Raises:
        ValueError: it is neither an integer from 0 on nor None.
    """
    if seed is not None and (not is_integer(seed) or seed < 0):
        raise ValueError(f"expected a seed to be an integer >= 0 or None, actual value: {seed!r}")
    return None if seed is None else int(seed)


def read_actions(actions: Any, shape: tuple[int, ...], size: int) -> NDArray[np.int64]:
    """Returns actions as an array of int64, their own where it is one; anything that NumPy takes for one is read.

    Args:
        actions: what came.
        shape: the shape that is expected.
        size: how many actions there are.

    Raises:
        ValueError: they are not integers of that shape from 0 to `size - 1`.
    """
    try:
        array = np.asarray(actions)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.dtype.kind in "iu" and array.shape == shape:
        whole = np.asarray(array, dtype=np.int64, order="C")
        # Read as unsigned numbers, negative ones are too large. To find the greatest takes less time by its place.
        unsigned = whole.view(np.uint64)
        if unsigned.item(unsigned.argmax()) < size:
            return whole
    kind = f"integers in [0, {size - 1}] of shape {shape}" if shape else f"an integer in [0, {size - 1}]"
    raise ValueError(f"expected {kind}, actual value: {actions!r}")


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))
