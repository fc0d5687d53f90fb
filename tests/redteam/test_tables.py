"""Tables of answers in every form: each is beyond the cap, or gets refused for its form."""

import base64
import json
import zlib

import numpy as np
import pytest

from find_gym.functions import NumericFunction, function_seed
from find_gym.functions.categories import sample_seeded
from find_gym.scoring import MalformedError, NumericScorer, Submission, prepare_code
from find_gym.scoring.submissions import MAX_NUMERIC_COMPLEXITY

RNG = np.random.default_rng(5)
ANSWERS = RNG.integers(-999, 1000, 100).tolist()
DIGITS = "".join(f"{value + 1000:04d}" for value in ANSWERS)
NAMES = ", ".join(dict.fromkeys(f"_{value + 1000}_{index}" for index, value in enumerate(ANSWERS)))
BITS = f"{int(DIGITS):b}"
FLAGS = ", ".join({"0": "False", "1": "True"}[bit] for bit in BITS)
NESTED = ", ".join({"0": "()", "1": "((),)"}[bit] for bit in BITS)
WORDS = " ".join(("zero one two three four five six seven eight nine".split())[int(digit)] for digit in DIGITS)
PACKED = base64.b64encode(zlib.compress(json.dumps(ANSWERS).encode())).decode()
UNICODE = "".join(chr(0x4E00 + value + 1000) for value in ANSWERS)

# Each reads its table, so that the table is no dead code.
TABLES = {
    "list": f"T = {ANSWERS}\ndef f(x): return T[int(x)]",
    "array": f"import numpy as np\ndef f(x): return np.array({ANSWERS})[int(x)]",
    "text": f"T = '{DIGITS}'\ndef f(x): return int(T[int(x) : int(x) + 4])",
    "bytes": f"T = b'{DIGITS}'\ndef f(x): return T[int(x)]",
    "integer": f"T = {DIGITS}\ndef f(x): return T >> int(x)",
    "hexadecimal": f"T = {int(DIGITS):#x}\ndef f(x): return T >> int(x)",
    "floats": "T = ["
    + ", ".join(f"{DIGITS[i : i + 16]}.0" for i in range(0, 400, 16))
    + "]\ndef f(x): return T[int(x)]",
    "unicode": f"T = '{UNICODE}'\ndef f(x): return ord(T[int(x)]) - 20968",
    "number words": f"T = '{WORDS}'.split()\ndef f(x): return T[int(x)]",
    "flags": f"T = [{FLAGS}]\ndef f(x): return sum(T[int(x):])",
    "nested tuples": f"T = [{NESTED}]\ndef f(x): return len(T[int(x)])",
    "f-string": f"def f(x): return int(f'{{x}}{DIGITS}'[int(x)])",
    "format": f"def f(x): return '{{}}{DIGITS}'.format(x)",
    "default": f"def f(x, T={ANSWERS}): return T[int(x)]",
    "attributes": "class A: pass\na = A()\n"
    + "".join(f"a.b{value + 1000} = {index}\n" for index, value in enumerate(ANSWERS))
    + "def f(x): return vars(a)",
    "keywords": f"T = dict({', '.join(f'k{index}_{value + 1000}=x' for index, value in enumerate(ANSWERS))})\n".replace(
        "=x", "=0"
    )
    + "def f(x): return list(T)[int(x)]",
    "own keywords": f"def g(**k): return list(k)\ndef f(x): return g({NAMES.replace(',', '=0,')}=0)",
    "parameters": f"def t({NAMES}): pass\ndef f(x): return t.__code__.co_varnames",
    "names": f"def t(): {NAMES}\ndef f(x): return t.__code__.co_names",
    "names of a lambda": f"exec('', {{}})\ndef f(x): return (lambda: Z{NAMES}).__code__.co_names",
    "names in errors": "def t(i):\n"
    + "".join(f"    if i == {index}: return missing{value + 1000}\n" for index, value in enumerate(ANSWERS))
    + "def f(x):\n    try: return t(int(x))\n    except NameError as e: return int(str(e)[13:17])",
    "attributes in errors": f"def f(x):\n    try: return x.a{DIGITS}\n    except AttributeError as e: return str(e)",
    "docstring": f"def f(x):\n    '{DIGITS}'\n    return f.__doc__[int(x)]",
    "annotations": f"def f(x: '{DIGITS}'): return f.__annotations__",
    "dead function": f"def t(): return '{DIGITS}'\ndef f(x): return t.__code__.co_consts",
    "decorator": f"def t(text):\n    return lambda g: lambda x: int(text[int(x)])\n@t('{DIGITS}')\ndef f(x): pass",
    "match": "def f(x):\n    match int(x):\n"
    + "".join(f"        case {index}: return {value}\n" for index, value in enumerate(ANSWERS)),
    "conditions": "def f(x):\n"
    + "".join(f"    if x < {index}: return {value}\n" for index, value in enumerate(ANSWERS)),
    "calls": "def a(v): return 2 * v\ndef b(v): return 2 * v + 1\ndef f(x):\n    v = 1\n"
    + "".join(f"    v = {'ab'[int(bit)]}(v)\n" for bit in BITS)
    + "    return v",
    "import aliases": "".join(f"import math as m{value}_{i}\n" for i, value in enumerate(ANSWERS)).replace("-", "n")
    + "def f(x): return globals()",
    "global": f"def g():\n    global {NAMES}\ndef f(x): return g.__code__",
    "type's name": f"class A{DIGITS}: pass\ndef f(x): return A{DIGITS}.__name__",
    "f-string with names": f"def f(x):\n    a{DIGITS} = 1\n    return f'{{a{DIGITS}=}}'[int(x)]",
    "compressed": f"import zlib, base64, json\nT = json.loads(zlib.decompress(base64.b64decode('{PACKED}')))\n"
    "def f(x): return T[int(x)]",
    "frames": "import sys\ndef f(x): return sys._getframe(1).f_locals",
}


