"""Complexity: what it counts, what it does not, and that the form in which code is run computes the same."""

import ast
import builtins
import copy
import keyword
import math
import random
import string
import sys
import types
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.categories.numeric.category import MAX_NUMERIC_COMPLEXITY
from find_gym.categories.strings.category import MAX_STRING_COMPLEXITY
from find_gym.core.code import names, normalise
from find_gym.core.code.names import known_names
from find_gym.core.code.packing import takes_numbers_apart
from find_gym.core.complexity import program_complexity, text_complexity
from find_gym.functions import NumericFunction, StringFunction, sample_numeric, sample_string
from find_gym.scoring import MalformedError, prepare_code

LEVELS = ("easy", "find", "hard", "extreme")
# Programs of every construct that binds names, with their inputs; A to G are names of their own.
PROGRAMS = {
    "def A(B, C=2, *, D=3):\n    return B * C + D\ndef E(B):\n    return A(B, D=B) + A(C=1, B=5)": [1.0, 2.5],
    "A = [1, 2, 3]\ndef B(C):\n    global D\n    D = C\n    A.append(C)\nB(7)\n"
    "def E(C):\n    return A[-1] + D + C": [1],
    "class A:\n    B = 3\n    def __init__(self, C):\n        self.D = C\n"
    "    def E(self, F=1):\n        return self.D * self.B * F\n"
    "G = A(C=2)\ndef f(F):\n    return G.E(F=F)": [4, 5],
    "import math as A\nfrom functools import partial as B\ndef C(D, E):\n    return A.sqrt(D) + E\nf = B(C, E=2)\n"
    "def G(D): return f(D)": [4.0, 9.0],
    "def f(A):\n    B = [C for C in range(3) if (D := C) > 0]\n    return (lambda C, *E: C + D + len(E))(*B) + A": [1],
    "def f(A):\n    def B():\n        nonlocal A\n        A += 1\n        return A\n    return B() + B()": [1, 2],
    "def f(A):\n    try:\n        return 1 / A\n    except ZeroDivisionError as B:\n        return str(B)": [0, 2],
    "def f(A):\n    match A:\n        case [B, *C]:\n            return B, C\n"
    "        case {'k': D, **E}:\n            return D, E\n"
    "        case int() as F:\n            return F": [[1, 2, 3], {"k": 1, "z": 2}, 3],
    "def f(A):\n    for B, (C, D) in enumerate([(1, 2), (3, 4)]):\n        A += B * C - D\n    else:\n        del B\n"
    "    return f'{A:>{D}} {C!r}'": [1, 2],
    "def f(A):\n    B = sorted([A, 1, 3], key=lambda C: -C)\n    return sum(B, start=A), dict(k=A)": [2],
    "def f(A):\n    return [[B + C for B in range(C)] for C in range(A)], {B: C for B, C in zip('ab', 'cd')}": [3],
}  # fmt: skip


def bits(code: str) -> float:
    return prepare_code(code, cap=None).complexity


def outputs(code: str, entry_point: str, inputs: list) -> list:
    space: dict = {}
    exec(code, space)
    return [space[entry_point](copy.deepcopy(value)) for value in inputs]


