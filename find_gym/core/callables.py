"""What one's own callables have in common as black boxes, whatever their category."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np


class OwnFunction:
    """A callable of one's own: it draws nothing, and tells of itself what Python knows.

    Args:
        function: the callable.

    Raises:
        TypeError: it is no callable, or can't be called with one argument.
    """

    # What is said of a callable without documentation.
    unnamed = "A function of one's own."
    # What it maps from and to.
    maps: ClassVar[str]

    def __init__(self, function: Callable[..., Any]) -> None:
        if not callable(function) or not _takes_one_argument(function):
            raise TypeError(f"expected a callable from {self.maps} (one argument), actual value: {function!r}")
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


def _takes_one_argument(function: Callable[..., Any]) -> bool:
    """Returns whether a callable can be called with one argument, as far as Python knows."""
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):
        return True
    try:
        signature.bind(None)
    except TypeError:
        return False
    return True
