"""Random strings of many kinds: words, sentences, digits, punctuation, mixed case, short and long ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.core.kernels.compiling import exact_kernel, inlined_helper
from find_gym.core.kernels.draws import integer, uniform

# The kinds of strings, in turn.
WORD, MIXED_CASE, SENTENCE, WORD_WITH_DIGITS, RANDOM_LETTERS, CAPITALISED = 0, 1, 2, 3, 4, 5
PHRASE, PUNCTUATED, UPPER_CASE, SPACED, SINGLE, LONG, DIGITS, EMPTY = 6, 7, 8, 9, 10, 11, 12, 13

# The longest string that is drawn has fewer characters.
ROOM = 64
_LONG = 30
_LONGEST_WORD = 9
_SPACE = 32
_TO_UPPER = 32


@inlined_helper
def _copy(characters: Any, first: int, last: int, text: Any, end: int) -> int:
    for place in range(first, last):
        text[end] = characters[place]
        end += 1
    return end


@inlined_helper
def _word(words: Any, cursor: Any, characters: Any, starts: Any, text: Any, end: int) -> int:
    """Writes a random word; the last four entries of the table are no words."""
    number = integer(words, cursor, starts.size - 5)
    first = starts[number]
    # As many characters for each word, those of the next ones, too, are faster than as many as it has.
    for place in range(_LONGEST_WORD):
        text[end + place] = characters[first + place]
    return end + starts[number + 1] - first


@inlined_helper
def _raise(text: Any, first: int, last: int) -> None:
    """Turns lower-case letters into upper case; spaces stay."""
    for place in range(first, last):
        if text[place] != _SPACE:
            text[place] -= _TO_UPPER


@inlined_helper
def _capitalised(words: Any, cursor: Any, characters: Any, starts: Any, text: Any, end: int) -> int:
    last = _word(words, cursor, characters, starts, text, end)
    _raise(text, end, end + 1)
    return last


@inlined_helper
def _spaces(count: int, text: Any, end: int) -> int:
    for _ in range(count):
        text[end] = _SPACE
        end += 1
    return end


@inlined_helper
def _some(
    words: Any, cursor: Any, characters: Any, starts: Any, entry: int, least: int, most: int, text: Any, end: int
) -> int:
    """Writes random characters of an entry of the table (counted from its end), `least` to `most` of them."""
    first, last = starts[starts.size - 1 - entry], starts[starts.size - entry]
    for _ in range(least + integer(words, cursor, most - least + 1)):
        text[end] = characters[first + integer(words, cursor, last - first)]
        end += 1
    return end


_LETTER_ENTRY, _DIGIT_ENTRY, _PUNCTUATION_ENTRY, _SINGLE_ENTRY = 4, 3, 2, 1
_ENDS = (46, 33, 63)


@inlined_helper
def _phrase(words: Any, cursor: Any, characters: Any, starts: Any, least: int, kinds: int, text: Any, end: int) -> int:
    """Writes words with spaces between, `least` or up to `kinds - 1` more."""
    for number in range(least + integer(words, cursor, kinds)):
        end = _spaces(1 if number else 0, text, end)
        end = _word(words, cursor, characters, starts, text, end)
    return end


@inlined_helper
def _sentence(words: Any, cursor: Any, characters: Any, starts: Any, text: Any, end: int) -> int:
    last = _phrase(words, cursor, characters, starts, 3, 3, text, end)
    _raise(text, end, end + 1)
    text[last] = _ENDS[integer(words, cursor, 3)]
    return last + 1


@inlined_helper
def _mixed_case(words: Any, cursor: Any, characters: Any, starts: Any, text: Any, end: int) -> int:
    last = _word(words, cursor, characters, starts, text, end)
    last = _word(words, cursor, characters, starts, text, last)
    for place in range(end, last):
        # Random jumps would take longer.
        text[place] -= _TO_UPPER * (uniform(words, cursor) < 0.4)
    return last


@inlined_helper
def _word_with_digits(words: Any, cursor: Any, characters: Any, starts: Any, text: Any, end: int) -> int:
    if uniform(words, cursor) < 0.3:
        end = _some(words, cursor, characters, starts, _DIGIT_ENTRY, 1, 3, text, end)
    else:
        end = _word(words, cursor, characters, starts, text, end)
    end = _some(words, cursor, characters, starts, _DIGIT_ENTRY, 1, 3, text, end)
    if uniform(words, cursor) < 0.5:
        end = _word(words, cursor, characters, starts, text, end)
    return end


@inlined_helper
def _punctuated(words: Any, cursor: Any, characters: Any, starts: Any, text: Any, end: int) -> int:
    # One of three, each time the same ones: a word, a capitalised one, digits.
    parts = np.empty(3 * ROOM, dtype=np.uint8)
    ends = np.empty(4, dtype=np.int64)
    ends[0] = 0
    ends[1] = _word(words, cursor, characters, starts, parts, 0)
    ends[2] = _capitalised(words, cursor, characters, starts, parts, ends[1])
    ends[3] = _some(words, cursor, characters, starts, _DIGIT_ENTRY, 1, 12, parts, ends[2])
    for _ in range(1 + integer(words, cursor, 3)):
        part = integer(words, cursor, 3)
        end = _copy(parts, ends[part], ends[part + 1], text, end)
        end = _some(words, cursor, characters, starts, _PUNCTUATION_ENTRY, 1, 2, text, end)
    return end


@inlined_helper
def _spaced(words: Any, cursor: Any, characters: Any, starts: Any, text: Any, end: int) -> int:
    # The spaces in front are drawn after what they stand in front of.
    inner = np.empty(ROOM, dtype=np.uint8)
    size = _capitalised(words, cursor, characters, starts, inner, 0)
    size = _spaces(1 + integer(words, cursor, 3), inner, size)
    size = _word(words, cursor, characters, starts, inner, size)
    end = _spaces(integer(words, cursor, 4), text, end)
    end = _copy(inner, 0, size, text, end)
    return _spaces(integer(words, cursor, 4), text, end)


@exact_kernel("void(uint64[::1], int64[::1], uint8[::1], int64[::1], int64[::1], uint8[::1], int64[::1])")
def draw_strings(words: Any, cursor: Any, characters: Any, starts: Any, kinds: Any, text: Any, ends: Any) -> None:
    """Draws a string of each of some kinds.

    Args:
        words: bits to draw from; see `find_gym.core.kernels.draws`.
        cursor: where they begin.
        characters: lower-case words of 1 to 9 ASCII letters, then all letters, all digits, all punctuation, and the
            characters that stand alone, one after the other.
        starts: where each of these entries begins in `characters`, and where the last one ends.
        kinds: the kind of each, shape `(n,)`.
        text: where to write the strings, one after the other, with room for 64 characters each.
        ends: where to write the end of each, shape `(n,)`.
    """
    end = 0
    for number in range(ends.size):
        kind, first = kinds[number], end
        if kind == WORD:
            end = _word(words, cursor, characters, starts, text, end)
        elif kind == MIXED_CASE:
            end = _mixed_case(words, cursor, characters, starts, text, end)
        elif kind == SENTENCE:
            end = _sentence(words, cursor, characters, starts, text, end)
        elif kind == WORD_WITH_DIGITS:
            end = _word_with_digits(words, cursor, characters, starts, text, end)
        elif kind == RANDOM_LETTERS:
            end = _some(words, cursor, characters, starts, _LETTER_ENTRY, 2, 14, text, end)
        elif kind == CAPITALISED:
            end = _capitalised(words, cursor, characters, starts, text, end)
        elif kind == PHRASE:
            end = _phrase(words, cursor, characters, starts, 2, 3, text, end)
        elif kind == PUNCTUATED:
            end = _punctuated(words, cursor, characters, starts, text, end)
        elif kind == UPPER_CASE:
            end = _word(words, cursor, characters, starts, text, end)
            end = _spaces(1, text, end)
            end = _word(words, cursor, characters, starts, text, end)
            _raise(text, first, end)
        elif kind == SPACED:
            end = _spaced(words, cursor, characters, starts, text, end)
        elif kind == SINGLE:
            end = _some(words, cursor, characters, starts, _SINGLE_ENTRY, 1, 1, text, end)
        elif kind == LONG:
            end = _sentence(words, cursor, characters, starts, text, end)
            while end - first <= _LONG:
                end = _spaces(1, text, end)
                end = _capitalised(words, cursor, characters, starts, text, end)
        elif kind == DIGITS:
            end = _some(words, cursor, characters, starts, _DIGIT_ENTRY, 1, 12, text, end)
        ends[number] = end
