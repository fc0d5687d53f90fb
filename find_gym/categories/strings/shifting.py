"""String operations that move letters along the alphabet; case is kept, other characters stay."""

from __future__ import annotations

from collections.abc import Iterable

from find_gym.categories.strings.alphabet import ALPHABET, shift_at, shift_letters
from find_gym.categories.strings.instructions import FIRST, LAST, Code, Instruction
from find_gym.categories.strings.inversion import first_change
from find_gym.categories.strings.operation import (
    INDEX,
    NUMBER,
    OFFSET,
    ConstantKind,
    Constants,
    Guess,
    Operation,
    Strings,
    released,
)


def add_number_to_string(s: str, places: int) -> str:
    """Moves every letter forward."""
    return shift_letters(s, places)


def subtract_number_to_string(s: str, places: int) -> str:
    """Moves every letter back."""
    return shift_letters(s, -places)


def add_len_to_string(s: str) -> str:
    """Moves every letter forward by the length."""
    return shift_letters(s, len(s))


def add_number_to_middle(s: str, places: int) -> str:
    """Moves the middle letter of an odd length forward."""
    return shift_at(s, len(s) // 2, places) if len(s) >= 3 and len(s) % 2 == 1 else s


def subtract_middle_character(s: str, places: int) -> str:
    """Moves the middle letter of an odd length back."""
    return shift_at(s, len(s) // 2, -places) if len(s) >= 3 and len(s) % 2 == 1 else s


def add_len_to_middle(s: str) -> str:
    """Moves the middle letter of an odd length forward by the length."""
    return shift_at(s, len(s) // 2, len(s)) if len(s) >= 3 and len(s) % 2 == 1 else s


def advance_by_character_order(s: str, index: int) -> str:
    """Lowers the case and moves every letter forward, by how far the character at an index is from a."""
    if index >= len(s):
        return s
    lowered = s.lower()
    return shift_letters(lowered, ord(lowered[index]) - ord("a"))


def substract_by_character_order(s: str, index: int) -> str:
    """Lowers the case and moves every letter back, by how far the character at an index is from a."""
    if index >= len(s):
        return s
    lowered = s.lower()
    return shift_letters(lowered, ord("a") - ord(lowered[index]))


def add_order_of_inx1_to_inx2(s: str, places: int, index: int) -> str:
    """Moves the letter at one index forward by the other index, where the string has both."""
    return shift_at(s, index, places) if max(places, index) < len(s) else s


def sub_order_of_inx1_to_inx2(s: str, places: int, index: int) -> str:
    """Moves the letter at one index back by the other index, where the string has both."""
    return shift_at(s, index, -places) if max(places, index) < len(s) else s


def shift_first_letter_rand(s: str, places: int) -> str:
    """Moves the first letter forward."""
    return shift_at(s, 0, places) if s else s


def shift_first_letter_predecessor_rand(s: str, places: int) -> str:
    """Moves the first letter back."""
    return shift_at(s, 0, -places) if s else s


def shift_last_letter_rand(s: str, places: int) -> str:
    """Moves the last letter forward."""
    return shift_at(s, len(s) - 1, places) if s else s


def shift_last_letter_predecessor_rand(s: str, places: int) -> str:
    """Moves the last letter back."""
    return shift_at(s, len(s) - 1, -places) if s else s


def add_order_to_inx(s: str, fraction: float) -> str:
    """Moves the letter at a random index, a fraction of the length, forward by that index."""
    index = int(fraction * len(s))
    return shift_at(s, index, index) if s else s


def sub_order_to_inx(s: str, fraction: float) -> str:
    """Moves the letter at a random index, a fraction of the length, back by that index."""
    index = int(fraction * len(s))
    return shift_at(s, index, -index) if s else s


def _moved_letters(sign: int, kind: ConstantKind) -> Guess:
    """Guesses by how many places the first letter that changed was moved, forward or (-1) back."""

    def guess(given: Strings, answers: Strings) -> Iterable[Constants]:
        change = first_change(given, answers)
        if change is None:
            return []
        z, y, index = change
        places = sign * (ord(y[index]) - ord(z[index])) % 26
        return [(places,)] if places in kind.values else []

    return guess


def order_of_index(sign: int) -> Guess:
    """Guesses the two indices where one letter was moved, forward or (-1) back; it is the only one that changed."""

    def guess(given: Strings, answers: Strings) -> Iterable[Constants]:
        change = first_change(given, answers)
        if change is None or change[2] > 9:
            return []
        z, y, index = change
        if z[index + 1 :] != y[index + 1 :]:
            return []
        distance = sign * (ord(y[index]) - ord(z[index])) % 26
        return [(distance, index)] if 1 <= distance <= 9 else []

    return guess


def _order_of_character(sign: int) -> Guess:
    def guess(given: Strings, answers: Strings) -> Iterable[Constants]:
        change = first_change(given, answers)
        if change is None or change[1] != change[1].lower():
            return []
        z, y, _ = change
        lowered = z.lower()
        place = next((i for i, c in enumerate(lowered) if c in ALPHABET), -1)
        if place < 0:
            return [(n,) for n in range(1, 10)]
        distance = sign * (ord(y[place]) - ord(lowered[place])) % 26
        return [(n,) for n in range(1, min(10, len(z))) if (ord(lowered[n]) - ord("a") - distance) % 26 == 0]

    return guess


def _by(places: int) -> str:
    return f"{places} {'place' if places == 1 else 'places'}"


def _by_order(it: str, index: int, direction: str) -> str:
    return (
        f"converts {it} to lower case and moves its letters {direction} in the alphabet, by as many places as the "
        f"character at index {index} (from zero) comes after 'a' (a non-letter by its code point); "
        f"a string without that index stays as it is"
    )


def _by_index(it: str, places: int, index: int, direction: str) -> str:
    return (
        f"moves the letter of {it} at index {index} (from zero) {_by(places)} {direction} in the alphabet "
        f"if the length is more than {max(places, index)}"
    )


def _at_random(it: str, direction: str) -> str:
    return f"moves the letter of {it} at a random index, drawn anew at each call, {direction} by that index"


_MIDDLE = "if its length is odd and at least 3"


OPERATIONS = released(
    Operation(
        add_number_to_string,
        lambda it, n: f"moves every letter of {it} {_by(n)} forward in the alphabet (from z on to a), keeping its case",
        (NUMBER,),
        guess=_moved_letters(1, NUMBER),
        letterwise=True,
    ),
    Operation(
        subtract_number_to_string,
        lambda it, n: f"moves every letter of {it} {_by(n)} back in the alphabet (from a on to z), keeping its case",
        (NUMBER,),
        guess=_moved_letters(-1, NUMBER),
        letterwise=True,
    ),
    Operation(
        add_len_to_string,
        lambda it: f"moves every letter of {it} as many places forward in the alphabet (from z on to a) as it is long",
        instruction=lambda: Instruction(Code.SHIFT_ALL_BY_LENGTH),
    ),
    Operation(
        add_number_to_middle,
        lambda it, n: f"moves the middle letter of {it} {_by(n)} forward in the alphabet {_MIDDLE}",
        (NUMBER,),
        guess=_moved_letters(1, NUMBER),
        instruction=lambda n: Instruction(Code.SHIFT_MIDDLE, n),
    ),
    Operation(
        subtract_middle_character,
        lambda it, n: f"moves the middle letter of {it} {_by(n)} back in the alphabet {_MIDDLE}",
        (NUMBER,),
        guess=_moved_letters(-1, NUMBER),
        instruction=lambda n: Instruction(Code.SHIFT_MIDDLE, -n),
    ),
    Operation(
        add_len_to_middle,
        lambda it: f"moves the middle letter of {it} as many places forward in the alphabet as it is long {_MIDDLE}",
        instruction=lambda: Instruction(Code.SHIFT_MIDDLE),
    ),
    Operation(
        advance_by_character_order,
        lambda it, i: _by_order(it, i, "forward"),
        (NUMBER,),
        guess=_order_of_character(1),
        instruction=lambda i: Instruction(Code.SHIFT_ALL_BY_CHARACTER, i, 1),
    ),
    Operation(
        substract_by_character_order,
        lambda it, i: _by_order(it, i, "back"),
        (NUMBER,),
        guess=_order_of_character(-1),
        instruction=lambda i: Instruction(Code.SHIFT_ALL_BY_CHARACTER, i, -1),
    ),
    Operation(
        add_order_of_inx1_to_inx2,
        lambda it, n, i: _by_index(it, n, i, "forward"),
        (INDEX, INDEX),
        guess=order_of_index(1),
        instruction=lambda n, i: Instruction(Code.SHIFT_ONE, i, n, max(n, i) + 1),
    ),
    Operation(
        sub_order_of_inx1_to_inx2,
        lambda it, n, i: _by_index(it, n, i, "back"),
        (INDEX, INDEX),
        guess=order_of_index(-1),
        instruction=lambda n, i: Instruction(Code.SHIFT_ONE, i, -n, max(n, i) + 1),
    ),
    Operation(
        shift_first_letter_rand,
        lambda it, n: f"moves the first letter of {it} {_by(n)} forward in the alphabet (from z on to a)",
        (OFFSET,),
        guess=_moved_letters(1, OFFSET),
        instruction=lambda n: Instruction(Code.SHIFT_ONE, FIRST, n, 1),
    ),
    Operation(
        shift_first_letter_predecessor_rand,
        lambda it, n: f"moves the first letter of {it} {_by(n)} back in the alphabet (from a on to z)",
        (OFFSET,),
        guess=_moved_letters(-1, OFFSET),
        instruction=lambda n: Instruction(Code.SHIFT_ONE, FIRST, -n, 1),
    ),
    Operation(
        shift_last_letter_rand,
        lambda it, n: f"moves the last letter of {it} {_by(n)} forward in the alphabet (from z on to a)",
        (OFFSET,),
        guess=_moved_letters(1, OFFSET),
        instruction=lambda n: Instruction(Code.SHIFT_ONE, LAST, n, 1),
    ),
    Operation(
        shift_last_letter_predecessor_rand,
        lambda it, n: f"moves the last letter of {it} {_by(n)} back in the alphabet (from a on to z)",
        (OFFSET,),
        guess=_moved_letters(-1, OFFSET),
        instruction=lambda n: Instruction(Code.SHIFT_ONE, LAST, -n, 1),
    ),
    Operation(add_order_to_inx, lambda it: _at_random(it, "forward"), stochastic=True),
    Operation(sub_order_to_inx, lambda it: _at_random(it, "back"), stochastic=True),
)
