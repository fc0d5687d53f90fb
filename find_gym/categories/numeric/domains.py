"""Reads the exception that a submission claims from its [DOMAIN] part.

The text is cut to `MAX_CHARACTERS`, divided into tokens in one pass and read by recursive descent without going back,
so reading takes time in proportion to its length, whatever is in it. What a negation belongs to must be certain: a text
with one that is not understood names no interval, rather than the opposite of what was meant.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.domain_tokens import Token, read_clauses
from find_gym.categories.numeric.inputs import merge_intervals
from find_gym.categories.numeric.interval_sets import Intervals, below, complement, intersect, unite

MAX_CHARACTERS = 2000
# A text with more is no description of an exception; it also bounds the work on sets of intervals.
MAX_CONDITIONS = 64
_MAX_DEPTH = 16
_OPERANDS = ("number", "x", "|x|")
_FLIPPED = {"<": ">", ">": "<"}
# What a bare "and", a comma or nothing between two conditions means depends on them.
_LOOSE = ("and", ",")


class _RefusedError(Exception):
    """The text can't be read for certain."""


def read_domain(text: str) -> NDArray[np.float64]:
    """Reads the intervals that a text names.

    Understood are inequalities and chains of them (`-3 < x <= 5`, `|x| > 7`), brackets (`[-3, 5]`, `(7, inf)`), words
    ("between -3 and 5", "at most 7", "outside [3, 7]", "x > 3 except 5 < x < 6"), signs of Unicode and LaTeX, and their
    combinations with "and", "or" and "not". Conditions joined by "and" are met at once where that is possible (`x > 3
    and x < 7`), else they are listed (`x < 3 and x > 7`). Anything else, such as "none", names no interval.

    Args:
        text: the [DOMAIN] part of a submission; what is beyond 2,000 characters is not read.

    Returns:
        Disjoint, sorted intervals within the query range, float64 of shape `(k, 2)`.

    Example:
        >>> read_domain("Unusual where 3 < x < 7.5, and below -100.").tolist()
        [[-128.0, -100.0], [3.0, 7.5]]
        >>> read_domain("x no more than 3").tolist()
        [[-128.0, 3.0]]
        >>> read_domain("none").shape
        (0, 2)
    """
    claimed: Intervals = []
    try:
        left = MAX_CONDITIONS
        for clause in read_clauses(text[:MAX_CHARACTERS]):
            reader = _Clause(clause, left)
            claimed = unite(claimed, reader.read())
            left = reader.left
    except _RefusedError:
        claimed = []
    return merge_intervals(claimed)


