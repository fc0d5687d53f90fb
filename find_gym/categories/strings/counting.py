"""String operations that answer in English number words: lengths, counts, indices, places in the alphabet."""

from __future__ import annotations

from find_gym.categories.strings.alphabet import (
    CONSONANTS,
    DIGITS,
    VOWELS,
    number_word,
    place_in_alphabet,
)
from find_gym.categories.strings.instructions import FIRST, LAST, MIDDLE, Code, Instruction, among, where
from find_gym.categories.strings.inversion import LETTER_SET
from find_gym.categories.strings.operation import LETTER, LETTERS, Constants, Operation, Strings, released
from find_gym.core.number_words import NUMBER_WORDS

_NUMBERS = {word: number for number, word in enumerate(NUMBER_WORDS)}


def get_string_length(s: str) -> str:
    """Names the length."""
    return number_word(len(s))


def extract_digits(s: str) -> str:
    """Names the digits."""
    return " ".join(number_word(DIGITS.index(c)) for c in s if c in DIGITS)


def count_vowels(s: str) -> str:
    """Names the number of vowels."""
    return number_word(sum(c in VOWELS for c in s))


def count_consonants(s: str) -> str:
    """Names the number of consonants."""
    return number_word(sum(c in CONSONANTS for c in s))


def count_uppercase(s: str) -> str:
    """Names the number of upper-case letters."""
    return number_word(sum(c.isupper() for c in s))


def count_lowercase(s: str) -> str:
    """Names the number of lower-case letters."""
    return number_word(sum(c.islower() for c in s))


def count_substring(s: str, letter: str) -> str:
    """Names the number of occurrences of a letter."""
    return number_word(s.count(letter))


def count_character_repetitions(s: str, letter: str) -> str:
    """Names the number of occurrences of a letter."""
    return number_word(s.count(letter))


def find_string(s: str, letter: str) -> str:
    """Names the index of the first occurrence of a letter."""
    return number_word(s.find(letter)) if letter in s else "none"


def get_alpha_indexes(s: str) -> str:
    """Names the indices of all letters."""
    return " ".join(number_word(index) for index, c in enumerate(s) if c.isalpha())


def get_digit_indexes(s: str) -> str:
    """Names the indices of all digits."""
    return " ".join(number_word(index) for index, c in enumerate(s) if c in DIGITS)


def get_first_character_ordinality(s: str) -> str:
    """Names the place in the alphabet of the first character."""
    return number_word(place_in_alphabet(s[:1]))


def get_last_character_ordinality(s: str) -> str:
    """Names the place in the alphabet of the last character."""
    return number_word(place_in_alphabet(s[-1:]))


def get_mid_character_ordinality(s: str) -> str:
    """Names the place in the alphabet of the middle character, the second of two."""
    middle = len(s) // 2
    return number_word(place_in_alphabet(s[middle : middle + 1]))


def _counted_letter(given: Strings, answers: Strings) -> list[Constants]:
    letters = list(LETTERS)
    for z, y in zip(given, answers, strict=True):
        number = _NUMBERS.get(y)
        if number is None:
            return []
        letters = [letter for letter in letters if z.count(letter) == number]
        if not letters:
            return []
    return [(letter,) for letter in letters]


def _found_letter(given: Strings, answers: Strings) -> list[Constants]:
    letters: set[str] | frozenset[str] = LETTER_SET
    for z, y in zip(given, answers, strict=True):
        if y == "none":
            letters = letters.difference(z)
        elif y == "unknown":
            letters = letters.intersection(z[len(NUMBER_WORDS) :]).difference(z[: len(NUMBER_WORDS)])
        else:
            place = _NUMBERS.get(y, len(z))
            if place >= len(z) or z[place] not in letters or z.find(z[place]) != place:
                return []
            letters = {z[place]}
        if not letters:
            return []
    return [(letter,) for letter in sorted(letters)]


_IN_WORDS = 'as an English word ("unknown" above thirty)'

OPERATIONS = released(
    Operation(
        get_string_length,
        lambda it: f"gives the length of {it} {_IN_WORDS}",
        instruction=lambda: Instruction(Code.NAME_LENGTH),
    ),
    Operation(
        extract_digits,
        lambda it: f"writes the digits of {it} as English words, separated by spaces",
        instruction=lambda: Instruction(Code.NAME_DIGITS, table=among(DIGITS)),
    ),
    Operation(
        count_vowels,
        lambda it: f"gives the number of vowels in {it} {_IN_WORDS}",
        instruction=lambda: Instruction(Code.NAME_COUNT, table=among(VOWELS)),
    ),
    Operation(
        count_consonants,
        lambda it: f"gives the number of consonants in {it} {_IN_WORDS}",
        instruction=lambda: Instruction(Code.NAME_COUNT, table=among(CONSONANTS)),
    ),
    Operation(
        count_uppercase,
        lambda it: f"gives the number of upper-case letters in {it} {_IN_WORDS}",
        instruction=lambda: Instruction(Code.NAME_COUNT, table=where(str.isupper)),
    ),
    Operation(
        count_lowercase,
        lambda it: f"gives the number of lower-case letters in {it} {_IN_WORDS}",
        instruction=lambda: Instruction(Code.NAME_COUNT, table=where(str.islower)),
    ),
    Operation(
        count_substring,
        lambda it, c: f"gives how often '{c}' occurs in {it} {_IN_WORDS}",
        (LETTER,),
        inverse=_counted_letter,
        instruction=lambda c: Instruction(Code.NAME_COUNT, table=among(c)),
    ),
    Operation(
        count_character_repetitions,
        lambda it, c: f"gives the number of occurrences of '{c}' in {it} {_IN_WORDS}",
        (LETTER,),
        inverse=_counted_letter,
        instruction=lambda c: Instruction(Code.NAME_COUNT, table=among(c)),
    ),
    Operation(
        find_string,
        lambda it, c: (
            f"gives the index (from zero) of the first '{c}' in {it} as an English word, \"none\" if there is none"
        ),
        (LETTER,),
        inverse=_found_letter,
        instruction=lambda c: Instruction(Code.NAME_INDEX, ord(c)),
    ),
    Operation(
        get_alpha_indexes,
        lambda it: f"writes the indices (from zero) of all letters of {it} as English words, separated by spaces",
        instruction=lambda: Instruction(Code.NAME_INDICES, table=where(str.isalpha)),
    ),
    Operation(
        get_digit_indexes,
        lambda it: f"writes the indices (from zero) of all digits of {it} as English words, separated by spaces",
        instruction=lambda: Instruction(Code.NAME_INDICES, table=among(DIGITS)),
    ),
    Operation(
        get_first_character_ordinality,
        lambda it: (
            f"gives the place in the alphabet of the first character of {it} as an English word, "
            '"zero" if it is not a letter'
        ),
        instruction=lambda: Instruction(Code.NAME_ORDER, FIRST),
    ),
    Operation(
        get_last_character_ordinality,
        lambda it: (
            f"gives the place in the alphabet of the last character of {it} as an English word, "
            '"zero" if it is not a letter'
        ),
        instruction=lambda: Instruction(Code.NAME_ORDER, LAST),
    ),
    Operation(
        get_mid_character_ordinality,
        lambda it: (
            f"gives the place in the alphabet of the middle character of {it} (index length // 2) as an English word, "
            '"zero" if it is not a letter'
        ),
        instruction=lambda: Instruction(Code.NAME_ORDER, MIDDLE),
    ),
)
