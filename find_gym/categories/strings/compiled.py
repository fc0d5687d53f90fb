"""Programs on ASCII strings in one array, run by a compiled loop."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.strings.ascii_strings import AsciiStrings
from find_gym.categories.strings.followed import MOST_CONDITIONS
from find_gym.categories.strings.instructions import ASCII, Instruction

# Characters of outputs for which there is room, for each character of the inputs and four of each input: what nearly
# all programs need, and one that writes two number words for each character.
_GROWTH = 16, 256
_COLUMNS = 6


class CompiledProgram:
    """The instructions of a program, in the order in which they are run.

    Attributes:
        size: how many there are.
    """

    def __init__(self) -> None:
        self.size = 0
        self._rows: list[int] = []
        self._tables: list[bytes] = []
        self._detours: list[int] = []
        self._bits = 0

    def add(self, instruction: Instruction, *, told: bool = False) -> int | None:
        """Adds an instruction.

        Args:
            instruction: what it does.
            told: whether a run tells which strings meet this condition.

        Returns:
            Its number; see `go_on_here`. None where there are more conditions to tell of than there are bits.
        """
        code, a, b, c, table = instruction
        self._rows += (code, a, b, c, 0, self._bits if told else -1)
        self._tables.append(table)
        self._bits += told
        self.size += 1
        return None if self._bits > MOST_CONDITIONS else self.size - 1

    def go_on_here(self, number: int) -> None:
        """Lets a jump, or a condition that does not hold, go on with what is added next."""
        self._rows[_COLUMNS * number + 4] = self.size

    def add_detour(self, first: int, onto: int) -> None:
        """Adds a simpler program, which goes on with instruction `onto` in place of instruction `first`."""
        self._detours += (first, onto, 0, 0, 0, 0)

    def run(self, strings: AsciiStrings, expected: AsciiStrings | None = None, *, simpler: bool = False) -> Run | None:
        """Runs the program; None where the outputs need more room than there is.

        Args:
            strings: the inputs.
            expected: strings to compare the outputs with, as many; by default the inputs.
            simpler: whether to compare the outputs with those of simpler programs as well.
        """
        from find_gym.categories.strings.kernels import running

        rows, tables = self._arrays
        expected = strings if expected is None else expected
        told = np.empty((3, strings.ends.size), dtype=np.int64)
        for growth in _GROWTH:
            text = np.empty(growth * (strings.text.size + 4 * strings.ends.size), dtype=np.uint8)
            fits, is_simple = running.run_program(
                rows, tables, simpler, strings.text, strings.ends, expected.text, expected.ends, text, told
            )
            if fits:
                return Run(text, told, is_simple)
        return None

    @cached_property
    def _arrays(self) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        rows = np.array(self._rows + self._detours, dtype=np.int64).reshape(-1, _COLUMNS)
        tables = b"".join([table.ljust(len(ASCII), b"\0") for table in self._tables])
        return rows, np.frombuffer(bytearray(tables), dtype=np.uint8).reshape(self.size, len(ASCII))


class Run(NamedTuple):
    """What a program made of strings.

    Attributes:
        text: the outputs, one after the other, and room.
        told: where each output ends, whether it is the string that it was compared with, and which conditions held, as
            bits in the order of the conditions, int64 of shape `(3, n)`.
        is_simple: whether all outputs are those that they were compared with, all are the same, or all are those of
            one of the simpler programs, if these were to be run.
    """

    text: NDArray[np.uint8]
    told: NDArray[np.int64]
    is_simple: bool

    @property
    def outputs(self) -> AsciiStrings:
        """The outputs."""
        ends = self.told[0]
        return AsciiStrings(self.text[: ends[-1] if ends.size else 0].copy(), ends)
