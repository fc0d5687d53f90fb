"""ASCII strings in one array, as compiled loops take them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray


class AsciiStrings(Sequence[str]):
    """ASCII strings in one array; each is made when it is looked at.

    Args:
        text: the characters of all, one string after the other, uint8 of shape `(characters,)`.
        ends: where each ends, int64 of shape `(n,)`.

    Example:
        >>> strings = AsciiStrings.of(["one", "", "one"])
        >>> most_equal(strings), list(strings.take([2, 1]))
        (2, ['one', ''])
    """

    def __init__(self, text: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        self.text, self.ends = text, ends
        self._strings: list[str] | None = None

    @staticmethod
    def of(strings: Sequence[str]) -> AsciiStrings | None:
        """Returns strings in one array, or None where one has a character beyond ASCII."""
        if isinstance(strings, AsciiStrings):
            return strings
        joined = "".join(strings)
        if not joined.isascii():
            return None
        text = np.frombuffer(bytearray(joined, "ascii"), dtype=np.uint8)
        packed = AsciiStrings(text, np.cumsum(list(map(str.__len__, strings)), dtype=np.int64))
        packed._strings = list(strings)
        return packed

    def __len__(self) -> int:
        """Returns how many there are."""
        return self.ends.size

    def __iter__(self) -> Iterator[str]:
        """Yields one string after the other."""
        return iter(self._made())

    @overload
    def __getitem__(self, which: int) -> str: ...

    @overload
    def __getitem__(self, which: slice) -> list[str]: ...

    def __getitem__(self, which: int | slice) -> str | list[str]:
        """Returns a string or, given a slice, a list of them."""
        return self._made()[which]

    def __add__(self, other: AsciiStrings) -> AsciiStrings:
        """Returns these strings and, after them, others."""
        end = self.ends[-1] if len(self) else 0
        return AsciiStrings(np.concatenate((self.text, other.text)), np.concatenate((self.ends, other.ends + end)))

    def __eq__(self, other: object) -> bool:
        """Whether the other ones are ASCII strings in one array, too, and the same ones."""
        return isinstance(other, AsciiStrings) and self.key() == other.key()

    def __hash__(self) -> int:
        """Returns the same number for the same strings."""
        return hash(self.key())

    def key(self) -> tuple[bytes, bytes]:
        """Returns what only the same strings have."""
        return self.text.tobytes(), self.ends.tobytes()

    def take(self, places: Any) -> AsciiStrings:
        """Returns the strings at some places, integers of shape `(m,)`, none of which is there twice."""
        from find_gym.categories.strings.kernels import comparing

        places = np.asarray(places, dtype=np.int64)
        text, ends = np.empty(self.text.size, dtype=np.uint8), np.empty(places.size, dtype=np.int64)
        comparing.take(self.text, self.ends, places, text, ends)
        return AsciiStrings(text[: ends[-1] if ends.size else 0].copy(), ends)

    def _made(self) -> list[str]:
        if self._strings is None:
            joined, places = self.text.tobytes().decode("ascii"), self.ends.tolist()
            self._strings = [joined[first:last] for first, last in zip([0, *places], places, strict=False)]
        return self._strings


def which_equal(strings: Sequence[str], values: Sequence[Any]) -> NDArray[np.bool_]:
    """Returns which values are strings, and equal to those in the same place, bool of shape `(n,)`.

    Args:
        strings: the strings, of a user's function perhaps of a subclass, such as NumPy's.
        values: what is compared with them; a value of a subclass, which may compare as it likes, is none.
    """
    if len(strings) != len(values):
        raise ValueError(f"expected {len(strings)} values, one for each string, actual: {len(values)}")
    return np.array([type(value) is str and value == string for string, value in zip(strings, values, strict=True)])


def most_equal(strings: Sequence[str]) -> int:
    """Returns how often the most frequent string is there."""
    if isinstance(strings, AsciiStrings):
        from find_gym.categories.strings.kernels import comparing

        return comparing.count_most_equal(strings.text, strings.ends)
    return max(Counter(strings).values())
