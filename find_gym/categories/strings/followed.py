"""What a function makes of strings, and which of its rules each of them follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.strings.ascii_strings import AsciiStrings, which_equal

# Conditions that have a bit of their own in a non-negative integer of 64; those beyond share the last one.
MOST_CONDITIONS = 63


class Followed(NamedTuple):
    """What a function makes of strings, and which of its rules each of them follows.

    Attributes:
        outputs: the outputs without noise, n of them.
        told: whether each output is its input, and which conditions of branches the input meets, as bits: inputs alike
            follow one rule, and 0 is no exception. int64 of shape `(2, n)`.
    """

    outputs: Sequence[str]
    told: NDArray[np.int64]

    @staticmethod
    def of(strings: Sequence[str], outputs: Sequence[str], sides: Sequence[Sequence[bool]] = ()) -> Followed:
        """Returns the same from the outputs and, where there are branches, which of their conditions each meets."""
        told = np.zeros((2, len(strings)), dtype=np.int64)
        told[0] = which_equal(strings, outputs)
        for place, side in enumerate(sides):
            for number, met in enumerate(side):
                told[1, place] |= met << min(number, MOST_CONDITIONS - 1)
        return Followed(outputs, told)

    def and_then(self, other: Followed) -> Followed:
        """Returns these outputs and, after them, others of the same function."""
        both, further = self.outputs, other.outputs
        are_ascii = isinstance(both, AsciiStrings) and isinstance(further, AsciiStrings)
        outputs: Sequence[str] = both + further if are_ascii else [*both, *further]  # type: ignore[operator]
        return Followed(outputs, np.concatenate((self.told, other.told), axis=1))

    def take(self, places: NDArray[np.int64]) -> Followed:
        """Returns the outputs at some places, integers of shape `(m,)`, none of which is there twice."""
        outputs = self.outputs
        if isinstance(outputs, AsciiStrings):
            return Followed(outputs.take(places), self.told[:, places])
        return Followed([outputs[place] for place in places], self.told[:, places])