class _Clause:
    """One clause, read from left to right.

    Args:
        tokens: the clause.
        left: how many conditions may still be read.
    """

    def __init__(self, tokens: list[Token], left: int) -> None:
        self._tokens = [*tokens, Token("end"), Token("end"), Token("end"), Token("end"), Token("end")]
        self._place = 0
        self.left = left

    def read(self) -> Intervals:
        """Returns the intervals that the clause names."""
        # "Except where x > 3": that is where the exception is.
        self._take("except")
        found = self._union(0)
        if self._take("except"):
            taken_away = self._union(0)
            if not found or not taken_away:
                raise _RefusedError
            found = intersect(found, complement(taken_away))
        if self._peek() != "end":
            raise _RefusedError
        return found or []

    def _peek(self, ahead: int = 0) -> str:
        return self._tokens[self._place + ahead].kind

    def _take(self, *kinds: str) -> Token | None:
        token = self._tokens[self._place]
        if token.kind not in kinds:
            return None
        self._place += 1
        return token

    def _take_number(self) -> float:
        token = self._take("number")
        if token is None:
            raise _RefusedError
        return token.value

    # --- Combinations -------------------------------------------------------------------------------------------------

    def _union(self, depth: int) -> Intervals | None:
        """Reads conditions joined by "or"; None where there is none."""
        found = self._intersection(depth)
        while self._take("or"):
            more = self._intersection(depth)
            found = more if found is None else unite(found, more or [])
        return found

    def _intersection(self, depth: int) -> Intervals | None:
        """Reads conditions joined by "and", commas or nothing."""
        found = self._condition(depth)
        while True:
            strict = self._peek() == "both"
            while self._take("both", *_LOOSE):
                pass
            start = self._place
            more = self._condition(depth)
            if more is None:
                if self._place == start:
                    return found
                continue
            if found is None:
                found = more
            elif strict:
                found = intersect(found, more)
            else:
                found = _join(found, more)

    def _condition(self, depth: int) -> Intervals | None:
        """Reads one condition; None where none begins, past what says nothing."""
        self.left -= 1
        if depth > _MAX_DEPTH or self.left < 0 or self._take("doubt"):
            raise _RefusedError
        if negation := self._take("not", "outside"):
            is_bare = negation.kind == "not" and negation.value == 0 and self._peek() in (*_OPERANDS, *_FLIPPED)
            inner = self._condition(depth + 1)
            # "Not below 3 or above 7" denies either one or both.
            if inner is None or (is_bare and self._peek() == "or"):
                raise _RefusedError
            return complement(inner)
        if self._take("in"):
            return self._condition(depth + 1)
        if self._peek() in ("[", "(", "]") and self._is_interval():
            return self._interval()
        if self._take("("):
            inner = self._union(depth + 1)
            self._take(")")
            return inner
        if self._peek() in ("between", "from"):
            return self._range()
        if self._peek() in (*_OPERANDS, *_FLIPPED):
            return self._comparison()
        # A bracket or a dash that means nothing.
        self.left += 1
        self._take("[", "]", ")", "to")
        return None

    # --- Single conditions --------------------------------------------------------------------------------------------

    def _is_interval(self) -> bool:
        return self._peek(1) == self._peek(3) == "number" and self._peek(2) in (",", "to") and self._peek(4) in "[])"

    def _interval(self) -> Intervals:
        self._take("[", "(", "]")
        first = self._take_number()
        self._take(",", "to")
        second = self._take_number()
        self._take("[", "]", ")")
        return _between(first, second)

    def _range(self) -> Intervals:
        """Reads "between 3 and 7", "from 3 to 7", "from 3"."""
        is_between = self._take("between", "from") == Token("between", spoken=True)
        self._take("x")
        first = self._take_number()
        self._take("to", ",", "and")
        self._take("x")
        if (second := self._take("number")) is not None:
            return _between(first, second.value)
        if is_between:
            raise _RefusedError
        return complement(below(first))

    def _comparison(self) -> Intervals | None:
        """Reads operands with comparisons between them; a missing first operand is x."""
        operand = self._take(*_OPERANDS) or Token("x")
        found: Intervals | None = None
        while True:
            negated = self._peek() == "not" and self._peek(1) in _FLIPPED
            signed = self._peek(int(negated)) in _FLIPPED and self._peek(1 + int(negated)) in _OPERANDS
            if not signed:
                break
            if negated:
                self._take("not")
            sign = self._take(*_FLIPPED)
            other = self._take(*_OPERANDS)
            assert sign is not None and other is not None
            step = _compare(operand, _FLIPPED[sign.kind] if negated else sign.kind, other)
            found = step if found is None else intersect(found, step)
            operand = other
        if found is None and operand.kind == "number":
            return self._after_number(operand.value)
        if self._take(*_FLIPPED):
            raise _RefusedError
        return found

    def _after_number(self, first: float) -> Intervals | None:
        """Reads "3 to 7", "7 or more", "7 and below"; None where nothing is said of the number."""
        if self._peek() == "to" and self._peek(1) == "number":
            self._take("to")
            return _between(first, self._take_number())
        if self._peek() in ("or", "and") and self._peek(1) in _FLIPPED and self._peek(2) != "number":
            self._take("or", "and")
        sign = self._take(*_FLIPPED)
        if sign is None:
            return None
        return below(first) if sign.kind == "<" else complement(below(first))


def _between(first: float, second: float) -> Intervals:
    return [(min(first, second), max(first, second))]


def _compare(first: Token, sign: str, second: Token) -> Intervals:
    """Returns where a comparison of x, or of its magnitude, with a number is true."""
    if first.kind == "number":
        first, sign, second = second, _FLIPPED[sign], first
    if first.kind == "number" or second.kind != "number":
        raise _RefusedError
    bound = second.value
    if first.kind == "x":
        return below(bound) if sign == "<" else complement(below(bound))
    inside: Intervals = [(-bound, bound)] if bound > 0 else []
    return inside if sign == "<" else complement(inside)


def _join(first: Intervals, second: Intervals) -> Intervals:
    """Joins two conditions as English means it: both at once if that is possible, but bounded intervals are listed."""
    met = intersect(first, second)
    return met if met and not (_is_bounded(first) and _is_bounded(second)) else unite(first, second)


def _is_bounded(intervals: Intervals) -> bool:
    return all(np.isfinite(intervals).ravel())
