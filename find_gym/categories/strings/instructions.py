"""What operations and conditions are to the compiled loop that runs programs on ASCII strings.

An operation's definition is its Python function, which is its source code, too, and takes any string. Beside it stands
an instruction that does the same on ASCII strings, much faster; `tests/categories/strings/test_compiled.py` holds the
two equal. One without an instruction runs in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

ASCII = "".join(map(chr, range(128)))
# What a translation removes is translated to this.
REMOVED = 255
# Places of a character: an index, or one of these.
FIRST, LAST, MIDDLE, END, COUNTED = 0, -1, -2, -3, -4


class Code(IntEnum):
    """What an instruction does; in brackets, what its numbers `a`, `b`, `c` and its table mean."""

    TRANSLATE = 0
    """Translates each character by the table, which has `REMOVED` for those that it removes."""
    SHIFT_ALL_BY_LENGTH = 1
    SHIFT_ALL_BY_CHARACTER = 2
    """Lowers the case, then moves by the character at index a, forward (b = 1) or back (b = -1)."""
    SHIFT_ONE = 3
    """Moves the character at place a by b, if there are at least c characters."""
    SHIFT_MIDDLE = 4
    """Moves the middle character of an odd length from 3 by a, by the length where a is 0."""
    CAPITALIZE = 5
    ALTERNATE = 6
    REVERSE = 7
    REVERSE_FIRST_HALF = 8
    REVERSE_LAST_HALF = 9
    REVERSE_WORDS = 10
    """Reverses what stands between characters of the table."""
    REVERSE_THOSE = 11
    """Reverses the order of the characters of the table."""
    SWAP = 12
    """Swaps the characters at the places a and b where the string has both."""
    REMOVE_DUPLICATES = 13
    STRIP = 14
    """Strips the characters of the table from the start (a = 1) and the end (b = 1)."""
    DUPLICATE = 15
    """Appends the character at place a."""
    KEEP = 16
    """Keeps the character at place a, in the middle of an even length two."""
    INSERT = 17
    """Inserts, at place a, as many characters of the table as b says."""
    APPEND_UNLESS_LAST = 18
    """Appends character a unless it is the last one."""
    REPLACE_THOSE = 19
    """Replaces the characters of the table by the one at place a (`COUNTED`: at their number, less 1)."""
    NAME_LENGTH = 20
    NAME_COUNT = 21
    """Names the number of characters of the table."""
    NAME_INDEX = 22
    """Names the index of the first character a."""
    NAME_INDICES = 23
    """Names the indices of the characters of the table."""
    NAME_DIGITS = 24
    NAME_ORDER = 25
    """Names the place in the alphabet of the character at place a."""
    # Tests of conditions, and a jump to behind the other side of a branch.
    STARTS = 26
    """Whether the first character is in the table."""
    ENDS = 27
    """Whether the last character is in the table."""
    IS_EVEN = 28
    IS_LONGER = 29
    """Whether there are more than a characters."""
    CONTAINS = 30
    """Whether a character is in the table."""
    JUMP = 31


class Instruction(NamedTuple):
    """One step of a compiled program; see `Code`."""

    code: Code
    a: int = 0
    b: int = 0
    c: int = 0
    table: bytes = b""


def among(characters: str) -> bytes:
    """Returns the table of some ASCII characters: 1 for each of them, 0 for the others."""
    table = bytearray(len(ASCII))
    for character in filter(str.isascii, characters):
        table[ord(character)] = 1
    return bytes(table)


def where(test: Callable[[str], bool]) -> bytes:
    """Returns the table of the ASCII characters that pass a test."""
    return bytes(test(character) for character in ASCII)


def translation(outputs: list[str]) -> Instruction | None:
    """Returns the translation of each ASCII character to what stands in its place, "" if it is removed.

    None if that is more than one ASCII character.
    """
    filled = "".join([output or chr(REMOVED) for output in outputs])
    if len(filled) > len(outputs) or not "".join(outputs).isascii():
        return None
    return Instruction(Code.TRANSLATE, table=filled.encode("latin-1"))
