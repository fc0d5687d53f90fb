"""Where two strings begin to differ: what most guesses of an operation's constants start from."""

from __future__ import annotations

from find_gym.categories.strings.operation import LETTERS, Strings

LETTER_SET = frozenset(LETTERS)


def first_change(given: Strings, answers: Strings) -> tuple[str, str, int] | None:
    """Returns the first strings that differ, of the same length, and where they do; None where there are none."""
    for z, y in zip(given, answers, strict=True):
        if z != y:
            if len(z) != len(y):
                return None
            place = 0
            while z[place] == y[place]:
                place += 1
            return z, y, place
    return None
