"""Reading and checking what is passed to vectorised environments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

Integers = NDArray[np.int64]

_OPTIONS = ("function", "functions", "given", "reset_mask")


def read_autoreset_mode(mode: AutoresetMode | str) -> AutoresetMode:
    """Returns the mode of a mode or its name.

    Raises:
        ValueError: there is no such mode.
    """
    try:
        return AutoresetMode(mode)
    except ValueError as error:
        names = [known.value for known in AutoresetMode]
        raise ValueError(f"expected an autoreset_mode in {names}, actual value: {mode!r}") from error


def read_seeds(seed: int | Sequence[int | None] | None, count: int) -> list[int | None]:
    """Returns one seed for each environment: an integer is the first one's, and the next ones follow.

    Raises:
        ValueError: there are more or fewer seeds than environments.
    """
    if seed is None:
        return [None] * count
    if isinstance(seed, (int, np.integer)):
        return [int(seed) + env for env in range(count)]
    if len(seed) != count:
        raise ValueError(f"expected {count} seeds, one for each environment, actual: {len(seed)}")
    return [None if one is None else int(one) for one in seed]


def read_options(options: dict[str, Any] | None, count: int) -> tuple[Integers, list[Any], Any]:
    """Reads the options of a reset.

    Returns:
        The environments that are reset; what names the function of each of all environments, or None; and how many
        probes are given, or None where the options do not say.

    Raises:
        ValueError, TypeError: an option that there is not, or one of the wrong kind.
    """
    options = options or {}
    unknown = set(options) - set(_OPTIONS)
    if unknown:
        raise ValueError(f"expected options among {_OPTIONS}, actual: {sorted(unknown)}")
    if "function" in options and "functions" in options:
        raise ValueError("expected the option 'function' or 'functions', actual: both")
    named = options.get("functions", [options.get("function")] * count)
    if isinstance(named, (str, bytes)) or not isinstance(named, Sequence) or len(named) != count:
        raise ValueError(f"expected a list of {count} functions, one for each environment, actual value: {named!r}")
    mask = options.get("reset_mask")
    if mask is None:
        return np.arange(count), list(named), options.get("given")
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        raise TypeError(f"expected the option 'reset_mask' to be an array of bool, actual value: {mask!r}")
    if mask.shape != (count,) or not mask.any():
        raise ValueError(f"expected a 'reset_mask' of shape ({count},), not all False, actual value: {mask!r}")
    return mask.nonzero()[0], list(named), options.get("given")


def read_actions(actions: Any, count: int, size: int) -> Integers:
    """Returns actions as an array of int64.

    Raises:
        ValueError: they are not integers of shape `(count,)` from 0 to `size - 1`.
    """
    array = np.asarray(actions)
    if array.dtype.kind in "iu" and array.shape == (count,):
        whole = array.astype(np.int64)
        # Read as unsigned numbers, negative ones are too large.
        if np.maximum.reduce(whole.view(np.uint64)) < size:
            return whole
    raise ValueError(f"expected integers in [0, {size - 1}] of shape ({count},), actual value: {actions!r}")
