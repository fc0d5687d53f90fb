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

    Arrays are made and looked up once for each key rather than for each value, which takes less time.

    Args:
        infos: the infos of all environments, without the keys that are added; changed in place.
        told: the numbers of the environments, all different, each with its infos. Those of the same key are all dicts
            or all not, and of numbers all of one type; what is told in them may differ.
        count: the number of all environments, N.

    Returns:
        `infos`. Each key has an array of shape `(N,)` whose type is that of its first value, object for what is no
        number, or a dict of the same form; its name after an underscore has the mask of the environments that told it.
    """
    columns: dict[str, list[tuple[int, Any]]] = {}
    for env, info in told:
        for key, value in info.items():
            if key in columns:
                columns[key].append((env, value))
            else:
                columns[key] = [(env, value)]
    for key, column in columns.items():
        infos[key] = gather_infos({}, column, count) if isinstance(column[0][1], dict) else _gathered(column, count)
        infos[f"_{key}"] = mask = np.zeros(count, dtype=np.bool_)
        for env, _ in column:
            mask[env] = True
    return infos


def _gathered(column: list[tuple[int, Any]], count: int) -> NDArray[Any]:
    first = column[0][1]
    array: NDArray[Any]
    if type(first) in _NUMBERS or isinstance(first, np.number):
        array = np.zeros(count, dtype=type(first))
    elif isinstance(first, np.ndarray):
        array = np.zeros((count, *first.shape), dtype=first.dtype)
    else:
        # Filled with None.
        array = np.empty(count, dtype=object)
    for env, value in column:
        array[env] = value
    return array
