"""A user's black box: a Python callable served like a sampled function."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.variants import Region
from find_gym.core.callables import UserFunction

# Beyond it, an output of a user's function counts as undefined: fits and errors need squares that are finite.
LARGEST_OUTPUT = 1e100
_PROBES = np.linspace(-128.0, 128.0, 257)


class CallableFunction(UserFunction):
    """A callable from a number to a number as a black box.

    Args:
        function: called with one float at a time; it returns a number. Where it raises, or returns anything else (None,
            NaN, a complex number, a number beyond 1e100), it is undefined.
        vectorized: whether it is called with an array of shape `(n,)` instead, and returns as many numbers.

    It is taken to be deterministic and without exceptions: its outputs are the truth that descriptions are judged by.

    Example:
        >>> CallableFunction(lambda x: 1 / x)([0.0, 4.0]).tolist()
        [nan, 0.25]
    """

    category = "numeric"
    maps = "a number to a number"
    regions: tuple[Region, ...] = ()

    def __init__(self, function: Callable[[Any], Any], *, vectorized: bool = False) -> None:
        super().__init__(function, vectorized=vectorized)

    def __call__(self, x: ArrayLike, rng: np.random.Generator | None = None) -> FloatArray:
        """Serves a query: inputs `(n,)` to outputs `(n,)`; NaN where undefined."""
        x = np.atleast_1d(np.asarray(x, dtype=np.float64))
        inputs: Any = x.copy() if self._vectorized else x.tolist()
        outputs: list[Any] | None = None
        if self._vectorized:
            with suppress(Exception):
                outputs = self._outputs(inputs)
        if outputs is None:
            # One by one, as it is undefined only where it raises.
            outputs = [self._try(inputs[place : place + 1]) for place in range(x.size)]
        y = np.array([_to_number(output) for output in outputs], dtype=np.float64)
        return np.where(np.abs(y) <= LARGEST_OUTPUT, y, np.nan)

    def _try(self, one: Any) -> Any:
        try:
            return self._outputs(one)[0]
        except Exception:
            return None

    def truth(self, x: ArrayLike) -> FloatArray:
        """Returns the outputs, shape `(n,)`."""
        return self(x)

    def identity(self) -> bytes:
        """Returns the SHA-256 digest of the outputs on a fixed grid, 32 bytes."""
        return hashlib.sha256(self(_PROBES).tobytes()).digest()


def _to_number(output: Any) -> float:
    """Returns an output as a float, NaN for what is no real number."""
    if isinstance(output, (complex, np.complexfloating)) and output.imag == 0:
        output = output.real
    try:
        return np.nan if output is None or isinstance(output, str) else float(output)
    except (TypeError, ValueError, OverflowError):
        return np.nan
