"""Reading and checking what is passed to vectorised environments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from find_gym.core.arguments import read_options, read_seed

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
        ValueError: there are more or fewer seeds than environments, or one is no seed.
    """
    if isinstance(seed, Sequence) and not isinstance(seed, (str, bytes)):
        if len(seed) != count:
            raise ValueError(f"expected {count} seeds, one for each environment, actual: {len(seed)}")
        return [read_seed(one) for one in seed]
    first = read_seed(seed)
    return [None if first is None else first + env for env in range(count)]


def read_reset_options(options: dict[str, Any] | None, count: int) -> tuple[Integers, list[Any], Any]:
    """Reads the options of a reset.

    Returns:
        The environments that are reset; what names the function of each of all environments, or None; and how many
        probes are given, or None where the options do not say.

    Raises:
        ValueError, TypeError: an option that there is not, or one of the wrong kind.
    """
    options = read_options(options, _OPTIONS)
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