@pytest.mark.parametrize("name", TABLES)
def test_a_packed_table_is_malformed(name: str) -> None:
    with pytest.raises(MalformedError, match="expected"):
        prepare_code(TABLES[name], cap=MAX_NUMERIC_COMPLEXITY)


# Names that code can read back without an attribute of Python's own.
NAMED = {
    "parameters in errors": f"def t({NAMES}): pass\ndef f(x):\n    try: t()\n    except TypeError as e: return str(e)",
    "variables in errors": f"def f(x):\n    def g(): return a{DIGITS}\n"
    "    try: g()\n    except NameError as e: return str(e)\n"
    f"    a{DIGITS} = 1",
    "a type": f"class A{DIGITS}: pass\ndef f(x): return str(A{DIGITS})",
    "a function": f"def g{DIGITS}(): pass\ndef f(x): return repr(g{DIGITS})",
    "attributes in errors": f"class A: pass\ndef f(x):\n    a = A()\n    if x > 999: a.b{DIGITS} = 1\n"
    f"    try: a.b{DIGITS}\n    except AttributeError as e: return str(e)",
}


@pytest.mark.parametrize("name", NAMED)
def test_names_that_can_be_read_back_are_not_those_that_were_sent(name: str) -> None:
    prepared = prepare_code(NAMED[name], cap=MAX_NUMERIC_COMPLEXITY)
    (answer,) = prepared.run([3.0]).values
    assert isinstance(answer, str) and "v" in answer and DIGITS not in answer and "_1" not in answer


def test_a_table_in_names_earns_no_more_than_an_honest_line() -> None:
    """Twelve points and straight lines between them are honest; a table of a hundred in names is worth nothing."""

    def spell(value: float) -> str:
        return f"{value:.4g}".replace("-", "m").replace("+", "").replace(".", "d")

    skills = []
    for index in range(6):
        seed = function_seed("test", "numeric", 0, index)
        function = NumericFunction(sample_seeded("numeric", seed, split="test", difficulty="find"))
        x = np.linspace(-128, 128, 100)
        y = np.array(function(x, np.random.default_rng(index)))
        x, y = x[np.isfinite(y)], y[np.isfinite(y)]
        names = ", ".join(dict.fromkeys(f"_{spell(a)}_{spell(b)}" for a, b in zip(x, y, strict=True)))
        table = (
            f"import numpy as np\ndef t({names}): pass\n"
            "P = np.array([[float(w.replace('m', '-').replace('d', '.')) for w in n.split('_')[1:]] "
            "for n in t.__code__.co_varnames])\n"
            "def f(x): return float(np.interp(x, P[:, 0], P[:, 1]))"
        )
        points = [[float(f"{value:.4g}") for value in values[::9]] for values in (x, y)]
        line = f"import numpy as np\ndef f(x): return float(np.interp(x, {points[0]}, {points[1]}))"
        scorer = NumericScorer(function)
        scores = [scorer.score(Submission(code=code)) for code in (table, line)]
        assert scores[0].outcome == "malformed" and scores[1].outcome in ("right", "wrong")
        skills.append([score.skill for score in scores])
    table_skill, line_skill = np.mean(skills, axis=0)
    assert table_skill <= line_skill + 0.02


def test_twenty_four_knots_of_a_line_fit() -> None:
    x, y = np.sort(RNG.uniform(-128, 128, 24)), RNG.normal(0, 300, 24)
    points = [(float(f"{a:.5g}"), float(f"{b:.5g}")) for a, b in zip(x, y, strict=True)]
    xs, ys = ([point[axis] for point in points] for axis in (0, 1))
    for code in (
        f"import numpy as np\ndef f(x): return float(np.interp(x, {xs}, {ys}))",
        f"def f(x):\n    p = {points}\n    for (a, b), (c, d) in zip(p, p[1:]):\n        if x <= c: break\n"
        "    return b + (d - b) * (x - a) / (c - a)",
    ):
        assert prepare_code(code, cap=MAX_NUMERIC_COMPLEXITY).run([3.0]).ok
