"""What submitted code may be: the allow-list of its constructs, the cap, the numbers that it may return."""

import pytest

from find_gym.functions import CallableFunction
from find_gym.scoring import MalformedError, NumericScorer, Submission, TooComplexError, prepare_code

LINE = NumericScorer(CallableFunction(lambda x: 3 * x + 1))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return exec('x')", "exec"),
        ("return eval('x')", "eval"),
        ("return compile('x', '', 'eval')", "compile"),
        ("return globals()", "globals"),
        ("return locals()", "locals"),
        ("return vars()", "vars"),
        ("return getattr(x, 'real')", "getattr"),
        ("return setattr(x, 'real', 1)", "setattr"),
        ("return __import__('os')", "__import__"),
        ("return __builtins__", "__builtins__"),
        ("return open('/etc/passwd')", "open"),
        ("return input()", "input"),
        ("breakpoint()", "breakpoint"),
        ("return type('A', (), {})", "type"),
        ("return x.__class__", ".__class__"),
        ("return f.__code__.co_names", ".__code__"),
        ("return (i for i in x).gi_frame", ".gi_frame"),
        ("return x._private", "._private"),
        ("return '{0.__class__}'.format(x)", ".format"),
        ("return '{:{0.real}}'.format(x)", ".format"),
        ("return ('{0' + '.real}').format(x)", ".format"),
        ("return list(map(str.format, x))", ".format"),
        ("return '{x.real}'.format_map({'x': x})", ".format_map"),
        ("import os\n    return os", "os"),
        ("import numpy as np\n    return np.load('a')", ".load"),
        ("import numpy as np\n    return np.frombuffer(b'a')", ".frombuffer"),
        ("import numpy as np\n    return np.ctypeslib", ".ctypeslib"),
        ("import numpy.f2py\n    return numpy.f2py", ".f2py"),
        ("import random\n    return random._os", "._os"),
        ("import re\n    return re.enum.sys", ".sys"),
        ("from random import _os\n    return _os", "._os"),
        ("from numpy import load\n    return load('a')", ".load"),
        ("from operator import attrgetter\n    return attrgetter('real')(x)", ".attrgetter"),
        ("from . import a\n    return a", "relative"),
        ("import zlib, base64\n    return zlib.decompress(x)", "zlib"),
        ("class A:\n        def __getattr__(self, n): return n\n    return A().data", "__getattr__"),
        ("class A:\n        __slots__ = ('a', 'b')\n    return A", "__slots__"),
        ("class A(metaclass=type): pass\n    return A", "metaclass"),
        ("def g(**k): return list(k)\n    return g(a=1)", "**k"),
        ("def g(k): return k\n    return g(**{'k': 1})", "**"),
    ],
)
def test_what_is_not_allowed_is_named_with_its_line(body: str, reason: str) -> None:
    code = f"import math\ndef f(x):\n    {body}\n"
    with pytest.raises(MalformedError, match=r"^line [2-5]: expected .*, actual: ") as caught:
        prepare_code(code, cap=None)
    assert reason in str(caught.value)
    # Where nothing reaches it, it is no part of the submission.
    assert prepare_code(f"{code.replace('def f', 'def g')}def f(x): return x", cap=None).complexity < 30


@pytest.mark.parametrize(
    "body",
    [
        "return '{:.2f} {}'.format(x, 3)",
        "return f'{x:.2f}'",
        "return type(x)(3) if isinstance(x, float) else x",
        "import collections.abc\n    return isinstance(x, collections.abc.Sized)",
        "import numpy as np, math\n    return float(np.clip(np.sin(x), -math.pi, a_max=3))",
        "from collections import Counter, deque\n    return Counter('aab').most_common(1)[0][1]",
        "import numpy.linalg as la\n    return la.norm([x, 1])",
        "from numpy.random import default_rng\n    return default_rng(0).normal(size=1)[0]",
        "return x if not x.is_integer() else int(x).bit_length()",
    ],
)
def test_what_functions_need_is_allowed(body: str) -> None:
    result = prepare_code(f"def f(x):\n    {body}\n", cap=None).run([2.5])
    assert result.ok, result


@pytest.mark.parametrize("code", ["", " \n", "x = 3", "def f(x) return x", "def f(x): return '\0'", "def f(x): break"])
def test_no_code_with_a_function_is_malformed(code: str) -> None:
    with pytest.raises(MalformedError, match="expected"):
        prepare_code(code, cap=None)


def test_the_cap_is_said_and_the_paper_s_score_has_none() -> None:
    constants = [f"{0.1 + index / 7:.15f}" for index in range(28)]
    code = f"def f(x):\n    exact = [{', '.join(constants)}]\n    return 3 * x + 1 + 0 * sum(exact)"
    with pytest.raises(TooComplexError, match="expected code of at most 2200 bits"):
        prepare_code(code, cap=2200)
    score = LINE.score(Submission(code=code))
    assert (score.outcome, score.skill, score.paper_success) == ("malformed", 0.0, True)
    assert score.complexity > 2200
    assert LINE.score(Submission(code=code), cap=None).skill == 1.0


@pytest.mark.parametrize(
    "value",
    [
        "Fraction(y)",
        "Decimal(y)",
        "complex(y)",
        "np.float32(y)",
        "np.longdouble(y)",
        "np.array([y])",
        "np.complex128(y)",
        "np.int64(y) if x == int(x) else y",
    ],
)
def test_numbers_of_every_type_count(value: str) -> None:
    code = (
        "from fractions import Fraction\nfrom decimal import Decimal\nimport numpy as np\n"
        f"def f(x):\n    y = 3 * x + 1\n    return {value}"
    )
    assert LINE.score(Submission(code=code)).outcome == "right"


@pytest.mark.parametrize(
    "value", ["3 * x + 1 + 1j", "str(3 * x + 1)", "[3 * x + 1, 0]", "10 ** 400", "Fraction(10 ** 400)"]
)
def test_what_is_no_number_is_undefined(value: str) -> None:
    score = LINE.score(Submission(code=f"from fractions import Fraction\ndef f(x): return {value}"))
    assert score.accuracy == 0 and score.outcome in ("wrong", "raised")
