"""What a well-meant submission can rely on."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from find_gym.sandbox import Limits, Sandbox, Status, backend, default_sandbox, run_code

from .test_codec import any_text, deterministic, same

IDENTITY = "def f(x): return x"


def test_values_and_errors_stay_with_their_inputs(sandbox):
    result = sandbox.run("def f(x): return 1 / x", [2.0, 0.0, 4.0])
    assert result.status is Status.OK and result.ok and result.message == ""
    assert result.values == (0.5, None, 0.25)
    assert result.errors == (None, "ZeroDivisionError: float division by zero", None)


def test_the_last_function_is_called_unless_another_is_named(sandbox):
    source = "def first(x): return 1\nclass C:\n  def method(self): pass\ndef last(x): return 2\nx = lambda y: 'x'"
    assert sandbox.run(source, [1]).values == (2,)
    assert sandbox.run(source, [1], entry_point="first").values == (1,)
    assert sandbox.run(source, [1], entry_point="x").values == ("x",)
    missing = sandbox.run(source, [1], entry_point="absent")
    assert missing.status is Status.MALFORMED and "'absent'" in missing.message


@pytest.mark.parametrize(
    "source",
    [
        "", "x = 1", "f = lambda x: x", "def f(x) return x", "def f(x):\n  x\n y", "\0", "def f(x): return '\ud800'",
        "(" * 500, "-" * 200_000 + "1", "async def f(x): return x", "return 1", b"def f(x): return x", None, 3,
        "x" * (1 << 20) + "y", "def f(x): return x\ndel f",
    ],
    ids=range(16),
)  # fmt: skip
def test_what_is_not_code_is_malformed(sandbox, source):
    result = sandbox.run(source, [1.0, 2.0])
    assert result.status is Status.MALFORMED, result
    assert result.values == (None, None) and result.message and None not in result.errors


def test_top_level_exceptions(sandbox):
    source = "import matplotlib.pyplot as plt\ndef f(x): return x\nprint(f(1) / 0)\nf.y = 1"
    strict = sandbox.run(source, [1.0])
    assert strict.status is Status.RAISED and "matplotlib" in strict.message
    lenient = sandbox.run(source, [1.0], tolerate_top_level_errors=True)
    assert lenient.ok and lenient.values == (1.0,)
    undefined = sandbox.run("1 / 0\ndef f(x): return x\ndel f", [1.0], tolerate_top_level_errors=True)
    assert undefined.status is Status.RAISED and "ZeroDivisionError" in undefined.message


def test_future_imports_hold_for_all_statements_run_apart(sandbox):
    source = "from __future__ import annotations\ndef f(x: absent) -> absent: return str(f.__annotations__)"
    result = sandbox.run(source, [1], tolerate_top_level_errors=True)
    assert result.values == ("{'x': 'absent', 'return': 'absent'}",)


def test_all_calls_raising_is_raised_and_some_is_ok(sandbox):
    source = "def f(x):\n  raise KeyError(x)"
    result = sandbox.run(source, ["a", "b"])
    assert result.status is Status.RAISED and result.values == (None, None)
    assert result.errors == ("KeyError: 'a'", "KeyError: 'b'")
    assert sandbox.run(source, []).ok
    assert sandbox.run("def f(x): return x or f(x)", [0, 1]).errors[0].startswith("RecursionError")


@pytest.mark.parametrize(
    "leave", ["raise SystemExit(3)", "import sys; sys.exit('bye')", "raise KeyboardInterrupt", "exit()"]
)
def test_leaving_is_an_exception_like_others(sandbox, leave):
    assert sandbox.run(f"def f(x):\n  if x: return x\n  {leave}", [0, 1]).values == (None, 1)
    assert sandbox.run(f"{leave}\ndef f(x): return x", [1]).status is Status.RAISED


def test_errors_are_bounded(sandbox):
    result = sandbox.run("def f(x): raise ValueError(str(x) * 1000)", list(range(3000)))
    assert result.status is Status.RAISED
    assert result.errors[3].startswith("ValueError: 333") and len(result.errors[3]) <= 200


def test_none_is_an_answer(sandbox):
    assert sandbox.run("def f(x): pass", [1]) == sandbox.run("def f(x): return None", [1])
    assert sandbox.run("def f(x): pass", [1]).errors == (None,)


def test_printing_and_reading_the_console_are_harmless(sandbox):
    source = (
        "import sys\nprint('x' * 100000, '\\ud800', file=sys.stderr)\nsys.stdout.buffer.write(b'x')\n"
        "def f(x):\n  print(x); sys.stdout.flush(); return sys.stdin.read()\ntry: input()\nexcept EOFError: pass\n"
    )
    assert sandbox.run(source, [1]).values == ("",)


def test_the_main_block_is_skipped(sandbox):
    assert sandbox.run("def f(x): return __name__\nif __name__ == '__main__': 1 / 0", [1]).values == ("submission",)


def test_each_value_is_taken_at_the_time_of_its_call(sandbox):
    assert sandbox.run("seen = []\ndef f(x):\n  seen.append(x)\n  return seen", [1, 2]).values == ([1], [1, 2])


@deterministic(60)
@given(st.lists(st.floats() | st.integers() | any_text | st.booleans() | st.complex_numbers() | st.none()))
def test_values_pass_through_exactly(inputs):
    result = run_code(IDENTITY, inputs)
    assert result.ok and same(list(result.values), inputs)


@deterministic(60)
@given(st.text(st.characters(codec=None, exclude_categories=())) | st.binary().map(lambda data: data.decode("latin-1")))
def test_any_text_as_source_gives_a_result(source):
    assert run_code(source, [1.0]).status in set(Status)


@pytest.mark.parametrize("inputs", [[object()], [b"x"], [{1}], [[object()]]])
def test_inputs_that_cannot_be_sent_are_the_callers_error(sandbox, inputs):
    with pytest.raises(TypeError, match="cannot be sent"):
        sandbox.run(IDENTITY, inputs)


def test_inputs_too_large_are_the_callers_error(sandbox):
    with pytest.raises(ValueError, match="inputs"):
        sandbox.run(IDENTITY, ["x" * 10_000], limits=Limits(input_bytes=5000))
    with pytest.raises(ValueError, match="bits"):
        sandbox.run(IDENTITY, [10**10_000])
    with pytest.raises(TypeError, match="name of a function"):
        sandbox.run(IDENTITY, [1], entry_point=3)


def test_large_inputs_arrive(sandbox):
    inputs = ["x" * 100_000] * 100
    assert sandbox.run("def f(s): return len(s)", inputs).values == (100_000,) * 100
    assert sandbox.run("def f(a): return sum(a)", np.ones((1, 500_000))).values == (500_000.0,)


def test_numpy_results_become_python_values(sandbox):
    source = (
        "import numpy as np\ndef f(x): return [np.float32(x), np.array([x]), np.arange(2), np.bool_(1), None][int(x)]"
    )
    result = sandbox.run(source, np.arange(5.0))
    assert same(list(result.values), [0.0, 1.0, [0, 1], True, None])


def test_unsupported_results_are_errors_of_their_input(sandbox):
    result = sandbox.run("def f(x): return {1} if x else 10 ** 100000 if x is None else x", [1, 0, None])
    assert result.ok and result.values == (None, 0, None)
    assert result.errors[0] == "TypeError: unsupported value of type set" and "bits" in result.errors[2]


@pytest.mark.parametrize(
    "draw",
    [
        "random.random()", "np.random.rand()", "np.random.default_rng().normal()",
        "random.Random(random.random()).random()", "''.join({'alpha', 'beta', 'gamma', 'delta'})",
    ],
)  # fmt: skip
def test_chance_is_the_same_at_every_run(sandbox, draw):
    source = f"import random\nimport numpy as np\ndef f(x): return {draw}"
    first = sandbox.run(source, [1, 2, 3])
    assert first.ok and sandbox.run(source, [1, 2, 3]) == first
    with Sandbox() as another:
        assert another.run(source, [1, 2, 3]) == first
    if "join" not in draw:
        assert len(set(first.values)) == 3
        assert sandbox.run(source, [1, 2, 3], seed=7).values != first.values


@pytest.mark.parametrize(
    "expression",
    """
    float(np.linalg.solve(np.eye(3) + x, np.ones(3))[0])
    float(np.linalg.det(np.random.default_rng(1).normal(size=(200, 200))) != 0)
    float(np.linalg.lstsq(np.ones((5, 2)), np.ones(5), rcond=None)[0][0])
    np.polyfit(np.arange(9.0), np.arange(9.0) ** 3, 3).tolist()
    float(np.fft.rfft(np.arange(100.0))[0].real)
    float(np.median(np.arange(9.0))) + float(np.percentile(np.arange(9.0), 30)) + float(np.nanmedian([1, np.nan]))
    float(np.sort(np.random.default_rng(0).normal(size=300_000))[0])
    np.unique(np.array(list("abca"))).tolist() + np.char.upper(np.array(["a"])).tolist()
    float(np.einsum("ij,jk->ik", np.ones((50, 50)), np.ones((50, 50))).sum())
    float(np.interp(x, [0, 1, 2], [0, 10, 20])) + float(np.convolve([1, 2], [3, 4]).sum())
    float(np.vectorize(lambda v: v * 2)(np.arange(5.0)).sum()) + float(np.trapezoid([1, 2, 3]))
    str(np.array([1.5, np.nan])) + repr(np.float64(2)) + np.array2string(np.ones(2000)) + f"{np.pi:.3f}"
    float(np.ma.masked_array([1.0, 2.0], [0, 1]).sum()) + float(np.polynomial.Polynomial([1, 2])(x))
    np.nanmean(np.array([np.nan])) != 0 or np.log(-1.0) != 0 or np.array([1]) / 0 != 0
    float(np.histogram(np.arange(100), bins=7)[0].sum()) + float(np.piecewise(x, [x < 0, x >= 0], [-1, 1]))
    float(np.cov(np.random.default_rng(3).normal(size=(4, 50))).trace()) + float(np.select([x > 0], [1.0], 0.0))
    "Grüße".encode("idna").decode() + "a".encode("utf-16").hex() + __import__("codecs").encode("abc", "rot13")
    __import__("datetime").datetime.strptime("2020-01-02", "%Y-%m-%d").strftime("%A %B")
    __import__("time").strftime("%Z") + str(__import__("datetime").datetime(2020, 1, 1).astimezone().utcoffset())
    __import__("statistics").median([3, 1, 2]) + float(__import__("decimal").Decimal("1.5").sqrt())
    __import__("re").sub(r"(?i)[aeiou]", "*", "Education") + __import__("textwrap").fill("a b c", 3)
    __import__("json").dumps({"a": [1, None]}) + __import__("hashlib").sha256(b"x").hexdigest()
    __import__("traceback").format_exc() + str(__import__("uuid").UUID(int=3)) + __import__("unicodedata").name("ä")
    bool(__import__("time").time() > 0 and __import__("time").perf_counter() > 0 and __import__("os").getpid() > 0)
    """.strip().split("\n    "),
)
def test_ordinary_libraries_work_without_opening_a_file(layered, expression):
    result = layered.run(f"import numpy as np\ndef f(x): return {expression}", [1.0])
    assert result.ok, (result.status, result.message)
    assert result.errors == (None,)


def test_classes_dataclasses_generators_and_warnings_work(sandbox):
    source = """
