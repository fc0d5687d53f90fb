"""Exceptions that are claimed in words: what is read, what is refused, and how much work it is."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.categories.numeric import domain_tokens as _domain_tokens
from find_gym.categories.numeric.domains import MAX_CHARACTERS
from find_gym.categories.numeric.interval_sets import complement, intersect, unite
from find_gym.scoring import read_domain


@pytest.mark.parametrize(
    ("text", "intervals"),
    [
        ("x > 3 and x < 7", [[3.0, 7.0]]),
        ("no more than 3", [[-128.0, 3.0]]),
        ("x no more than 3", [[-128.0, 3.0]]),
        ("x not below 3", [[3.0, 128.0]]),
        ("at least 11", [[11.0, 128.0]]),
        ("x is at least 11", [[11.0, 128.0]]),
        ("outside [3, 7]", [[-128.0, 3.0], [7.0, 128.0]]),
        ("x \\leq 5", [[-128.0, 5.0]]),
        ("3 \\le x \\lt 7", [[3.0, 7.0]]),
        ("(-\\infty, 3]", [[-128.0, 3.0]]),
        ("(\u2212\u221e, 3]", [[-128.0, 3.0]]),
        ("(\\u2212\\u221e, 3]", [[-128.0, 3.0]]),
        ("|x| > 5", [[-128.0, -5.0], [5.0, 128.0]]),
        ("|x| < 5", [[-5.0, 5.0]]),
        ("none (the rule holds on [-128, 128])", []),
        ("x in (3, 7)", [[3.0, 7.0]]),
        ("3 < x and x < 7", [[3.0, 7.0]]),
        ("x < -5 or x > 7", [[-128.0, -5.0], [7.0, 128.0]]),
        ("x > 3 except 5 < x < 6", [[3.0, 5.0], [6.0, 128.0]]),
        ("The rule holds everywhere except 3 < x < 7", [[3.0, 7.0]]),
        ("everywhere except 3 < x < 7", []),
        ("holds except for x > 3", [[3.0, 128.0]]),
        ("not defined for x > 3", [[3.0, 128.0]]),
        ("The rule does not hold for x > 3.", [[3.0, 128.0]]),
        ("rule holds for x > 3", []),
        ("is not affected for x > 3", []),
        ("not (3 < x < 7)", [[-128.0, 3.0], [7.0, 128.0]]),
        ("x not in [3, 7]", [[-128.0, 3.0], [7.0, 128.0]]),
        ("x \u2209 [3, 7]", [[-128.0, 3.0], [7.0, 128.0]]),
        ("not between 3 and 7", [[-128.0, 3.0], [7.0, 128.0]]),
        ("3 to 7", [[3.0, 7.0]]),
        ("3-7", [[3.0, 7.0]]),
        ("-7 \u2013 -3", [[-7.0, -3.0]]),
        ("7 or more", [[7.0, 128.0]]),
        ("7 and above", [[7.0, 128.0]]),
        ("x > 7 or x < 3", [[-128.0, 3.0], [7.0, 128.0]]),
        ("less than or equal to 3", [[-128.0, 3.0]]),
        ("x is greater than or equal to 3", [[3.0, 128.0]]),
        ("departs from the rule for x < 3", [[-128.0, 3.0]]),
        ("x does not exceed 3", [[-128.0, 3.0]]),
        ("greater than 3 but not more than 7", [[3.0, 7.0]]),
        ("above 3 and below 7", [[3.0, 7.0]]),
        ("[3, 5] and [7, 9]", [[3.0, 5.0], [7.0, 9.0]]),
        ("[3,5] \u222a [7,9]", [[3.0, 5.0], [7.0, 9.0]]),
        ("[3,5] \\cup (7,\\infty)", [[3.0, 5.0], [7.0, 128.0]]),
        ("x > 3, x < 7", [[3.0, 7.0]]),
        ("x\xb2 > 9", []),
        ("x^2 > 9", []),
        ("|x - 3| < 2", []),
        ("f(x) > 3", []),
        ("2x < 6", []),
        ("x negative", [[-128.0, 0.0]]),
        ("negative x", [[-128.0, 0.0]]),
        ("x is non-negative", [[0.0, 128.0]]),
        ("for x > 3 it is more noisy", [[3.0, 128.0]]),
        ("Unusual where 3 < x < 7.5, and below -100.", [[-128.0, -100.0], [3.0, 7.5]]),
        ("from 3 on", [[3.0, 128.0]]),
        ("x from 3 to 7", [[3.0, 7.0]]),
        ("up to 3", [[-128.0, 3.0]]),
        ("x between x = 3 and x = 7", [[3.0, 7.0]]),
        ("3..7", [[3.0, 7.0]]),
        ("N/A", []),
        ("no exception", []),
        ("None.", []),
        ("x >= 3 && x <= 7", [[3.0, 7.0]]),
        ("x<3||x>7", [[-128.0, 3.0], [7.0, 128.0]]),
        ("x > minus 5", [[-5.0, 128.0]]),
        ("x < -1.5e1", [[-128.0, -15.0]]),
        ("between negative 5 and 3", [[-5.0, 3.0]]),
        ("x isn't less than 3", [[3.0, 128.0]]),
        ("neither below 3 nor above 7", []),
        ("3 <= x", [[3.0, 128.0]]),
        ("x=3", []),
        ("near 3", []),
        ("(x > 3 and x < 5) or (x > 8 and x < 9)", [[3.0, 5.0], [8.0, 9.0]]),
        ("x > 300", []),
        ("the exception is random normal noise for 3 < x < 7", [[3.0, 7.0]]),
        ("There is no exception; the rule holds on [-128, 128]", []),
        ("from -inf to 4", [[-128.0, 4.0]]),
        ("-\u221e < x < 4", [[-128.0, 4.0]]),
        ("7 > x > 3", [[3.0, 7.0]]),
        ("x \u2208 [3, 7]", [[3.0, 7.0]]),
        ("]3, 7[", [[3.0, 7.0]]),
        ("x <= 3 is not special", []),
        ("3 \u2264 x \u2264 7", [[3.0, 7.0]]),
        ("below 7", [[-128.0, 7.0]]),
        ("x over 3", [[3.0, 128.0]]),
        ("1.2.3", []),
        ("x < 2.5. x > 9.", [[-128.0, 2.5], [9.0, 128.0]]),
        ("except where x > 3", [[3.0, 128.0]]),
        ("except for 3 < x < 7", [[3.0, 7.0]]),
        ("domain: x in [-20, -3.5]", [[-20.0, -3.5]]),
        ("undefined for x <= 0", [[-128.0, 0.0]]),
        ("The function is corrupted between 3 and 7.", [[3.0, 7.0]]),
        ("No output for x < 3", [[-128.0, 3.0]]),
        ("inputs greater than 50", [[50.0, 128.0]]),
        ("x>=3 and x<=7 and x>=5", [[5.0, 7.0]]),
        ("nothing", []),
        ("x > 3 no effect", []),
        ("not below 3 or above 7", []),
    ],
)
def test_domains_are_read(text: str, intervals: list[list[float]]) -> None:
    assert read_domain(text).tolist() == intervals


_BOUNDED = [
    "{0} < x < {1}",
    "{1} >= x >= {0}",
    "{0} \u2264 x \u2264 {1}",
    "{0} \\leq x \\leq {1}",
    "{0} \\u2264 x \\u2264 {1}",
    "x in [{0}, {1}]",
    "x \u2208 ({0}, {1})",
    "between {0} and {1}",
    "from {0} to {1}",
    "x > {0} and x < {1}",
    "x is at least {0} but no more than {1}",
    "not below {0} and not above {1}",
    "not (x < {0} or x > {1})",
    "It holds everywhere except for x from {0} to {1}.",
    "x is not less than {0}, x <= {1}",
]
_OUTSIDE = [
    "x < {0} or x > {1}",
    "outside [{0}, {1}]",
    "not between {0} and {1}",
    "x < {0} and x > {1}",
    "(-\u221e, {0}] \u222a [{1}, \u221e)",
    "(-\\infty, {0}) \\cup ({1}, \\infty)",
    "below {0}; above {1}",
    "{0} or less, {1} or more",
    "no more than {0} or no less than {1}",
]
_PAIRS = st.tuples(st.integers(-1200, 1200), st.integers(1, 900)).map(lambda p: (p[0] / 10, p[0] / 10 + p[1] / 10))
_MINUS = st.sampled_from(["-", "\u2212", "minus "])


@given(_PAIRS, st.sampled_from(_BOUNDED), _MINUS)
def test_bounded_intervals_are_read_back(bounds: tuple[float, float], style: str, minus: str) -> None:
    low, high = bounds
    text = style.format(*(str(bound).replace("-", minus) for bound in bounds))
    assert read_domain(text).tolist() == [[low, min(high, 128.0)]]


@given(_PAIRS, st.sampled_from(_OUTSIDE), _MINUS)
def test_what_is_outside_is_read_back(bounds: tuple[float, float], style: str, minus: str) -> None:
    low, high = bounds
    text = style.format(*(str(bound).replace("-", minus) for bound in bounds))
    assert read_domain(text).tolist() == [[-128.0, low], *([[high, 128.0]] if high < 128 else [])]


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from("x not < > [ ( ) 3 -4 , and or except no in | to".split())).map(" ".join)
)
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_domain(text: str) -> None:
    found = read_domain(text)
    assert found.ndim == 2 and np.all(found[:, 0] < found[:, 1]) and np.all(np.abs(found) <= 128)


_RUNS = ["1", "1 ", " ", "[", "((", "x <", "-", "\u2212", "not ", "x > 1 and ", "[1,2] ", "\\", "1.", "|x", "'", "or "]


@pytest.mark.parametrize("run", _RUNS)
def test_32_kilobytes_of_anything_are_read_in_one_pass(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (run * 32768)[:32768]
    pieces = []
    name = _domain_tokens._name_pieces
    monkeypatch.setattr(_domain_tokens, "_name_pieces", lambda found: pieces.extend(found) or name(found))
    read_domain(text)
    assert sum(len(piece) for piece, _ in pieces) <= MAX_CHARACTERS
    assert len(_domain_tokens._read_tokens(text)) <= len(text)


_SETS = st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 5)).map(lambda p: (float(p[0]), float(p[0] + p[1]))))


@given(_SETS, _SETS)
def test_sets_of_intervals(first: list[tuple[float, float]], second: list[tuple[float, float]]) -> None:
    points = np.arange(-10, 16) + 0.5

    def has(intervals: list[tuple[float, float]]) -> np.ndarray:
        return np.any([(low < points) & (points < high) for low, high in [*intervals, (math.inf, math.inf)]], axis=0)

    assert np.array_equal(has(unite(first, second)), has(first) | has(second))
    assert np.array_equal(has(intersect(first, second)), has(first) & has(second))
    assert np.array_equal(has(complement(first)), ~has(first))
