"""Programs on ASCII strings in one array, run by a compiled loop."""

from __future__ import annotations

from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.strings.ascii_strings import AsciiStrings
from find_gym.categories.strings.instructions import ASCII, Instruction
from find_gym.core.number_words import NUMBER_WORDS


class CompiledProgram:
    """The instructions of a program, in the order in which they are run."""

    def __init__(self) -> None:
        self._rows: list[list[int]] = []
        self._tables: list[bytes] = []
        self._columns = 0

    def add(self, instruction: Instruction, *, column: bool = False) -> int:
        """Adds an instruction.

        Args:
            instruction: what it does.
            column: whether to note which strings meet this condition.

        Returns:
            Its number; see `go_on_after`.
        """
        code, a, b, c, table = instruction
        self._rows.append([code, a, b, c, 0, self._columns if column else -1])
        self._tables.append(table.ljust(len(ASCII), b"\0"))
        self._columns += column
        return len(self._rows) - 1

    def go_on_here(self, number: int) -> None:
        """Lets a jump, or a condition that does not hold, go on with what is added next."""
        self._rows[number][4] = len(self._rows)

    def run(self, strings: AsciiStrings) -> Run | None:
        """Runs the program; None where the outputs need more room than there is."""
        from find_gym.categories.strings.kernels import running

        rows, tables = self._arrays
        text = np.empty(_GROWTH * strings.text.size + _MORE * len(strings), dtype=np.uint8)
        ends = np.empty(len(strings), dtype=np.int64)
        taken = np.empty((len(strings), self._columns), dtype=np.uint8)
        if not running.run_program(rows, tables, _number_words(), strings.text, strings.ends, text, ends, taken):
            return None
        return Run(AsciiStrings(text[: ends[-1] if ends.size else 0].copy(), ends), taken)

    @cached_property
    def _arrays(self) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        rows = np.array(self._rows, dtype=np.int64).reshape(-1, 6)
        return rows, np.frombuffer(bytearray(b"".join(self._tables)), dtype=np.uint8).reshape(-1, len(ASCII))


class Run(NamedTuple):
    """What a program made of strings.

    Attributes:
        outputs: the outputs.
        taken: whether each string met each condition that has a column, 0 or 1, uint8 of shape `(n, columns)`.
    """

    outputs: AsciiStrings
    taken: NDArray[np.uint8]


# Characters of outputs for which there is room, for each character of the inputs and for each input.
_GROWTH, _MORE = 16, 64


@cache
def _number_words() -> NDArray[np.uint8]:
    """Returns the words that the loop writes, the length of each before it."""
    words = [*NUMBER_WORDS, "unknown", "none"]
    table = np.zeros((len(words), 16), dtype=np.uint8)
    for row, word in zip(table, words, strict=True):
        row[: len(word) + 1] = [len(word), *word.encode()]
    return table
