"""String operations that insert, append, replace or remove characters."""

from __future__ import annotations

from find_gym.categories.strings.alphabet import ALPHABET, VOWELS
from find_gym.categories.strings.operation import Operation


def add_letter_if_needed(s: str, letter: str) -> str:
    """Appends a letter unless the string ends with it."""
    return s if s.endswith(letter) else s + letter


def string_concatenate(s: str, suffix: str) -> str:
    """Appends a fixed word."""
    return s + suffix


def insert_letter(s: str, letter: str) -> str:
    """Inserts a letter in the middle."""
    middle = len(s) // 2
    return s[:middle] + letter + s[middle:]


def insert_number(s: str, number: int) -> str:
    """Inserts a digit in the middle."""
    middle = len(s) // 2
    return s[:middle] + str(number) + s[middle:]


def split_string(s: str, letter: str) -> str:
    """Splits at a letter and joins the parts with spaces."""
    return " ".join(s.split(letter))


def remove_substring(s: str, letter: str) -> str:
    """Removes every occurrence of a letter."""
    return s.replace(letter, "")


def replace_substring(s: str, old: str, new: str) -> str:
    """Replaces every occurrence of a letter by another."""
    return s.replace(old, new)


def map_string(s: str, mapped: str) -> str:
    """Lowers the case and maps every letter by a permutation of the alphabet."""
    return s.lower().translate(str.maketrans(ALPHABET, mapped))


def replace_vowels_with_character(s: str, letter: str) -> str:
    """Replaces every vowel by a letter."""
    return "".join(letter if c in VOWELS else c for c in s)


def replace_vowels_with_first(s: str) -> str:
    """Replaces every vowel by the first character."""
    return "".join(s[0] if c in VOWELS else c for c in s)


def replace_vowels_with_last(s: str) -> str:
    """Replaces every vowel by the last character."""
    return "".join(s[-1] if c in VOWELS else c for c in s)


def replace_vowels_with_mid(s: str) -> str:
    """Replaces every vowel by the middle character, the second of two."""
    return "".join(s[len(s) // 2] if c in VOWELS else c for c in s)


def replace_vowels_with_ind_of_count(s: str) -> str:
    """Replaces every vowel by the character whose place is the number of vowels."""
    count = sum(c in VOWELS for c in s)
    return "".join(s[count - 1] if c in VOWELS else c for c in s)


OPERATIONS = (
    Operation(
        add_letter_if_needed, lambda it, c: f"appends '{c}' to {it} unless it ends with '{c}' already", ("letter",)
    ),
    Operation(string_concatenate, lambda it, word: f"appends '{word}' to {it}", ("word",)),
    Operation(
        insert_letter, lambda it, c: f"inserts '{c}' into the middle of {it} (at index length // 2)", ("letter",)
    ),
    Operation(
        insert_number,
        lambda it, n: f"inserts the digit {n} into the middle of {it} (at index length // 2)",
        ("number",),
    ),
    Operation(split_string, lambda it, c: f"replaces every '{c}' in {it} with a space", ("letter",)),
    Operation(remove_substring, lambda it, c: f"removes every '{c}' from {it}", ("letter",)),
    Operation(
        replace_substring,
        lambda it, old, new: f"replaces every '{old}' in {it} with '{new}'",
        ("letter", "letter"),
        distinct=True,
    ),
    Operation(
        map_string,
        lambda it, mapped: f"converts {it} to lower case and maps the letters '{ALPHABET}' to '{mapped}', one by one",
        ("permutation",),
        inner=False,
    ),
    Operation(replace_vowels_with_character, lambda it, c: f"replaces every vowel of {it} with '{c}'", ("letter",)),
    Operation(replace_vowels_with_first, lambda it: f"replaces every vowel of {it} with its first character"),
    Operation(replace_vowels_with_last, lambda it: f"replaces every vowel of {it} with its last character"),
    Operation(
        replace_vowels_with_mid,
        lambda it: f"replaces every vowel of {it} with its middle character (the one at index length // 2)",
    ),
    Operation(
        replace_vowels_with_ind_of_count,
        lambda it: f"replaces every vowel of {it} with its n-th character, where n is the number of its vowels",
    ),
)
