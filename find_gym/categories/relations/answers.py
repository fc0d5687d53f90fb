"""Answers: when two words, or two numbers, are the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from find_gym.categories.relations.tables import load_table, normalise

UNDEFINED = "undefined"
# All right answers where a relation is undefined.
ONLY_UNDEFINED = (UNDEFINED,)
_ENUMERATION = re.compile(r",|/|\band\b|\bor\b")
# Spellings of "undefined".
_NOTHING = frozenset(("undefined", "none", "null", "nan", "unknown", "n/a", "not defined", "no output", ""))
# Words that are spelled in two ways or have a common short form.
_SAME = {
    "gray": "grey", "colorless": "colourless", "democrat": "democratic party", "democratic": "democratic party",
    "republican": "republican party", "mandarin chinese": "mandarin", "farsi": "persian", "women": "woman",
    "men": "man", "savanna": "savannah", "aluminum": "aluminium", "labour party": "labor party",
}  # fmt: skip


@lru_cache(maxsize=1 << 16)
def canonical(answer: str) -> str:
    """Returns an answer in the form in which answers are compared.

    Case, diacritics, underscores, dots at the end and "the" do not count, a country is the same by all of its names.

    Example:
        >>> canonical("the U.S.") == canonical("United States"), canonical(" Undefined. ")
        (True, 'undefined')
    """
    text = normalise(answer)
    if text in _NOTHING:
        return UNDEFINED
    country = load_table("country").names.get(text)
    text = normalise(country) if country is not None else text
    return _SAME.get(text, text)


@lru_cache(maxsize=1 << 16)
def canonical_answers(accepted: tuple[str, ...]) -> frozenset[str]:
    """Returns right answers in the form in which answers are compared."""
    return frozenset(map(canonical, accepted))


def same(answer: str, accepted: Iterable[str], tolerance: float = 0.0) -> bool:
    """Whether an answer is one of the right ones.

    Args:
        answer: the answer.
        accepted: all right answers.
        tolerance: where it is greater than 0, numbers are the same within this share of the right one.
    """
    if accepted is ONLY_UNDEFINED:
        return _is_undefined(answer)
    if type(accepted) is not tuple:
        accepted = tuple(accepted)
    return answer in accepted or _same(answer, accepted, tolerance)


@lru_cache(maxsize=1 << 16)
def _is_undefined(answer: str) -> bool:
    return _same(answer, ONLY_UNDEFINED, 0.0)


@lru_cache(maxsize=1 << 17)
def _same(answer: str, accepted: tuple[str, ...], tolerance: float) -> bool:
    given = canonical(answer)
    wanted = canonical_answers(accepted)
    if given in wanted:
        return True
    # Several right answers are right as well: "blue, white and red".
    parts = [canonical(part) for part in _ENUMERATION.split(answer) if part.strip()]
    if len(parts) > 1 and all(part in wanted for part in parts):
        return True
    number = _number(given) if tolerance > 0 else None
    if number is None:
        return False
    exact = [value for value in map(_number, wanted) if value is not None]
    return any(abs(number - value) <= tolerance * abs(value) for value in exact)


def count_same(answers: Sequence[str], accepted: Sequence[tuple[str, ...]], tolerance: float) -> list[int]:
    """Returns how many of some words each answer is right for, as `same` says.

    Args:
        answers: the answers.
        accepted: all right answers for each of the words.
        tolerance: the share of a right number within which numbers are the same, greater than 0.
    """
    exact = [
        (place, value)
        for place, right in enumerate(accepted)
        for one in right
        if (value := _number(canonical(one))) is not None
    ]
    places, values = np.array([place for place, _ in exact]), np.array([value for _, value in exact])
    # A number may be right for a word in several ways, whose places follow each other.
    firsts = np.flatnonzero(np.diff(places, prepend=-1))
    numbers = [_only_number(answer) for answer in answers]
    given = np.array([number for number in numbers if number is not None]).reshape(-1, 1)
    is_right = np.abs(given - values) <= tolerance * np.abs(values)
    counted = iter(np.add.reduce(np.logical_or.reduceat(is_right, firsts, axis=1), axis=1).tolist())
    return [
        sum([same(answer, right, tolerance) for right in accepted]) if number is None else next(counted)
        for answer, number in zip(answers, numbers, strict=True)
    ]


@lru_cache(maxsize=1 << 14)
def _only_number(answer: str) -> float | None:
    """Returns the number that an answer is, None where it is none or may be read as several answers."""
    return None if _ENUMERATION.search(answer) else _number(canonical(answer))


@lru_cache(maxsize=1 << 14)
def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None