from __future__ import annotations
import abc, dataclasses, enum, functools, typing, warnings, numpy as np
@dataclasses.dataclass(frozen=True, order=True)
class P:
    x: float
    y: typing.ClassVar[int] = 3
class E(enum.Enum):
    A = 1
@functools.singledispatch
def g(v): return 'other'
@g.register
def _(v: float): return 'float'
@functools.lru_cache(maxsize=None)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def f(x):
    warnings.simplefilter('always'); warnings.warn('careful'); np.float64(1) / 0
    match P(x):
        case P(x=v): return [v, g(v), fib(80), sum(i for i in range(10)), E.A.value]
"""
    assert sandbox.run(source, [2.0]).values == ([2.0, "float", 23416728348467685, 45, 1],)


def test_sleeping_is_allowed_within_the_deadline(sandbox):
    assert sandbox.run("import time\ndef f(x):\n  time.sleep(0.05)\n  return x", [1]).ok


def test_the_module_functions_use_the_default_sandbox():
    assert default_sandbox() is default_sandbox()
    assert backend() == default_sandbox().backend
    assert math.isclose(run_code("import math\ndef f(x): return math.sin(x)", [1.0]).values[0], math.sin(1.0))


@deterministic(60)
@given(st.text(st.characters(codec=None, categories=["Cs", "Cc", "Lu", "So"])))
def test_any_text_passes_in_and_out(text):
    assert run_code(IDENTITY, [text, [text], {text: text}]).values == (text, [text], {text: text})
    named = run_code(IDENTITY, [1], entry_point=text)
    assert named.status is Status.MALFORMED and named.message.encode()


def test_lone_surrogates_in_the_source_are_malformed_and_in_errors_readable(sandbox):
    result = sandbox.run("def f(x): return '\ud800'", ["x"])
    assert result.status is Status.MALFORMED and "surrogates" in result.message
    assert sandbox.run("def f(x): return '\\ud800' + x", ["\udfff"]).values == ("\ud800\udfff",)
    raised = sandbox.run("def f(x): raise ValueError(x)", ["\ud800"])
    assert raised.errors == (r"ValueError: \ud800",)


def test_what_may_be_told_of_a_failure_says_nothing_of_the_inputs(sandbox):
    secret = 7.1525
    for code in (
        "raise ValueError(x)",
        "raise type(f'x{x}', (ValueError,), {})",
        "return float(f'x{x}')",
        "import sys; sys.audit(f'x{x}')",
        "return [][int(x * 1e4)]",
        "import os; os._exit(71)",
        "return {}[x]",
        "raise MemoryError(x)",
        "import os; os.write(3, bytes([9]) + str(x).encode())",
    ):
        result = sandbox.run(f"def f(x):\n  {code}", [secret, secret], limits=Limits(wall_seconds=0.1))
        assert not result.ok and result.discreet_message, code
        assert "71" not in result.discreet_message.replace(code, ""), result
    assert sandbox.run("def f(x): return 1 / x\n1 / 0", [1]).discreet_message.endswith("division by zero")


def test_one_input_at_a_time(sandbox, plain):
    """Whatever the code looks at while it answers: there is no trace of an input that it was not asked yet."""
    source = """
import gc, sys
seen = set()
def search(value, depth):
    if type(value) is float and value > 500: seen.add(value)
    if depth and type(value) in (list, tuple): [search(v, depth - 1) for v in value]
    if depth and type(value) is dict: [search(v, depth - 1) for v in list(value.values())]
def f(x):
    frame = sys._getframe()
    while frame:
        search(dict(frame.f_locals), 4), search(dict(frame.f_globals), 2)
        frame = frame.f_back
    [search(o, 2) for o in gc.get_objects()]
    return sorted(seen)
"""
    inputs = [501.25, 502.25, 503.25]
    for opened in (sandbox, plain):
        values = opened.run(source, inputs, limits=Limits(cpu_seconds=30, wall_seconds=30)).values
        assert values == (inputs[:1], inputs[:2], inputs)
