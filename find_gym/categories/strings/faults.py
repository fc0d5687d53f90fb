"""The released behaviour of the operations that this project corrects.

The release of FIND has faults (`docs/fidelity.md`). Sampled functions never have them; to read the published data, and
to find programs that agree with it, there is an operation with the released behaviour beside each corrected one. Its
name is that of the corrected one with `released_` before it.
"""

from __future__ import annotations

from collections.abc import Iterable

from find_gym.categories.strings.alphabet import DIGITS, number_word, predecessor, shift_at, successor
from find_gym.categories.strings.inversion import first_change
from find_gym.categories.strings.operation import INDEX, OFFSET, Constants, Guess, Operation, Strings
from find_gym.categories.strings.shifting import order_of_index


def released_get_alpha_indexes(s: str) -> str:
    """Names, for every letter, the index of the first occurrence of the same character."""
    return " ".join(number_word(s.index(c)) for c in s if c.isalpha())


def released_get_digit_indexes(s: str) -> str:
    """Names the index of the first occurrence of the last character if that is a digit, else nothing."""
    return number_word(s.index(s[-1])) if s and s[-1] in DIGITS else ""


def released_sub_order_of_inx1_to_inx2(s: str, places: int, index: int) -> str:
    """Moves the letter at one index forward (not back) by the other index."""
    return shift_at(s, index, places) if max(places, index) < len(s) else s


def released_shift_first_letter_rand(s: str, places: int) -> str:
    """Moves the first letter forward by code points, beyond the alphabet; z becomes a."""
    return successor(s[0], places) + s[1:] if s else s


def released_shift_first_letter_predecessor_rand(s: str, places: int) -> str:
    """Moves the first letter back by code points, beyond the alphabet; a becomes z."""
    return predecessor(s[0], places) + s[1:] if s else s


def released_shift_last_letter_rand(s: str, places: int) -> str:
    """Moves the last letter forward by code points, beyond the alphabet; z becomes a."""
    return s[:-1] + successor(s[-1], places) if s else s


def released_shift_last_letter_predecessor_rand(s: str, places: int) -> str:
    """Moves the last letter back by code points, beyond the alphabet; a becomes z."""
    return s[:-1] + predecessor(s[-1], places) if s else s


def _by_code_points(sign: int) -> Guess:
    """Guesses the places of a released shift, which counts code points and has an exception for one letter."""

    def guess(given: Strings, answers: Strings) -> Iterable[Constants]:
        fallback: list[Constants] = []
        for z, y in zip(given, answers, strict=True):
            change = first_change([z], [y])
            if change is None:
                if z != y:
                    return []
                fallback = fallback or ([(0,)] if z and (z[0].isalpha() or z[-1].isalpha()) else [])
                continue
            letter, moved = z[change[2]], y[change[2]]
            if letter in ("zZ" if sign > 0 else "aA"):
                continue
            distance = sign * (ord(moved) - ord(letter))
            return [(distance,)] if 0 <= distance < 26 else []
        return fallback or [(n,) for n in range(26)]

    return guess


_BEYOND = "by code points, which may leave the alphabet"

FAULTS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            released_get_alpha_indexes,
            lambda it: (
                f"writes, for every letter of {it}, the index (from zero) of that same character's first occurrence as "
                "an English word, separated by spaces"
            ),
        ),
        Operation(
            released_get_digit_indexes,
            lambda it: (
                f"gives the index (from zero) of the first occurrence of the last character of {it} as an English word "
                "if that is a digit, else nothing"
            ),
        ),
        Operation(
            released_sub_order_of_inx1_to_inx2,
            lambda it, n, i: (
                f"moves the letter of {it} at index {i} (from zero) forward in the alphabet by {n} "
                f"if the length is more than {max(n, i)}"
            ),
            (INDEX, INDEX),
            guess=order_of_index(1),
        ),
        Operation(
            released_shift_first_letter_rand,
            lambda it, n: f"moves the first letter of {it} forward by {n} {_BEYOND} (but z becomes a)",
            (OFFSET,),
            guess=_by_code_points(1),
        ),
        Operation(
            released_shift_first_letter_predecessor_rand,
            lambda it, n: f"moves the first letter of {it} back by {n} {_BEYOND} (but a becomes z)",
            (OFFSET,),
            guess=_by_code_points(-1),
        ),
        Operation(
            released_shift_last_letter_rand,
            lambda it, n: f"moves the last letter of {it} forward by {n} {_BEYOND} (but z becomes a)",
            (OFFSET,),
            guess=_by_code_points(1),
        ),
        Operation(
            released_shift_last_letter_predecessor_rand,
            lambda it, n: f"moves the last letter of {it} back by {n} {_BEYOND} (but a becomes z)",
            (OFFSET,),
            guess=_by_code_points(-1),
        ),
    )
}