def entry_of(code: str) -> str:
    names = [node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
    return "f" if "f" in names else names[-1]


@st.composite
def identifiers(draw: st.DrawFn) -> list[str]:
    letters = string.ascii_letters + "_éß"
    name = st.text(letters, min_size=1, max_size=8).map(lambda text: f"q{text}")
    taken = set(keyword.kwlist) | set(dir(builtins)) | known_names() | {"f"}
    return draw(st.lists(name.filter(lambda text: text not in taken), min_size=7, max_size=7, unique=True))


def renamed(code: str, names: list[str]) -> str:
    table = dict(zip("ABCDEFG", names, strict=True))

    class Renamer(ast.NodeTransformer):
        def generic_visit(self, node: ast.AST) -> ast.AST:
            for field, value in ast.iter_fields(node):
                if isinstance(node, ast.Constant):
                    break
                if isinstance(value, str) and value in table:
                    setattr(node, field, table[value])
                elif isinstance(value, list):
                    setattr(node, field, [table.get(v, v) if isinstance(v, str) else v for v in value])
            return super().generic_visit(node)

    return ast.unparse(Renamer().visit(ast.parse(code)))


@pytest.mark.parametrize("code", PROGRAMS)
@settings(max_examples=15)
@given(names=identifiers())
def test_names_change_neither_complexity_nor_behaviour(code: str, names: list[str]) -> None:
    inputs = PROGRAMS[code]
    other = renamed(code, names)
    first, second = prepare_code(code, cap=None), prepare_code(other, cap=None)
    assert first == second
    assert outputs(first.source, first.entry_point, inputs) == outputs(code, entry_of(code), inputs), first.source


@pytest.mark.parametrize("level", LEVELS)
def test_the_truth_computes_the_same_in_normal_form_and_is_below_the_cap(level: str) -> None:
    for seed in range(40):
        rng = np.random.default_rng([seed, 11])
        text = StringFunction(sample_string(rng, difficulty=level))
        prepared = prepare_code(text.source(), cap=MAX_STRING_COMPLEXITY / 2)
        inputs = ["", "Hello, World 7", "abc"]
        assert outputs(prepared.source, prepared.entry_point, inputs) == text.truth(inputs)
        networks = {"base": level, "variants": {"plain": 0.5, "corrupted": 0.5}}
        number = NumericFunction(sample_numeric(rng, difficulty=networks))
        share = 1 if level == "extreme" else 2
        prepared = prepare_code(number.source(), cap=MAX_NUMERIC_COMPLEXITY / share)
        x = [-77.3, 0.0, 5.25]
        values = outputs(prepared.source, prepared.entry_point, x)
        assert np.allclose(values, number.truth(x), equal_nan=True)


DEAD = (
    '"""A docstring: 1 2 3."""\n',
    "# 1 2 3\n",
    "import matplotlib.pyplot as plt, sys\n",
    "table = {1: 2, 3: [4, 5]}\ntable[7] = 8\n",
    "def helper(one, two=222222):\n    return exec('3')\n",
    "class Kept:\n    rows = 'a b c'\n",
    "if __name__ == '__main__':\n    main(3)\n",
    "for i in range(3):\n    print(i, 1234567)\n",
    "x_1: int = 12345\n",
)
LATE = (
    "assert f(3) == 11\n",
    "print(f(2), 'as expected')\n",
    "def test_f():\n    assert f(1) == 4\n",
    "test_f()\n",
    "f\n",
)


@given(before=st.lists(st.sampled_from(DEAD), max_size=4), after=st.lists(st.sampled_from(DEAD + LATE), max_size=4))
def test_what_the_function_does_not_reach_costs_nothing(before: list[str], after: list[str]) -> None:
    code = "A = 3\ndef g(x):\n    return A * x\ndef f(x):\n    return g(x) + 1\n"
    annotated = (
        "A: 'float' = 3\ndef g(x: 'how', *_: 1) -> 'it works':\n    'why'\n    return A * x\n"
        "def f(x: float) -> float:\n    '''What.'''\n    y: int\n    return g(x) + 1\n"
    ).replace(", *_: 1", "")
    assert prepare_code("".join([*before, annotated, *after]), cap=None) == prepare_code(code, cap=None)


def test_f_is_called_where_there_is_one_and_else_the_last_function() -> None:
    line = "def f(x):\n    return 3 * x + 1\n"
    for tail in ("def main():\n    print(f(1))\n", "def inverse(y):\n    return (y - 1) / 3\n", "f2 = lambda x: 0\n"):
        assert prepare_code(line + tail, cap=None).run([2.0]).values == (7.0,)
    assert prepare_code("def g(x): return 1\ndef h(x): return g(x) + 1", cap=None).run([0]).values == (2,)
    assert prepare_code("f = lambda x: 5\ndef g(x): return 6", cap=None).run([0]).values == (5,)


@given(
    numbers=st.lists(
        st.floats(-1e6, 1e6).map(lambda value: float(f"{value:.6g}")), min_size=1, max_size=60, unique=True
    )
)
def test_a_table_costs_at_least_its_digits(numbers: list[float]) -> None:
    digits = sum(len(repr(abs(value)).replace(".", "").strip("0")) for value in numbers)
    for code in (
        f"T = {numbers!r}\ndef f(x): return T[int(x)]",
        f"T = {' '.join(map(repr, numbers))!r}\ndef f(x): return float(T.split()[int(x)])",
        f"def f(x, T={tuple(numbers)!r}): return T[int(x)]",
    ):
        assert bits(code) >= 2 * math.log2(10) * digits


def test_constants_cost_their_information_whatever_they_are() -> None:
    base = bits("def f(x): return 1")

    def cost(constant: str) -> float:
        return bits(f"def f(x): return {constant}") - base

    rng = random.Random(3)
    number = rng.randrange(10**40)
    letters = "".join(rng.choice("bdfhjlnprtvxz") for _ in range(60))
    flags = [rng.random() < 0.5 for _ in range(64)]
    assert cost(f"{number}") > 2 * 125
    assert cost(f"{number:#x}") == cost(f"{number}")
    assert cost(repr(letters)) > 2 * 60 * 6 and cost(repr(letters.encode())) == cost(repr(letters))
    assert cost(f"f'{letters}{{x}}'") > cost(repr(letters))
    assert cost(repr("\u4e2d\u5fc3\u91cf" * 4)) > 1.5 * 12 * 20
    assert cost(repr(flags)) > 64 and cost(repr([None if flag else () for flag in flags])) > 64
    assert cost("'one two three'") < cost("'onn twp thref'")
    assert cost("'abcdefghijklmnopqrstuvwxyz'") < cost("'qwertyuiopasdfghjklzxcvbnm'") / 3
    # Said twice costs little more than said once.
    assert cost("(3.14159265, 3.14159265)") < 1.4 * cost("3.14159265")


@given(text=st.text(max_size=300))
def test_any_text_has_a_normal_form_or_is_malformed(text: str) -> None:
    for code in (text, f"def f(x):\n    return {text}", f"def f(x):\n    {text}\n    return x"):
        try:
            ast.parse(prepare_code(code, cap=None).source)
        except MalformedError as error:
            assert "expected" in str(error)


@st.composite
def expressions(draw: st.DrawFn) -> str:
    return draw(
        st.recursive(
            st.sampled_from(["x", "y", "len", "1", "'a'", "None", "...", "b''", "2.5"]),
            lambda part: st.one_of(
                st.tuples(part, st.sampled_from("+-*/%@|&^"), part).map(" ".join).map("({})".format),
                st.tuples(part, part).map(lambda pair: f"{pair[0]}({pair[1]}, *{pair[1]}, k={pair[0]})"),
                part.map("(lambda x, y=1: {})".format),
                part.map("[{} for x in y]".format),
                part.map("{{y: {} for x, y in x if y}}".format),
                part.map("(y := {})".format),
                part.map("{}.name".format),
                part.map("f'{{{}}}'".format),
                st.tuples(part, part, part).map(lambda three: f"({three[0]} if {three[1]} else {three[2]}[1:])"),
            ),
            max_leaves=5,
        )
    )


@settings(max_examples=40)
@given(parts=st.lists(expressions(), min_size=1, max_size=3))
def test_any_program_has_a_normal_form_or_is_malformed(parts: list[str]) -> None:
    first, *others = parts
    code = f"y = {first}\ndef f(x):\n" + "".join(f"    x = {part}\n" for part in others) + "    return x, y\n"
    try:
        prepared = prepare_code(code, cap=None)
    except MalformedError as error:
        assert "expected" in str(error)
    else:
        again = prepare_code(prepared.source, cap=None)
        assert again.complexity == prepared.complexity


@pytest.mark.parametrize(
    "code",
    [
        "def f(x): return " + "(" * 4000 + "x" + ")" * 4000,
        "def f(x): return " + "-" * 8000 + "x",
        "def f(x): return " + "+".join(["x"] * 4000),
        "def f(x): return " + "[" * 90 + "]" * 90,
        "def f(x): return 0x" + "f" * 8000,
        "def f(x): return '" + "a" * 8000 + "'",
        "".join(f"a{i} = a{i + 1}\n" for i in range(400)) + "def f(x): return a0",
        "".join(f"def g{i}(x): return g{i + 1}(x)\ng{i}(1)\n" for i in range(150)) + "def f(x): return g0(x)",
        "def f(x):\n" + "".join(" " * i + "if x:\n" for i in range(1, 90)) + " " * 90 + "return 1",
        "f'" + "{f'" * 500,
    ],
)
def test_long_code_is_read_or_refused(code: str) -> None:
    try:
        assert prepare_code(code, cap=None).complexity > 0
    except MalformedError as error:
        assert "expected" in str(error)


def test_texts_and_programs_have_a_complexity() -> None:
    assert text_complexity("  a  line\n") == text_complexity("a line") == 48
    assert program_complexity({"rule": "linear", "constants": [2.5, 1]}) < program_complexity(
        {"rule": "linear", "constants": [2.51234, 1]}
    )


class Number(float):
    """A number that is none of the usual kind."""


@given(st.floats() | st.floats(-1e10, 1e10) | st.floats(-2, 2) | st.integers(-(10**10), 10**10).map(float))
def test_usual_numbers_have_the_bits_of_all(value: float) -> None:
    for decimals in (0, 1, 3, 17):
        rounded = round(value, decimals) if math.isfinite(value) else value
        assert program_complexity(rounded) == program_complexity(Number(rounded))


PLAIN = (
    "import numpy as np\ndef f(x): return float(np.interp(x, [1.5, 2.25], [3.125, 4.5]))",
    "def f(x):\n    for (a, b), (c, d) in zip(P, P[1:]):\n        if a <= x < c:\n            "
    "return b + (x - a) * d\nP = [(1, 2)]",
    "def f(x):\n    for i in range(len(P) - 1):\n        if P[i] <= x <= P[i + 1]:\n            t = x - P[i]\n"
    "            return t * t\nP = [1, 2]",
    "from math import sin, exp\ndef f(x): return sin(2.5 * x) + exp(-x) if x > 1 and not x > 5 else abs(x) ** 0.5",
    "import numpy as np\ndef f(x): return np.where((x > 1), 2.5, np.piecewise(x, [x < 0, x >= 0], [1.5, 2.5]))",
)  # fmt: skip
APART = (
    "def f(x): return x // 64", "def f(x): return x % 64", "def f(x): return int(x)", "def f(x): return x >> 3",
    "def f(x): return round(x)", "import math\ndef f(x): return math.floor(x)", "def f(x): return pow(7, x, 5)",
    "def f(x): return len(range(0, x, 64))", "def f(x): return f'{x}'[0]", "def f(x): return str(x)",
    "def f(x): return (x > 64) + (x > 128)", "def f(x): return sum(x > i for i in T)\nT = [1, 2]",
    "def f(x): return sum(1 if x > i else 0 for i in T)\nT = [1, 2]",
    "def f(x):\n    while x > 64:\n        x = x - 64\n    return x",
    "def f(x):\n    for i in T:\n        if x > 64:\n            x -= 64\n    return x\nT = [1, 2]",
    "def f(x):\n    for i in T:\n        y = x - 64\n        x = y if y > 0 else x\n    return x\nT = [1, 2]",
    "def f(x): return f(x - 64) if x > 64 else x", "def f(x):\n    T[0] = x\n    return T\nT = [0]",
    "import numpy as np\ndef f(x): return (x > np.linspace(0, 1, 9)).sum()",
)  # fmt: skip


@pytest.mark.parametrize("code", PLAIN)
def test_digits_of_plain_code_cost_as_much_as_two(code: str) -> None:
    assert not apart(code)
    assert bits(code) == bits(code.replace("2.5", "2.51234"))


@pytest.mark.parametrize("code", APART)
def test_digits_of_code_that_takes_numbers_apart_cost_each(code: str) -> None:
    assert apart(code)
    long = code.replace("def f(x):", "def f(x): return 2.5 + g(x)\ndef g(x):").replace("return f(x", "return g(x")
    assert bits(long.replace("2.5", "2.51234")) == bits(long) + 64


def apart(code: str) -> bool:
    form = normalise(code)
    names = {getattr(node, "id", "") for node in ast.walk(form.tree)} - form.own - {""}
    names |= {node.attr for node in ast.walk(form.tree) if isinstance(node, ast.Attribute)}
    return takes_numbers_apart(form.tree, frozenset(names))


@pytest.mark.parametrize(
    "code",
    [
        "def f(x):\n    if x > 1:\n        raise ValueError{}\n    return x",
        "def f(x):\n    try:\n        raise KeyError{}\n    except KeyError:\n        return x",
    ],
)
def test_texts_of_errors_cost_nothing(code: str) -> None:
    long = code.format(f"(f'{'expected a number, ' * 40}actual: {{x}}', 3)")
    assert bits(long) == bits(code.format(""))


def test_texts_of_errors_that_may_be_read_stay() -> None:
    read = "def f(x):\n    try:\n        raise KeyError('a' + x)\n    except KeyError as e:\n        return e.args[0]"
    own = "class KeyError:\n    def __init__(self, y): self.y = y\ndef f(x):\n    raise KeyError('a' + x)"
    assert prepare_code(read, cap=None).run(["b"]).values == ("ab",)
    assert "+" in prepare_code(own, cap=None).source


def test_deprecated_names_of_a_module_are_looked_up_without_a_warning(monkeypatch):
    class Deprecating(types.ModuleType):
        def __getattr__(self, name):
            if name.startswith("_"):
                raise AttributeError(name)
            warnings.warn(f"{name} is deprecated", DeprecationWarning, stacklevel=2)
            return None

        def __dir__(self):
            return ["ancient_name"]

    monkeypatch.setitem(sys.modules, "deprecating", Deprecating("deprecating"))
    monkeypatch.setattr(names, "MODULES", frozenset({"deprecating"}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "ancient_name" in known_names.__wrapped__()
