"""String operations that change the case or the order of characters, repeat some, or keep only some.

Upper and lower case, whitespace and words are what Python's `str` methods take them for, on any Unicode.
"""

from __future__ import annotations

from collections.abc import Iterable

from find_gym.categories.strings.alphabet import DIGITS, VOWELS
from find_gym.categories.strings.instructions import (
    ASCII,
    FIRST,
    LAST,
    MIDDLE,
    Code,
    Instruction,
    among,
    translation,
    where,
)
from find_gym.categories.strings.inversion import first_change
from find_gym.categories.strings.operation import INDEX, Constants, Operation, Strings, released


def convert_to_lowercase(s: str) -> str:
    """Converts to lower case."""
    return s.lower()


def convert_to_uppercase(s: str) -> str:
    """Converts to upper case."""
    return s.upper()


def capitalize_string(s: str) -> str:
    """Makes the first character upper case and all others lower case."""
    return s.capitalize()


def capitalize_alternating_letters(s: str) -> str:
    """Alternates the case: upper at even, lower at odd indices."""
    return "".join(c.upper() if index % 2 == 0 else c.lower() for index, c in enumerate(s))


def reverse_string(s: str) -> str:
    """Reverses the string."""
    return s[::-1]


def reverse_string_first_half(s: str) -> str:
    """Reverses the first half; the middle character belongs to the second."""
    half = len(s) // 2
    return s[:half][::-1] + s[half:]


def reverse_string_last_half(s: str) -> str:
    """Reverses the second half, the middle character included."""
    half = len(s) // 2
    return s[:half] + s[half:][::-1]


def reverse_words(s: str) -> str:
    """Reverses each word; one space stands between words afterwards."""
    return " ".join(word[::-1] for word in s.split())


def reverse_vowels(s: str) -> str:
    """Reverses the order of the vowels, leaving all else in place."""
    backwards = reversed([c for c in s if c in VOWELS])
    return "".join(next(backwards) if c in VOWELS else c for c in s)


def swap_first_last(s: str) -> str:
    """Swaps the first and the last character."""
    return s[-1] + s[1:-1] + s[0] if len(s) > 1 else s


def swap_rand(s: str, first: int, second: int) -> str:
    """Swaps the characters at two indices where the string has both."""
    characters = list(s)
    if max(first, second) < len(s):
        characters[first], characters[second] = s[second], s[first]
    return "".join(characters)


def remove_digits(s: str) -> str:
    """Removes all digits."""
    return "".join(c for c in s if c not in DIGITS)


def remove_whitespace(s: str) -> str:
    """Removes all whitespace."""
    return "".join(s.split())


def remove_duplicates(s: str) -> str:
    """Keeps the first occurrence of every character."""
    return "".join(dict.fromkeys(s))


def extract_uppers(s: str) -> str:
    """Keeps only the upper-case letters."""
    return "".join(c for c in s if c.isupper())


def string_strip(s: str) -> str:
    """Strips whitespace from both ends."""
    return s.strip()


def string_lstrip(s: str) -> str:
    """Strips whitespace from the start."""
    return s.lstrip()


def string_rstrip(s: str) -> str:
    """Strips whitespace from the end."""
    return s.rstrip()


def duplicate_first_letter(s: str) -> str:
    """Appends the first character."""
    return s + s[:1]


def duplicate_last_letter(s: str) -> str:
    """Appends the last character."""
    return s + s[-1:]


def duplicate_mid_letter(s: str) -> str:
    """Appends the middle character, the second of two."""
    middle = len(s) // 2
    return s + s[middle : middle + 1]


def get_first_character(s: str) -> str:
    """Keeps the first character."""
    return s[:1]


def get_last_character(s: str) -> str:
    """Keeps the last character."""
    return s[-1:]


