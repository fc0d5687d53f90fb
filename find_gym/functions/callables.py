"""What one's own callables have in common as black boxes, whatever their category."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np


class OwnFunction:
    """A callable of one's own: it draws nothing, and tells of itself what Python knows.

    Args:
        function: the callable.
    """

    # What is said of a callable without documentation.
    unnamed = "A function of one's own."

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def generator(self, *entropy: int) -> np.random.Generator:
        """Returns a generator; the function itself draws nothing from it."""
        return np.random.default_rng([0, *entropy])

    def describe(self) -> str:
        """Returns the callable's documentation, the only description there is."""
        return inspect.getdoc(self._function) or self.unnamed

    def source(self) -> str:
        """Returns the callable's source where Python can find it, and an empty text where it can't."""
        try:
            return inspect.getsource(self._function)
        except (OSError, TypeError):
            return ""
