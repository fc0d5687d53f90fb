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
def _copy_back(source: Any, first: int, last: int, target: Any, end: int) -> int:
    for place in range(last - 1, first - 1, -1):
        target[end] = source[place]
        end += 1
    return end


@inlined_helper
def _name(number: int, target: Any, end: int) -> int:
    """Writes a number word, "none" for -1; the first entry of each row is its length."""
    row = min(number, _UNKNOWN) if number >= 0 else _NONE
    for place in range(1, 1 + _NUMBERS[row, 0]):
        target[end] = _NUMBERS[row, place]
        end += 1
    return end


@inlined_helper
def _count(source: Any, size: int, tables: Any, row: int) -> int:
    count = 0
    for place in range(size):
        count += tables[row, source[place]]
    return count


@inlined_helper
def _translate(source: Any, size: int, target: Any, tables: Any, row: int) -> int:
    end = 0
    for place in range(size):
        target[end] = tables[row, source[place]]
        end += target[end] != REMOVED
    return end


@inlined_helper
def _shift(code: int, source: Any, size: int, target: Any, a: int, b: int, c: int) -> int:
    _copy(source, 0, size, target, 0)
    if code == Code.SHIFT_ALL_BY_LENGTH:
        for place in range(size):
            target[place] = _shifted(source[place], size)
    elif code == Code.SHIFT_ALL_BY_CHARACTER:
        if a < size:
            places = b * (_lowered(source[a]) - _LOWER)
            for place in range(size):
                target[place] = _shifted(_lowered(source[place]), places)
    elif code == Code.SHIFT_ONE:
        if size >= c:
            place = _index(a, size)
            target[place] = _shifted(source[place], b)
    elif size >= 3 and size % 2 == 1:
        target[size // 2] = _shifted(source[size // 2], a if a else size)
    return size


@inlined_helper
def _change_case(code: int, source: Any, size: int, target: Any) -> int:
    for place in range(size):
        raised = place == 0 if code == Code.CAPITALIZE else place % 2 == 0
        target[place] = _raised(source[place]) if raised else _lowered(source[place])
    return size


@inlined_helper
def _reverse(code: int, source: Any, size: int, target: Any) -> int:
    first = size // 2 if code == Code.REVERSE_LAST_HALF else 0
    last = size // 2 if code == Code.REVERSE_FIRST_HALF else size
    end = _copy(source, 0, first, target, 0)
    end = _copy_back(source, first, last, target, end)
    return _copy(source, last, size, target, end)


@inlined_helper
def _reverse_words(source: Any, size: int, target: Any, tables: Any, row: int) -> int:
    end, place = 0, 0
    while place < size:
        first = place
        while place < size and not tables[row, source[place]]:
            place += 1
        if place > first:
            if end:
                target[end] = _SPACE
                end += 1
            end = _copy_back(source, first, place, target, end)
        place += 1
    return end


@inlined_helper
def _reverse_those(source: Any, size: int, target: Any, tables: Any, row: int) -> int:
    other = size - 1
    for place in range(size):
        target[place] = source[place]
        if tables[row, source[place]]:
            while not tables[row, source[other]]:
                other -= 1
            target[place] = source[other]
            other -= 1
    return size


@inlined_helper
def _swap(source: Any, size: int, target: Any, a: int, b: int) -> int:
    _copy(source, 0, size, target, 0)
    first, second = _index(a, size), _index(b, size)
    if first < size and second < size:
        target[first], target[second] = source[second], source[first]
    return size


@inlined_helper
def _remove_duplicates(source: Any, size: int, target: Any) -> int:
    seen = np.zeros(128, dtype=np.bool_)
    end = 0
    for place in range(size):
        if not seen[source[place]]:
            seen[source[place]] = True
            target[end] = source[place]
            end += 1
    return end


@inlined_helper
def _strip(source: Any, size: int, target: Any, a: int, b: int, tables: Any, row: int) -> int:
    first = 0
    while a and first < size and tables[row, source[first]]:
        first += 1
    while b and size > first and tables[row, source[size - 1]]:
        size -= 1
    return _copy(source, first, size, target, 0)


@inlined_helper
def _keep(source: Any, size: int, target: Any, a: int) -> int:
    first = _index(a, size)
    last = first + 1
    if a == MIDDLE and size % 2 == 0:
        first -= 1
    return _copy(source, first, last, target, 0) if size else 0


@inlined_helper
def _insert(source: Any, size: int, target: Any, a: int, b: int, tables: Any, row: int) -> int:
    place = _index(a, size)
    end = _copy(source, 0, place, target, 0)
    for number in range(b):
        target[end] = tables[row, number]
        end += 1
    return _copy(source, place, size, target, end)


@inlined_helper
def _append(code: int, source: Any, size: int, target: Any, a: int) -> int:
    """Appends a character of the string, or one that it does not end with."""
    end = _copy(source, 0, size, target, 0)
    if code == Code.DUPLICATE:
        return _copy(source, _index(a, size), _index(a, size) + 1, target, end) if size else 0
    if size == 0 or source[size - 1] != a:
        target[end] = a
        end += 1
    return end


@inlined_helper
def _replace_those(source: Any, size: int, target: Any, a: int, tables: Any, row: int) -> int:
    index = _count(source, size, tables, row) - 1 if a == COUNTED else _index(a, size)
    for place in range(size):
        target[place] = source[index] if tables[row, source[place]] else source[place]
    return size


@inlined_helper
def _name_indices(code: int, source: Any, size: int, target: Any, tables: Any, row: int) -> int:
    """Writes the index of each character of the table, or what digit it is."""
    end = 0
    for place in range(size):
        if tables[row, source[place]]:
            if end:
                target[end] = _SPACE
                end += 1
            number = source[place] - _ZERO if code == Code.NAME_DIGITS else place
            end = _name(number, target, end)
    return end


@inlined_helper
def _name_number(code: int, source: Any, size: int, target: Any, a: int, tables: Any, row: int) -> int:
    number = size
    if code == Code.NAME_COUNT:
        number = _count(source, size, tables, row)
    elif code == Code.NAME_INDEX:
        number = 0
        while number < size and source[number] != a:
            number += 1
        if number == size:
            number = -1
    elif code == Code.NAME_ORDER:
        letter = _lowered(source[_index(a, size)]) if size else 0
        number = letter - _LOWER + 1 if _is_lower(letter) else 0
    return _name(number, target, 0)


@inlined_helper
def _apply(program: Any, tables: Any, row: int, source: Any, size: int, target: Any) -> int:
    """Applies an instruction to a string of a size; returns that of what it writes."""
    code, a, b, c = program[row, 0], program[row, 1], program[row, 2], program[row, 3]
    if code == Code.TRANSLATE:
        return _translate(source, size, target, tables, row)
    if code <= Code.SHIFT_MIDDLE:
        return _shift(code, source, size, target, a, b, c)
    if code <= Code.ALTERNATE:
        return _change_case(code, source, size, target)
    if code <= Code.REVERSE_LAST_HALF:
        return _reverse(code, source, size, target)
    if code == Code.REVERSE_WORDS:
        return _reverse_words(source, size, target, tables, row)
    if code == Code.REVERSE_THOSE:
        return _reverse_those(source, size, target, tables, row)
    if code == Code.SWAP:
        return _swap(source, size, target, a, b)
    if code == Code.REMOVE_DUPLICATES:
        return _remove_duplicates(source, size, target)
    if code == Code.STRIP:
        return _strip(source, size, target, a, b, tables, row)
    if code == Code.KEEP:
        return _keep(source, size, target, a)
    if code == Code.INSERT:
        return _insert(source, size, target, a, b, tables, row)
    if code == Code.DUPLICATE or code == Code.APPEND_UNLESS_LAST:
        return _append(code, source, size, target, a)
    if code == Code.REPLACE_THOSE:
        return _replace_those(source, size, target, a, tables, row)
    if code == Code.NAME_INDICES or code == Code.NAME_DIGITS:
        return _name_indices(code, source, size, target, tables, row)
    return _name_number(code, source, size, target, a, tables, row)


@inlined_helper
def _holds(program: Any, tables: Any, row: int, source: Any, size: int) -> bool:
    """Tests a condition."""
    code = program[row, 0]
    if code == Code.STARTS:
        return size > 0 and tables[row, source[0]] > 0
    if code == Code.ENDS:
        return size > 0 and tables[row, source[size - 1]] > 0
    if code == Code.IS_EVEN:
        return size % 2 == 0
    if code == Code.IS_LONGER:
        return size > program[row, 1]
    return _count(source, size, tables, row) > 0


@exact_kernel(
    "boolean(int64[:, ::1], uint8[:, ::1], int64[:, ::1], uint8[::1], int64[::1], uint8[::1], int64[::1], uint8[::1],"
    "int64[:, ::1], boolean[::1])"
)
def run_program(
    program: Any,
    tables: Any,
    detours: Any,
    text: Any,
    ends: Any,
    expected: Any,
    expected_ends: Any,
    outputs: Any,
    told: Any,
    alike: Any,
) -> bool:
    """Runs a program on ASCII strings, and compares the outputs with others.

    Args:
        program: a row for each instruction: its code, `a`, `b`, `c`, the row to go on with where a condition does not
            hold or after a jump, and the bit of `told` that says whether the condition held (-1: none).
        tables: the table of each instruction, shape `(instructions, 128)`.
        detours: simpler programs, shape `(m, 2)`: at the first row, each goes on with the second one.
        text: the strings, one after the other.
        ends: where each ends, shape `(n,)`.
        expected: strings to compare the outputs with.
        expected_ends: where each of those ends, shape `(n,)`.
        outputs: where to write the outputs, one after the other.
        told: where to write the end of each output, whether it is the expected one, and which conditions held as bits,
            shape `(3, n)`.
        alike: where to write whether all outputs are the expected ones, whether all are the same, and whether they are
            those of each of the simpler programs, shape `(m + 2,)`.

    Returns:
        Whether there was room enough.
    """
    source, target = np.empty(_ROOM, dtype=np.uint8), np.empty(_ROOM, dtype=np.uint8)
    alike[:] = True
    for turn in range(1 + detours.shape[0]):
        fork, onto = (detours[turn - 1, 0], detours[turn - 1, 1]) if turn else (-1, -1)
        first, end, compared = 0, 0, 0
        for number in range(ends.size):
            size = ends[number] - first
            if size > _ROOM:
                return False
            _copy(text, first, ends[number], source, 0)
            first = ends[number]
            row, bits = 0, 0
            while row < program.shape[0]:
                code = program[row, 0]
                if row == fork:
                    row = onto
                elif code == Code.JUMP:
                    row = program[row, 4]
                elif code >= Code.STARTS:
                    holds = _holds(program, tables, row, source, size)
                    if holds and program[row, 5] >= 0:
                        bits |= 1 << program[row, 5]
                    row = row + 1 if holds else program[row, 4]
                else:
                    if _GROWTH * size + _MORE > _ROOM:
                        return False
                    size = _apply(program, tables, row, source, size, target)
                    source, target = target, source
                    row += 1
            if turn:
                if told[0, number] - end != size or not same(source, 0, outputs, end, size):
                    alike[turn + 1] = False
                    break
                end = told[0, number]
                continue
            if end + size > outputs.size:
                return False
            is_expected = expected_ends[number] - compared == size and same(source, 0, expected, compared, size)
            compared = expected_ends[number]
            alike[0] &= is_expected
            alike[1] &= size == told[0, 0] if number else True
            if alike[1] and number:
                alike[1] = same(source, 0, outputs, 0, size)
            end = _copy(source, 0, size, outputs, end)
            told[0, number], told[1, number], told[2, number] = end, is_expected, bits
    return True
