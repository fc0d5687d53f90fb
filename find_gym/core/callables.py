"""Users' callables as black boxes: what those of all categories have in common."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np


class UserFunction:
    """Wraps a user's callable: deterministic, described by its docstring and source.

    Args:
        function: the callable.
        vectorized: whether it is called with many inputs at once and returns as many outputs.

    Raises:
        TypeError: it is no callable, or can't be called with one argument.
    """

    # What is said of a callable without documentation.
    unnamed = "A user's function."
    # What it maps from and to.
    maps: ClassVar[str]
    is_stochastic = False

    def __init__(self, function: Callable[..., Any], *, vectorized: bool = False) -> None:
        if not callable(function) or not _takes_one_argument(function):
            raise TypeError(f"expected a callable from {self.maps} (one argument), actual value: {function!r}")
        self._function = function
        self._vectorized = vectorized

    def _outputs(self, inputs: Sequence[Any]) -> list[Any]:
        """Returns what the callable gives for inputs, one or many.

        Raises:
            ValueError: a vectorised callable gives fewer outputs, or more.
        """
        if not self._vectorized:
            return [self._function(value) for value in inputs]
        # The inputs of a category may lie in a sequence of another kind.
        outputs = list(self._function(list(inputs) if isinstance(inputs, Sequence) else inputs))
        if len(outputs) != len(inputs):
            raise ValueError(f"expected {len(inputs)} outputs of a vectorised callable, actual: {len(outputs)}")
        return outputs

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
