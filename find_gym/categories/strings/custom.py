"""A user's black box: a Python callable served like a sampled function."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from find_gym.categories.strings.ascii_strings import AsciiStrings
from find_gym.categories.strings.followed import Followed
from find_gym.categories.strings.function import check_inputs
from find_gym.categories.strings.probes import PROBES
from find_gym.core.callables import UserFunction


class CallableStringFunction(UserFunction):
    """A callable from a string to a string as a black box.

    Args:
        function: called with one string at a time; it returns a string for every string, always the same one.
        vectorized: whether it is called with a list of strings instead, and returns as many.

    Example:
        >>> CallableStringFunction(str.title)(["two words"])
        ['Two Words']
    """

    category = "strings"
    maps = "a string to a string"

    def __init__(self, function: Callable[[Any], Any], *, vectorized: bool = False) -> None:
        super().__init__(function, vectorized=vectorized)

    def __call__(self, inputs: Sequence[str], rng: np.random.Generator | None = None) -> list[str]:
        """Serves a query: one output for each input."""
        outputs = self._outputs(check_inputs(inputs))
        for value, output in zip(inputs, outputs, strict=True):
            if not isinstance(output, str):
                raise TypeError(f"expected a string as the output at {value!r}, actual value: {output!r}")
        # Those of a subclass, such as NumPy's or members of enumerations, are strings like others.
        return [str.__str__(output) for output in outputs]

    def truth(self, inputs: Sequence[str]) -> list[str]:
        """Returns the outputs."""
        return self(inputs)

    def sides(self, inputs: Sequence[str]) -> list[tuple[bool, ...]]:
        """Returns empty tuples: no exceptions are known of."""
        return [()] * len(inputs)

    def follow(self, inputs: AsciiStrings) -> Followed:
        """Returns the outputs, all by one rule."""
        return Followed.of(inputs, self(inputs))

    def identity(self) -> bytes:
        """Returns the SHA-256 digest of the outputs on the probes, 32 bytes."""
        return hashlib.sha256(json.dumps(self(PROBES)).encode()).digest()
