"""Letters, places in the alphabet and number words: what the string operations share.

The functions here go into the source code of sampled functions as they stand, so they use nothing but each other
and the constants.
"""

from __future__ import annotations

from find_gym.core.number_words import NUMBER_WORDS

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
VOWELS = "aeiouAEIOU"
CONSONANTS = "bcdfghjklmnpqrstvwxyzBCDFGHJKLMNPQRSTVWXYZ"
DIGITS = "0123456789"


def number_word(number: int) -> str:
    """Writes a non-negative number in English: "zero" to "thirty", "unknown" above."""
    return NUMBER_WORDS[number] if number < len(NUMBER_WORDS) else "unknown"


def shift_letter(character: str, places: int) -> str:
    """Moves a letter along its alphabet, from z on to a; any other character stays."""
    if "a" <= character <= "z":
        return chr((ord(character) - ord("a") + places) % 26 + ord("a"))
    if "A" <= character <= "Z":
        return chr((ord(character) - ord("A") + places) % 26 + ord("A"))
    return character


def shift_letters(s: str, places: int) -> str:
    """Moves every letter along its alphabet."""
    places %= 26
    lower = ALPHABET[places:] + ALPHABET[:places]
    return s.translate(str.maketrans(ALPHABET + ALPHABET.upper(), lower + lower.upper()))


def shift_at(s: str, index: int, places: int) -> str:
    """Moves the letter at an index, which must be one of the string's, along its alphabet."""
    return s[:index] + shift_letter(s[index], places) + s[index + 1 :]


def place_in_alphabet(character: str) -> int:
    """Returns 1 for a or A to 26 for z or Z, and 0 for any other character (or none)."""
    return ALPHABET.find(character.lower()) + 1 if character and character.isascii() else 0


def successor(character: str, places: int) -> str:
    """Moves a letter forward as the release does, by code points; but z becomes a and Z becomes A."""
    if character in "zZ":
        return "a" if character == "z" else "A"
    return chr(ord(character) + places) if character.isascii() and character.isalpha() else character


def predecessor(character: str, places: int) -> str:
    """Moves a letter back as the release does, by code points; but a becomes z and A becomes Z."""
    if character in "aA":
        return "z" if character == "a" else "Z"
    return chr(ord(character) - places) if character.isascii() and character.isalpha() else character
