"""The infos of single environments, gathered in arrays as Gymnasium's vector environments gather them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Info = dict[str, Any]

_NUMBERS = (int, float, bool)


def gather_infos(infos: Info, told: Iterable[tuple[int, Info]], count: int) -> Info:
    """Adds the infos of some environments, as Gymnasium's `VectorEnv._add_info` would, called for each of them.

    Arrays are made once for each key rather than looked up for each value, which takes less time.

    Args:
        infos: the infos of all environments, without the keys that are added; changed in place.
        told: the numbers of the environments, all different, each with its infos. Those of the same key are all dicts
            or all not, and of numbers all of one type; what is told in them may differ.
        count: the number of all environments, N.

    Returns:
        `infos`. Each key has an array of shape `(N,)` whose type is that of its first value, object for what is no
        number, or a dict of the same form; its name after an underscore has the mask of the environments that told it.
    """
    columns: dict[str, tuple[Any, NDArray[np.bool_]]] = {}
    for env, info in told:
        for key, value in info.items():
            if key not in columns:
                columns[key] = _empty(value, count), np.zeros(count, dtype=np.bool_)
            values, mask = columns[key]
            values[env] = value
            mask[env] = True
    for key, (values, mask) in columns.items():
        infos[key] = gather_infos({}, values.items(), count) if isinstance(values, dict) else values
        infos[f"_{key}"] = mask
    return infos


def _empty(first: Any, count: int) -> Any:
    """Returns what takes values like the first one: an array of zeros, of None where they are no numbers, or a dict."""
    if type(first) in _NUMBERS or isinstance(first, np.number):
        return np.zeros(count, dtype=type(first))
    if isinstance(first, np.ndarray):
        return np.zeros((count, *first.shape), dtype=first.dtype)
    return {} if isinstance(first, dict) else np.empty(count, dtype=object)
