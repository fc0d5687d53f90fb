"""Programs that run on ASCII strings, one string after the other; `Code` says what each instruction does."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.categories.strings.instructions import COUNTED, END, LAST, MIDDLE, REMOVED, Code
from find_gym.categories.strings.kernels.comparing import same
from find_gym.core.kernels.compiling import exact_kernel, inlined_helper
from find_gym.core.number_words import NUMBER_WORDS

_ROOM = 1 << 14
# No instruction makes more of a string: each character a number word and a space, or one character more.
_GROWTH, _MORE = 13, 16
_SPACE, _TO_UPPER, _LOWER, _UPPER, _ZERO = 32, 32, 97, 65, 48
_UNKNOWN, _NONE = len(NUMBER_WORDS), len(NUMBER_WORDS) + 1
# The words that instructions write, the length of each before it.
_NUMBERS = np.zeros((_NONE + 1, 16), dtype=np.uint8)
for _row, _word in zip(_NUMBERS, (*NUMBER_WORDS, "unknown", "none"), strict=True):
    _row[: len(_word) + 1] = [len(_word), *_word.encode()]


@inlined_helper
def _is_lower(character: int) -> bool:
    return _LOWER <= character < _LOWER + 26


@inlined_helper
def _is_upper(character: int) -> bool:
    return _UPPER <= character < _UPPER + 26


@inlined_helper
def _lowered(character: int) -> int:
    return character + _TO_UPPER if _is_upper(character) else character


@inlined_helper
def _raised(character: int) -> int:
    return character - _TO_UPPER if _is_lower(character) else character


@inlined_helper
def _shifted(character: int, places: int) -> int:
    if _is_lower(character):
        return (character - _LOWER + places) % 26 + _LOWER
    if _is_upper(character):
        return (character - _UPPER + places) % 26 + _UPPER
    return character


@inlined_helper
def _index(place: int, size: int) -> int:
    """Returns the index of a place in a string."""
    if place == LAST:
        return size - 1
    if place == MIDDLE:
        return size // 2
    return size if place == END else place


@inlined_helper
def _copy(source: Any, first: int, last: int, target: Any, end: int) -> int:
    for place in range(first, last):
        target[end] = source[place]
        end += 1
    return end


@inlined_helper
def _move(room: Any, at: int, first: int, last: int, to: int, end: int) -> int:
    for place in range(first, last):
        room[to + end] = room[at + place]
        end += 1
    return end


@inlined_helper
def _move_back(room: Any, at: int, first: int, last: int, to: int, end: int) -> int:
    for place in range(last - 1, first - 1, -1):
        room[to + end] = room[at + place]
        end += 1
    return end


@inlined_helper
def _name(number: int, room: Any, to: int, end: int) -> int:
    """Writes a number word, "none" for -1; the first entry of each row is its length."""
    row = min(number, _UNKNOWN) if number >= 0 else _NONE
    for place in range(1, 1 + _NUMBERS[row, 0]):
        room[to + end] = _NUMBERS[row, place]
        end += 1
    return end


@inlined_helper
def _count(room: Any, at: int, size: int, tables: Any, row: int) -> int:
    count = 0
    for place in range(size):
        count += tables[row, room[at + place]]
    return count


@inlined_helper
def _translate(room: Any, at: int, size: int, to: int, tables: Any, row: int) -> int:
    end = 0
    for place in range(size):
        room[to + end] = tables[row, room[at + place]]
        end += room[to + end] != REMOVED
    return end


@inlined_helper
def _shift(code: int, room: Any, at: int, size: int, to: int, a: int, b: int, c: int) -> int:
    _move(room, at, 0, size, to, 0)
    if code == Code.SHIFT_ALL_BY_LENGTH:
        for place in range(size):
            room[to + place] = _shifted(room[at + place], size)
    elif code == Code.SHIFT_ALL_BY_CHARACTER:
        if a < size:
            places = b * (_lowered(room[at + a]) - _LOWER)
            for place in range(size):
                room[to + place] = _shifted(_lowered(room[at + place]), places)
    elif code == Code.SHIFT_ONE:
        if size >= c:
            place = _index(a, size)
            room[to + place] = _shifted(room[at + place], b)
    elif size >= 3 and size % 2 == 1:
        room[to + size // 2] = _shifted(room[at + size // 2], a if a else size)
    return size


@inlined_helper
def _change_case(code: int, room: Any, at: int, size: int, to: int) -> int:
    for place in range(size):
        raised = place == 0 if code == Code.CAPITALIZE else place % 2 == 0
        room[to + place] = _raised(room[at + place]) if raised else _lowered(room[at + place])
    return size


@inlined_helper
def _reverse(code: int, room: Any, at: int, size: int, to: int) -> int:
    first = size // 2 if code == Code.REVERSE_LAST_HALF else 0
    last = size // 2 if code == Code.REVERSE_FIRST_HALF else size
    end = _move(room, at, 0, first, to, 0)
    end = _move_back(room, at, first, last, to, end)
    return _move(room, at, last, size, to, end)


@inlined_helper
def _reverse_words(room: Any, at: int, size: int, to: int, tables: Any, row: int) -> int:
    end, place = 0, 0
    while place < size:
        first = place
        while place < size and not tables[row, room[at + place]]:
            place += 1
        if place > first:
            if end:
                room[to + end] = _SPACE
                end += 1
            end = _move_back(room, at, first, place, to, end)
        place += 1
    return end


@inlined_helper
def _reverse_those(room: Any, at: int, size: int, to: int, tables: Any, row: int) -> int:
    other = size - 1
    for place in range(size):
        room[to + place] = room[at + place]
        if tables[row, room[at + place]]:
            while not tables[row, room[at + other]]:
                other -= 1
            room[to + place] = room[at + other]
            other -= 1
    return size


@inlined_helper
def _swap(room: Any, at: int, size: int, to: int, a: int, b: int) -> int:
    _move(room, at, 0, size, to, 0)
    first, second = _index(a, size), _index(b, size)
    if first < size and second < size:
        room[to + first], room[to + second] = room[at + second], room[at + first]
    return size


@inlined_helper
def _remove_duplicates(room: Any, at: int, size: int, to: int) -> int:
    seen = np.zeros(128, dtype=np.bool_)
    end = 0
    for place in range(size):
        if not seen[room[at + place]]:
            seen[room[at + place]] = True
            room[to + end] = room[at + place]
            end += 1
    return end


@inlined_helper
def _strip(room: Any, at: int, size: int, to: int, a: int, b: int, tables: Any, row: int) -> int:
    first = 0
    while a and first < size and tables[row, room[at + first]]:
        first += 1
    while b and size > first and tables[row, room[at + size - 1]]:
        size -= 1
    return _move(room, at, first, size, to, 0)


@inlined_helper
def _keep(room: Any, at: int, size: int, to: int, a: int) -> int:
    first = _index(a, size)
    last = first + 1
    if a == MIDDLE and size % 2 == 0:
        first -= 1
    return _move(room, at, first, last, to, 0) if size else 0


@inlined_helper
def _insert(room: Any, at: int, size: int, to: int, a: int, b: int, tables: Any, row: int) -> int:
    place = _index(a, size)
    end = _move(room, at, 0, place, to, 0)
    for number in range(b):
        room[to + end] = tables[row, number]
        end += 1
    return _move(room, at, place, size, to, end)


@inlined_helper
def _append(code: int, room: Any, at: int, size: int, to: int, a: int) -> int:
    """Appends a character of the string, or one that it does not end with."""
    end = _move(room, at, 0, size, to, 0)
    if code == Code.DUPLICATE:
        return _move(room, at, _index(a, size), _index(a, size) + 1, to, end) if size else 0
    if size == 0 or room[at + size - 1] != a:
        room[to + end] = a
        end += 1
    return end


@inlined_helper
def _replace_those(room: Any, at: int, size: int, to: int, a: int, tables: Any, row: int) -> int:
    index = _count(room, at, size, tables, row) - 1 if a == COUNTED else _index(a, size)
    for place in range(size):
        room[to + place] = room[at + index] if tables[row, room[at + place]] else room[at + place]
    return size


@inlined_helper
def _name_indices(code: int, room: Any, at: int, size: int, to: int, tables: Any, row: int) -> int:
    """Writes the index of each character of the table, or what digit it is."""
    end = 0
    for place in range(size):
        if tables[row, room[at + place]]:
            if end:
                room[to + end] = _SPACE
                end += 1
            number = room[at + place] - _ZERO if code == Code.NAME_DIGITS else place
            end = _name(number, room, to, end)
    return end


@inlined_helper
def _name_number(code: int, room: Any, at: int, size: int, to: int, a: int, tables: Any, row: int) -> int:
    number = size
    if code == Code.NAME_COUNT:
        number = _count(room, at, size, tables, row)
    elif code == Code.NAME_INDEX:
        number = 0
        while number < size and room[at + number] != a:
            number += 1
        if number == size:
            number = -1
    elif code == Code.NAME_ORDER:
        letter = _lowered(room[at + _index(a, size)]) if size else 0
        number = letter - _LOWER + 1 if _is_lower(letter) else 0
    return _name(number, room, to, 0)


@inlined_helper
def _apply(program: Any, tables: Any, row: int, room: Any, at: int, size: int, to: int) -> int:
    """Applies an instruction to a string of a size; returns that of what it writes."""
    code, a, b, c = program[row, 0], program[row, 1], program[row, 2], program[row, 3]
    if code == Code.TRANSLATE:
        return _translate(room, at, size, to, tables, row)
    if code <= Code.SHIFT_MIDDLE:
        return _shift(code, room, at, size, to, a, b, c)
    if code <= Code.ALTERNATE:
        return _change_case(code, room, at, size, to)
    if code <= Code.REVERSE_LAST_HALF:
        return _reverse(code, room, at, size, to)
    if code == Code.REVERSE_WORDS:
        return _reverse_words(room, at, size, to, tables, row)
    if code == Code.REVERSE_THOSE:
        return _reverse_those(room, at, size, to, tables, row)
    if code == Code.SWAP:
        return _swap(room, at, size, to, a, b)
    if code == Code.REMOVE_DUPLICATES:
        return _remove_duplicates(room, at, size, to)
    if code == Code.STRIP:
        return _strip(room, at, size, to, a, b, tables, row)
    if code == Code.KEEP:
        return _keep(room, at, size, to, a)
    if code == Code.INSERT:
        return _insert(room, at, size, to, a, b, tables, row)
    if code == Code.DUPLICATE or code == Code.APPEND_UNLESS_LAST:
        return _append(code, room, at, size, to, a)
    if code == Code.REPLACE_THOSE:
        return _replace_those(room, at, size, to, a, tables, row)
    if code == Code.NAME_INDICES or code == Code.NAME_DIGITS:
        return _name_indices(code, room, at, size, to, tables, row)
    return _name_number(code, room, at, size, to, a, tables, row)


@inlined_helper
def _holds(program: Any, tables: Any, row: int, room: Any, at: int, size: int) -> bool:
    """Tests a condition."""
    code = program[row, 0]
    if code == Code.STARTS:
        return size > 0 and tables[row, room[at]] > 0
    if code == Code.ENDS:
        return size > 0 and tables[row, room[at + size - 1]] > 0
    if code == Code.IS_EVEN:
        return size % 2 == 0
    if code == Code.IS_LONGER:
        return size > program[row, 1]
    return _count(room, at, size, tables, row) > 0


@exact_kernel(
    "UniTuple(boolean, 2)(int64[:, ::1], uint8[:, ::1], boolean, uint8[::1], int64[::1], uint8[::1], int64[::1],"
    "uint8[::1], int64[:, ::1])"
)
def run_program(
    program: Any,
    tables: Any,
    simpler: bool,
    text: Any,
    ends: Any,
    expected: Any,
    expected_ends: Any,
    outputs: Any,
    told: Any,
) -> tuple[bool, bool]:
    """Runs a program on ASCII strings, and compares the outputs with others.

    Args:
        program: a row for each instruction: its code, `a`, `b`, `c`, the row to go on with where a condition does not
            hold or after a jump, and the bit of `told` that says whether the condition held (-1: none);
            then a row for each simpler program, which in place of the first row named goes on with the second one.
        tables: the table of each instruction, shape `(instructions, 128)`.
        simpler: whether to run the simpler programs as well.
        text: the strings, one after the other.
        ends: where each ends, shape `(n,)`.
        expected: strings to compare the outputs with.
        expected_ends: where each of those ends, shape `(n,)`.
        outputs: where to write the outputs, one after the other.
        told: where to write the end of each output, whether it is the expected one, and which conditions held as bits,
            shape `(3, n)`.

    Returns:
        Whether there was room enough; and whether all outputs are the expected ones, all are the same, or all are those
        of one of the simpler programs.
    """
    # The strings, then what two instructions, one after the other, make of one of them.
    one = text.size
    room = np.empty(one + 2 * _ROOM, dtype=np.uint8)
    _copy(text, 0, one, room, 0)
    rows = tables.shape[0]
    is_expected, is_constant = True, True
    for turn in range(rows - 1, program.shape[0] if simpler else rows):
        is_first = turn < rows
        fork, onto = (-1, -1) if is_first else (program[turn, 0], program[turn, 1])
        is_same = True
        first, end, compared = 0, 0, 0
        for number in range(ends.size):
            size = ends[number] - first
            at, to = first, one
            first = ends[number]
            row, bits = 0, 0
            while row < rows:
                code = program[row, 0]
                if row == fork:
                    row = onto
                elif code == Code.JUMP:
                    row = program[row, 4]
                elif code >= Code.STARTS:
                    holds = _holds(program, tables, row, room, at, size)
                    if holds and program[row, 5] >= 0:
                        bits |= 1 << program[row, 5]
                    row = row + 1 if holds else program[row, 4]
                else:
                    if _GROWTH * size + _MORE > _ROOM:
                        return False, False
                    size = _apply(program, tables, row, room, at, size, to)
                    at, to = to, 2 * one + _ROOM - to
                    row += 1
            if not is_first:
                is_same = told[0, number] - end == size and same(room, at, outputs, end, size)
                if not is_same:
                    break
                end = told[0, number]
                continue
            if end + size > outputs.size:
                return False, False
            fits = expected_ends[number] - compared == size and same(room, at, expected, compared, size)
            is_expected &= fits
            compared = expected_ends[number]
            if is_constant and number:
                is_constant = told[0, 0] == size and same(room, at, outputs, 0, size)
            end = _copy(room, at, at + size, outputs, end)
            told[0, number], told[1, number], told[2, number] = end, fits, bits
        if (is_expected or is_constant) if is_first else is_same:
            return True, True
    return True, False
