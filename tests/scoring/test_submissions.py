"""The caps on submitted code, and the reading of domains."""

import ast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from find_gym.functions import NumericFunction, sample_numeric
from find_gym.scoring import MalformedError, count_literals, prepare_code


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("def f(x): return x", 0),
        ("def f(x): return 2.5 * x - 1e-3", 2),
        ("def f(x): return True", 0),
        ("def f(x): return 3j", 1),
        ("T = [1, 2, 3]", 3),
        ("T = '1 2 3'", 3),
        ("T = '1.5;2.5'", 2),
        ("T = 123456789012345678901234567890", 2),
        ("T = b'abcdefghijklmnop'", 2),
        ("T = 'abcdefghijklmnop'", 2),
        ("T = 'undefined'", 1),
        ("T = f'{1}{2}'", 2),
    ],
)
def test_literals_are_counted_wherever_they_stand(code: str, count: int) -> None:
    assert count_literals(ast.parse(code)) == count


def test_comments_and_docstrings_do_not_count_and_are_not_run() -> None:
    code = 'def f(x):\n    """1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25"""\n    return x  # 26'
    assert prepare_code(code) == "def f(x):\n    return x"
    assert prepare_code('def f(x):\n    """Nothing else."""') == "def f(x):\n    pass"


@pytest.mark.parametrize(
    "code",
    [
        "T = [" + ", ".join(["0.5"] * 25) + "]\ndef f(x): return T[0]",
        "T = '" + " ".join(["0.5"] * 25) + "'\ndef f(x): return x",
        "T = '" + "abcdefgh" * 25 + "'\ndef f(x): return x",
        "T = " + "1" * 500 + "\ndef f(x): return x",
        "def f(x): return " + "(" * 5000,
        "x" * 9000,
        "def f(x): return '\0'",
    ],
)
def test_tables_in_any_form_are_malformed(code: str) -> None:
    with pytest.raises(MalformedError, match="expected"):
        prepare_code(code)


@given(seed=st.integers(0, 2**32 - 1))
def test_the_sources_of_functions_pass_the_cap(seed: int) -> None:
    difficulty = {"variants": {"plain": 0.5, "corrupted": 0.5}}
    source = NumericFunction(sample_numeric(np.random.default_rng(seed), difficulty=difficulty)).source()
    assert prepare_code(source)


@given(text=st.text(max_size=300))
def test_any_text_is_code_or_malformed(text: str) -> None:
    try:
        ast.parse(prepare_code(text))
    except MalformedError as error:
        assert "expected" in str(error)
