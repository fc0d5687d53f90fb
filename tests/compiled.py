"""Parts of compiled loops, to be called from Python."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numba


@cache
def compiled(part: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a loop that does nothing but call a part of others, which Python would run as it stands there."""
    loop: Callable[..., Any] = numba.njit(lambda *arguments: part(*arguments))
    return loop
