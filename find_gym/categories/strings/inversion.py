"""Inverting operations: from what an operation was given and what came out to its constants.

Each entry of `INFERENCES` takes the strings that an operation got and those that it gave, and returns all constants
with which it does that, as far as they can be listed. A wrong operation fails on the first string as a rule, so that
many can be tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from find_gym.categories.strings.alphabet import ALPHABET, NUMBER_WORDS, VOWELS
from find_gym.categories.strings.faults import FAULTS
from find_gym.categories.strings.operation import KINDS, LETTERS, Constants, Operation
from find_gym.categories.strings.operations import DETERMINISTIC, OPERATIONS

Strings = Sequence[str]
Inference = Callable[[Strings, Strings], list[Constants]]

_WORDS = {word: number for number, word in enumerate(NUMBER_WORDS)}
_LETTERS = frozenset(LETTERS)


def _agrees(operation: Operation, constants: Constants, given: Strings, answers: Strings) -> bool:
    function = operation.function
    return all(function(z, *constants) == y for z, y in zip(given, answers, strict=True))


def _fixed(operation: Operation) -> Inference:
    function = operation.function

    def infer(given: Strings, answers: Strings) -> list[Constants]:
        for z, y in zip(given, answers, strict=True):
            if function(z) != y:
                return []
        return [()]

    return infer


def _guessed(operation: Operation, guess: Callable[[Strings, Strings], Iterable[Constants]]) -> Inference:
    """Infers by guessing a few constants from the strings and checking them on all."""

    def infer(given: Strings, answers: Strings) -> list[Constants]:
        return [constants for constants in guess(given, answers) if _agrees(operation, constants, given, answers)]

    return infer


def _first_change(given: Strings, answers: Strings) -> tuple[str, str, int] | None:
    """Returns the first strings that differ, of the same length, and where they do; None where there are none."""
    for z, y in zip(given, answers, strict=True):
        if z != y:
            if len(z) != len(y):
                return None
            return next((z, y, i) for i, (a, b) in enumerate(zip(z, y, strict=True)) if a != b)
    return None


def _distance(letter: str, moved: str) -> int:
    return (ord(moved) - ord(letter)) % 26


def _places(sign: int, kind: str) -> Callable[[int], list[Constants]]:
    """Returns the constants of a kind that move a letter by a distance."""
    values = KINDS[kind].values
    return lambda distance: [(n,) for n in values if isinstance(n, int) and (sign * n - distance) % 26 == 0]


def _moved_letters(sign: int, kind: str) -> Callable[[Strings, Strings], Iterable[Constants]]:
    places = _places(sign, kind)

    def guess(given: Strings, answers: Strings) -> Iterable[Constants]:
        change = _first_change(given, answers)
        return [] if change is None else places(_distance(change[0][change[2]], change[1][change[2]]))

    return guess


def _by_code_points(sign: int) -> Callable[[Strings, Strings], Iterable[Constants]]:
    """Guesses the places of a released shift, which counts code points and has an exception for one letter."""

    def guess(given: Strings, answers: Strings) -> Iterable[Constants]:
        fallback: list[Constants] = []
        for z, y in zip(given, answers, strict=True):
            change = _first_change([z], [y])
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


def _order_of_index(sign: int) -> Callable[[Strings, Strings], Iterable[Constants]]:
    def guess(given: Strings, answers: Strings) -> Iterable[Constants]:
        change = _first_change(given, answers)
        if change is None or change[2] > 9:
            return []
        z, y, index = change
        if z[index + 1 :] != y[index + 1 :]:
            return []
        distance = sign * (ord(y[index]) - ord(z[index])) % 26
        return [(distance, index)] if 1 <= distance <= 9 else []

    return guess


def _order_of_character(sign: int) -> Callable[[Strings, Strings], Iterable[Constants]]:
    def guess(given: Strings, answers: Strings) -> Iterable[Constants]:
        change = _first_change(given, answers)
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


def _swapped(given: Strings, answers: Strings) -> Iterable[Constants]:
    change = _first_change(given, answers)
    if change is None:
        return []
    z, y, first = change
    places = [i for i in range(first, len(z)) if z[i] != y[i]]
    return [(first, places[1])] if len(places) == 2 and places[1] <= 9 else []


def _appended_letter(given: Strings, answers: Strings) -> Iterable[Constants]:
    for z, y in zip(given, answers, strict=True):
        if z != y:
            return [(y[-1],)] if len(y) == len(z) + 1 and y[-1] in _LETTERS else []
    return []


def _appended_word(given: Strings, answers: Strings) -> Iterable[Constants]:
    word = answers[0][len(given[0]) :]
    return [(word,)] if 1 <= len(word) <= 5 and all(c in _LETTERS for c in word) else []


def _inserted(given: Strings, answers: Strings) -> str:
    z, y = given[0], answers[0]
    return y[len(z) // 2] if len(y) == len(z) + 1 else ""


def _inserted_letter(given: Strings, answers: Strings) -> Iterable[Constants]:
    letter = _inserted(given, answers)
    return [(letter,)] if letter in _LETTERS else []


def _inserted_number(given: Strings, answers: Strings) -> Iterable[Constants]:
    digit = _inserted(given, answers)
    return [(int(digit),)] if digit and digit in "123456789" else []


def _split_letter(given: Strings, answers: Strings) -> Iterable[Constants]:
    change = _first_change(given, answers)
    if change is None or change[1][change[2]] != " " or change[0][change[2]] not in _LETTERS:
        return []
    return [(change[0][change[2]],)]


def _removed_letter(given: Strings, answers: Strings) -> Iterable[Constants]:
    for z, y in zip(given, answers, strict=True):
        if z != y:
            if len(y) >= len(z):
                return []
            letter = next((a for a, b in zip(z, y, strict=False) if a != b), z[len(y)])
            return [(letter,)] if letter in _LETTERS else []
    return []


def _replaced_letter(given: Strings, answers: Strings) -> Iterable[Constants]:
    change = _first_change(given, answers)
    if change is None:
        return []
    old, new = change[0][change[2]], change[1][change[2]]
    return [(old, new)] if old in _LETTERS and new in _LETTERS else []


def _replacing_vowels(given: Strings, answers: Strings) -> Iterable[Constants]:
    for z, y in zip(given, answers, strict=True):
        place = next((i for i, c in enumerate(z) if c in VOWELS), -1)
        if place >= 0:
            return [(y[place],)] if len(y) == len(z) and y[place] in _LETTERS else []
    return []


def _counted_letter(given: Strings, answers: Strings) -> list[Constants]:
    letters = list(LETTERS)
    for z, y in zip(given, answers, strict=True):
        number = _WORDS.get(y)
        if number is None:
            return []
        letters = [letter for letter in letters if z.count(letter) == number]
        if not letters:
            return []
    return [(letter,) for letter in letters]


def _found_letter(given: Strings, answers: Strings) -> list[Constants]:
    letters: set[str] | frozenset[str] = _LETTERS
    for z, y in zip(given, answers, strict=True):
        if y == "none":
            letters = letters.difference(z)
        elif y == "unknown":
            letters = letters.intersection(z[len(NUMBER_WORDS) :]).difference(z[: len(NUMBER_WORDS)])
        else:
            place = _WORDS.get(y, len(z))
            if place >= len(z) or z[place] not in letters or z.find(z[place]) != place:
                return []
            letters = {z[place]}
        if not letters:
            return []
    return [(letter,) for letter in sorted(letters)]


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


_GUESSES: dict[str, Callable[[Strings, Strings], Iterable[Constants]]] = {
    "swap_rand": _swapped,
    "add_letter_if_needed": _appended_letter,
    "string_concatenate": _appended_word,
    "insert_letter": _inserted_letter,
    "insert_number": _inserted_number,
    "split_string": _split_letter,
    "remove_substring": _removed_letter,
    "replace_substring": _replaced_letter,
    "replace_vowels_with_character": _replacing_vowels,
    "add_number_to_string": _moved_letters(1, "number"),
    "subtract_number_to_string": _moved_letters(-1, "number"),
    "add_number_to_middle": _moved_letters(1, "number"),
    "subtract_middle_character": _moved_letters(-1, "number"),
    "shift_first_letter_rand": _moved_letters(1, "offset"),
    "shift_first_letter_predecessor_rand": _moved_letters(-1, "offset"),
    "shift_last_letter_rand": _moved_letters(1, "offset"),
    "shift_last_letter_predecessor_rand": _moved_letters(-1, "offset"),
    "advance_by_character_order": _order_of_character(1),
    "substract_by_character_order": _order_of_character(-1),
    "add_order_of_inx1_to_inx2": _order_of_index(1),
    "sub_order_of_inx1_to_inx2": _order_of_index(-1),
    "released_sub_order_of_inx1_to_inx2": _order_of_index(1),
    "released_shift_first_letter_rand": _by_code_points(1),
    "released_shift_first_letter_predecessor_rand": _by_code_points(-1),
    "released_shift_last_letter_rand": _by_code_points(1),
    "released_shift_last_letter_predecessor_rand": _by_code_points(-1),
}
_DIRECT: dict[str, Inference] = {
    "count_substring": _counted_letter,
    "count_character_repetitions": _counted_letter,
    "find_string": _found_letter,
    "map_string": _mapped_letters,
}


def _inference(operation: Operation) -> Inference:
    if operation.name in _DIRECT:
        return _DIRECT[operation.name]
    return _guessed(operation, _GUESSES[operation.name]) if operation.kinds else _fixed(operation)


INFERENCES: dict[str, Inference] = {
    **{name: _inference(OPERATIONS[name]) for name in DETERMINISTIC},
    **{name: _inference(operation) for name, operation in FAULTS.items()},
}
