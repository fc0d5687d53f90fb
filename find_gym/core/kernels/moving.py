"""Numbers moved to and from scattered places, for which NumPy's indexing takes several times as long."""

from __future__ import annotations

from typing import Any

from find_gym.core.kernels.compiling import exact_kernel


@exact_kernel("void(float32[::1], int64[::1], float32[::1])")
def put(target: Any, places: Any, values: Any) -> None:
    """Writes values of shape `(n,)` to places of shape `(n,)`."""
    for number in range(places.size):
        target[places[number]] = values[number]


@exact_kernel("void(float32[::1], float32[::1], int64, int64[::1])")
def copy_rows(target: Any, source: Any, width: int, rows: Any) -> None:
    """Copies some rows, where both arrays are read as rows of a width."""
    if width == 1:
        for place in rows:
            target[place] = source[place]
        return
    for row in rows:
        for place in range(row * width, (row + 1) * width):
            target[place] = source[place]
