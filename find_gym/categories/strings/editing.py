"""String operations that insert, append, replace or remove characters."""

from __future__ import annotations

from collections.abc import Iterable

from find_gym.categories.strings.alphabet import ALPHABET, VOWELS
from find_gym.categories.strings.instructions import COUNTED, END, FIRST, LAST, MIDDLE, Code, Instruction, among
from find_gym.categories.strings.inversion import LETTER_SET, first_change
from find_gym.categories.strings.operation import (
    LETTER,
    NUMBER,
    PERMUTATION,
    WORD,
    Constants,
    Operation,
    Strings,
    is_word,
    released,
)


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


def _appended_letter(given: Strings, answers: Strings) -> Iterable[Constants]:
    for z, y in zip(given, answers, strict=True):
        if z != y:
            return [(y[-1],)] if len(y) == len(z) + 1 and y[-1] in LETTER_SET else []
    return []


def _appended_word(given: Strings, answers: Strings) -> Iterable[Constants]:
    word = answers[0][len(given[0]) :]
    return [(word,)] if is_word(word) else []


def _inserted(given: Strings, answers: Strings) -> str:
    z, y = given[0], answers[0]
    return y[len(z) // 2] if len(y) == len(z) + 1 else ""


def _inserted_letter(given: Strings, answers: Strings) -> Iterable[Constants]:
    letter = _inserted(given, answers)
    return [(letter,)] if letter in LETTER_SET else []


def _inserted_number(given: Strings, answers: Strings) -> Iterable[Constants]:
    digit = _inserted(given, answers)
    return [(int(digit),)] if digit and digit in "123456789" else []


def _split_letter(given: Strings, answers: Strings) -> Iterable[Constants]:
    change = first_change(given, answers)
    if change is None or change[1][change[2]] != " " or change[0][change[2]] not in LETTER_SET:
        return []
    return [(change[0][change[2]],)]


def _removed_letter(given: Strings, answers: Strings) -> Iterable[Constants]:
    for z, y in zip(given, answers, strict=True):
        if z != y:
            if len(y) >= len(z):
                return []
            letter = next((a for a, b in zip(z, y, strict=False) if a != b), z[len(y)])
            return [(letter,)] if letter in LETTER_SET else []
    return []


def _replaced_letter(given: Strings, answers: Strings) -> Iterable[Constants]:
    change = first_change(given, answers)
    if change is None:
        return []
    old, new = change[0][change[2]], change[1][change[2]]
    return [(old, new)] if old in LETTER_SET and new in LETTER_SET else []


def _replacing_vowels(given: Strings, answers: Strings) -> Iterable[Constants]:
    for z, y in zip(given, answers, strict=True):
        place = next((i for i, c in enumerate(z) if c in VOWELS), -1)
        if place >= 0:
            return [(y[place],)] if len(y) == len(z) and y[place] in LETTER_SET else []
    return []


def _mapped_letters(given: Strings, answers: Strings) -> list[Constants]:
    """Infers a map; the letters that never came are mapped in two ways, so that the next query tells."""
    table: dict[str, str] = {}
    for z, y in zip(given, answers, strict=True):
        if len(z) != len(y):
            return []
        for a, b in zip(z.lower(), y, strict=True):
            if a not in ALPHABET:
                if a != b:
                    return []
            elif table.setdefault(a, b) != b:
                return []
    used = set(table.values())
    if len(used) < len(table) or not used.issubset(ALPHABET):
        return []
    free = [letter for letter in ALPHABET if letter not in used]
    maps: list[Constants] = []
    for shift in (0, 1):
        rest = iter(free[shift:] + free[:shift])
        maps.append(("".join(table[a] if a in table else next(rest) for a in ALPHABET),))
    return maps[: min(2, max(1, len(free)))]


OPERATIONS = released(
    Operation(
        add_letter_if_needed,
        lambda it, c: f"appends '{c}' to {it} unless it ends with '{c}' already",
        (LETTER,),
        guess=_appended_letter,
        instruction=lambda c: Instruction(Code.APPEND_UNLESS_LAST, ord(c)),
    ),
    Operation(
        string_concatenate,
        lambda it, word: f"appends '{word}' to {it}",
        (WORD,),
        guess=_appended_word,
        instruction=lambda word: Instruction(Code.INSERT, END, len(word), table=word.encode()),
    ),
    Operation(
        insert_letter,
        lambda it, c: f"inserts '{c}' into the middle of {it} (at index length // 2)",
        (LETTER,),
        guess=_inserted_letter,
        instruction=lambda c: Instruction(Code.INSERT, MIDDLE, 1, table=c.encode()),
    ),
    Operation(
        insert_number,
        lambda it, n: f"inserts the digit {n} into the middle of {it} (at index length // 2)",
        (NUMBER,),
        guess=_inserted_number,
        instruction=lambda n: Instruction(Code.INSERT, MIDDLE, 1, table=str(n).encode()),
    ),
    Operation(
        split_string,
        lambda it, c: f"replaces every '{c}' in {it} with a space",
        (LETTER,),
        guess=_split_letter,
        letterwise=True,
    ),
    Operation(
        remove_substring,
        lambda it, c: f"removes every '{c}' from {it}",
        (LETTER,),
        guess=_removed_letter,
        letterwise=True,
    ),
    Operation(
        replace_substring,
        lambda it, old, new: f"replaces every '{old}' in {it} with '{new}'",
        (LETTER, LETTER),
        guess=_replaced_letter,
        letterwise=True,
        distinct=True,
    ),
    Operation(
        map_string,
        lambda it, mapped: f"converts {it} to lower case and maps the letters '{ALPHABET}' to '{mapped}', one by one",
        (PERMUTATION,),
        inverse=_mapped_letters,
        letterwise=True,
        inner=False,
    ),
    Operation(
        replace_vowels_with_character,
        lambda it, c: f"replaces every vowel of {it} with '{c}'",
        (LETTER,),
        guess=_replacing_vowels,
        letterwise=True,
    ),
    Operation(
        replace_vowels_with_first,
        lambda it: f"replaces every vowel of {it} with its first character",
        instruction=lambda: Instruction(Code.REPLACE_THOSE, FIRST, table=among(VOWELS)),
    ),
    Operation(
        replace_vowels_with_last,
        lambda it: f"replaces every vowel of {it} with its last character",
        instruction=lambda: Instruction(Code.REPLACE_THOSE, LAST, table=among(VOWELS)),
    ),
    Operation(
        replace_vowels_with_mid,
        lambda it: f"replaces every vowel of {it} with its middle character (the one at index length // 2)",
        instruction=lambda: Instruction(Code.REPLACE_THOSE, MIDDLE, table=among(VOWELS)),
    ),
    Operation(
        replace_vowels_with_ind_of_count,
        lambda it: f"replaces every vowel of {it} with its n-th character, where n is the number of its vowels",
        instruction=lambda: Instruction(Code.REPLACE_THOSE, COUNTED, table=among(VOWELS)),
    ),
)