def get_mid_character(s: str) -> str:
    """Keeps the middle character, or the middle two of an even length."""
    return s[(len(s) - 1) // 2 : len(s) // 2 + 1] if s else ""


def _swapped(given: Strings, answers: Strings) -> Iterable[Constants]:
    change = first_change(given, answers)
    if change is None:
        return []
    z, y, first = change
    places = [i for i in range(first, len(z)) if z[i] != y[i]]
    return [(first, places[1])] if len(places) == 2 and places[1] <= 9 else []


_SPACES = where(str.isspace)

OPERATIONS = released(
    Operation(convert_to_lowercase, lambda it: f"converts {it} to lower case", letterwise=True),
    Operation(convert_to_uppercase, lambda it: f"converts {it} to upper case", letterwise=True),
    Operation(
        capitalize_string,
        lambda it: f"makes the first character of {it} upper case and all others lower case",
        instruction=lambda: Instruction(Code.CAPITALIZE),
    ),
    Operation(
        capitalize_alternating_letters,
        lambda it: f"alternates the case along {it}, upper case at even and lower case at odd indices",
        instruction=lambda: Instruction(Code.ALTERNATE),
    ),
    Operation(
        reverse_string,
        lambda it: f"reverses {it}",
        instruction=lambda: Instruction(Code.REVERSE),
    ),
    Operation(
        reverse_string_first_half,
        lambda it: f"reverses the first half of {it} and keeps the rest",
        instruction=lambda: Instruction(Code.REVERSE_FIRST_HALF),
    ),
    Operation(
        reverse_string_last_half,
        lambda it: f"reverses the second half of {it} (the middle character included) and keeps the first half",
        instruction=lambda: Instruction(Code.REVERSE_LAST_HALF),
    ),
    Operation(
        reverse_words,
        lambda it: f"reverses each word of {it}, keeping the order of the words, with one space between",
        instruction=lambda: Instruction(Code.REVERSE_WORDS, table=_SPACES),
    ),
    Operation(
        reverse_vowels,
        lambda it: f"reverses the order of the vowels in {it}, leaving all else in place",
        instruction=lambda: Instruction(Code.REVERSE_THOSE, table=among(VOWELS)),
    ),
    Operation(
        swap_first_last,
        lambda it: f"swaps the first and the last character of {it}",
        instruction=lambda: Instruction(Code.SWAP, FIRST, LAST),
    ),
    Operation(
        swap_rand,
        lambda it, i, j: f"swaps the characters of {it} at indices {i} and {j} (counted from 0) where it has both",
        (INDEX, INDEX),
        guess=_swapped,
        distinct=True,
        instruction=lambda i, j: Instruction(Code.SWAP, i, j),
    ),
    Operation(remove_digits, lambda it: f"removes all digits from {it}", letterwise=True),
    Operation(remove_whitespace, lambda it: f"removes all whitespace from {it}", letterwise=True),
    Operation(
        remove_duplicates,
        lambda it: f"keeps only the first occurrence of every character of {it}",
        instruction=lambda: Instruction(Code.REMOVE_DUPLICATES),
    ),
    Operation(
        extract_uppers,
        lambda it: f"keeps only the upper-case letters of {it}",
        instruction=lambda: translation([extract_uppers(c) for c in ASCII]),
    ),
    Operation(
        string_strip,
        lambda it: f"strips whitespace from both ends of {it}",
        instruction=lambda: Instruction(Code.STRIP, 1, 1, table=_SPACES),
    ),
    Operation(
        string_lstrip,
        lambda it: f"strips whitespace from the start of {it}",
        instruction=lambda: Instruction(Code.STRIP, 1, 0, table=_SPACES),
    ),
    Operation(
        string_rstrip,
        lambda it: f"strips whitespace from the end of {it}",
        instruction=lambda: Instruction(Code.STRIP, 0, 1, table=_SPACES),
    ),
    Operation(
        duplicate_first_letter,
        lambda it: f"appends the first character of {it} to its end",
        instruction=lambda: Instruction(Code.DUPLICATE, FIRST),
    ),
    Operation(
        duplicate_last_letter,
        lambda it: f"repeats the last character of {it}",
        instruction=lambda: Instruction(Code.DUPLICATE, LAST),
    ),
    Operation(
        duplicate_mid_letter,
        lambda it: f"appends the middle character of {it} (index length // 2) to its end",
        instruction=lambda: Instruction(Code.DUPLICATE, MIDDLE),
    ),
    Operation(
        get_first_character,
        lambda it: f"keeps only the first character of {it}",
        inner=False,
        instruction=lambda: Instruction(Code.KEEP, FIRST),
    ),
    Operation(
        get_last_character,
        lambda it: f"keeps only the last character of {it}",
        inner=False,
        instruction=lambda: Instruction(Code.KEEP, LAST),
    ),
    Operation(
        get_mid_character,
        lambda it: f"keeps only the middle character of {it} (the middle two if its length is even)",
        inner=False,
        instruction=lambda: Instruction(Code.KEEP, MIDDLE),
    ),
)
