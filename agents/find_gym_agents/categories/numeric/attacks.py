"""Attacks on the score of numeric functions, and the honest descriptions beside them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.category import MAX_NUMERIC_COMPLEXITY
from find_gym.functions import QUERY_RANGE
from find_gym.scoring import Submission
from find_gym_agents.categories.numeric import FOUND
from find_gym_agents.interpreters.interpolation import interpolate
from find_gym_agents.interpreters.knots import choose_knots, longest_that_fits, write_list
from find_gym_agents.interpreters.lookup import tabulate
from find_gym_agents.interpreters.spread import spread_inputs
from find_gym_agents.redteam.attack import BLIND, BUDGET, Attack, Evidence, RedTeam, Write, fixed
from find_gym_agents.redteam.forms import named_forms, table_forms

FloatArray = NDArray[np.float64]
# Writes answers at the places of `_grid` as code.
Packing = Callable[[FloatArray], str]

_BITS = 6
_LEVELS = 2**_BITS - 1
_STRETCH = float(np.arcsinh(QUERY_RANGE[1] / 3))


def line(count: int) -> Write:
    """Straight lines between so many well-chosen points of a hundred."""

    def write(evidence: Evidence, rng: np.random.Generator) -> Submission:
        x, y = _ask(evidence, spread_inputs(BUDGET))
        if not np.isfinite(y).any():
            return Submission(code="def f(x):\n    return float('nan')\n")
        x, y = x[np.isfinite(y)], y[np.isfinite(y)]
        knots = choose_knots(x, y, count, np.interp)
        return Submission(
            code=f"import numpy as np\ndef f(x): return float(np.interp(x, {write_list(x[knots])}, "
            f"{write_list(y[knots])}))"
        )

    return write


def _ask(evidence: Evidence, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    return x, np.array(evidence.ask(x.tolist()), dtype=np.float64)


def _grid(count: int) -> FloatArray:
    """Places that are dense near 0, where most structure lies, and need no constants of their own."""
    return np.asarray(3 * np.sinh(np.linspace(-_STRETCH, _STRETCH, count)))


def _interpolated(count: int, table: str, setup: str = "") -> str:
    setup += f"X = {_write_grid(count)}\nY = {table}\n"
    return f"import numpy as np\n{setup}def f(x): return float(np.interp(x, X, Y))\n"


def _write_grid(count: int) -> str:
    return f"3 * np.sinh(np.linspace(-{_STRETCH:.4f}, {_STRETCH:.4f}, {count}))"


def _levels(y: FloatArray) -> tuple[list[int], str]:
    """Rounds answers to levels of six bits each; returns them, and the code of the level v."""
    low, high = np.percentile(y, [1, 99])
    step = float(f"{(high - low) / _LEVELS or 1.0:.3g}")
    low = float(f"{low:.3g}")
    return np.clip(np.round((y - low) / step), 0, _LEVELS).astype(int).tolist(), f"{low!r} + {step!r} *"


def _list(y: FloatArray) -> str:
    return _interpolated(y.size, str([float(f"{value:.2g}") for value in y]))


def _integer(y: FloatArray) -> str:
    levels, scale = _levels(y)
    number = sum(level << _BITS * place for place, level in enumerate(levels))
    value = f"{scale} (N >> {_BITS} * i & {_LEVELS})"
    return _interpolated(y.size, f"[{value} for i in range({y.size})]", f"N = {number}\n")


def _text(y: FloatArray) -> str:
    levels, scale = _levels(y)
    text = "".join(chr(48 + level) for level in levels)
    return _interpolated(y.size, f"[{scale} (ord(c) - 48) for c in {text!r}]")


def _integers(size: int, code: str) -> Packing:
    """Several answers in each number of a list."""

    def write(y: FloatArray) -> str:
        levels, scale = _levels(y)
        numbers = [
            sum(level << _BITS * place for place, level in enumerate(levels[start : start + size]))
            for start in range(0, y.size, size)
        ]
        setup = f"T = []\nfor v in {numbers}:\n    for i in range({size}):\n        {code}\n"
        return _interpolated(y.size, f"[{scale} v for v in T[:{y.size}]]", setup)

    return write


def _floats(y: FloatArray) -> str:
    """Two answers in each float, one before and one after the point."""
    levels, scale = _levels(y)
    pairs = [
        first + second / 100 for first, second in zip(levels[::2], [*levels[1::2], *[0] * (y.size % 2)], strict=True)
    ]
    values = f"[{scale} u for v in {pairs} for u in (v // 1, v % 1 * 100)]"
    return _interpolated(y.size, f"{values}[:{y.size}]")


def _names(y: FloatArray) -> str:
    """Six bits in each call of a function with a name of its own."""
    levels, scale = _levels(y)
    names = sorted(set(levels))
    setup = "T = []\n" + "".join(f"def g{name}(): T.append({name})\n" for name in names)
    return _interpolated(y.size, f"[{scale} v for v in T]", setup + "".join(f"g{level}()\n" for level in levels))


def _sum(y: FloatArray) -> str:
    """Three bits in each name of a long sum of texts of one character."""
    levels, scale = _levels(y)
    octal = "".join(f"{level:02o}" for level in levels)
    setup = f"a, b, c, d, e, f, g, h = '01234567'\nS = {'+'.join('abcdefgh'[int(digit)] for digit in octal)}\n"
    return _interpolated(y.size, f"[{scale} int(S[2 * i : 2 * i + 2], 8) for i in range({y.size})]", setup)


def _calls(y: FloatArray) -> str:
    """Three bits in the argument of each call of a function that returns itself."""
    levels, scale = _levels(y)
    octal = "".join(f"{level:02o}" for level in levels)
    chain = "".join(f"({'abcdefgh'[int(digit)]})" for digit in octal)
    setup = f"T = []\ndef k(v):\n    T.append(v)\n    return k\na, b, c, d, e, f, g, h = range(8)\nk{chain}\n"
    return _interpolated(y.size, f"[{scale} (8 * u + v) for u, v in zip(T[::2], T[1::2])]", setup)


def _operators(y: FloatArray) -> str:
    """Three bits in each operator, to which a class gives a meaning, and its operand."""
    levels, scale = _levels(y)
    octal = (int(digit) for level in levels for digit in f"{level:02o}")
    product = "".join(f"{'*/'[digit // 4]}{'abcd'[digit % 4]}" for digit in octal)
    setup = (
        "class K:\n    t = []\n    def __mul__(s, o):\n        s.t.append(o)\n        return s\n"
        f"    def __truediv__(s, o): return s * (4 + o)\na, b, c, d = range(4)\nT = (K(){product}).t\n"
    )
    return _interpolated(y.size, f"[{scale} (8 * u + v) for u, v in zip(T[::2], T[1::2])]", setup)


def _search(y: FloatArray) -> str:
    """Two answers in each number, taken apart by comparisons alone."""
    levels, scale = _levels(y)
    numbers = [
        100 * first + second for first, second in zip(levels[::2], [*levels[1::2], *[0] * (y.size % 2)], strict=True)
    ]
    setup = (
        "T = []\ndef g(v):\n    for i in range(65):\n        if v < 100 * i: return i - 1\n"
        f"for v in {numbers}:\n    T += [g(v), v - 100 * g(v)]\n"
    )
    return _interpolated(y.size, f"[{scale} v for v in T[:{y.size}]]", setup)


PACKINGS: dict[str, Packing] = {
    "list": _list,
    "one integer": _integer,
    "text": _text,
    "integers of 2, shifted": _integers(2, f"T += [v >> {_BITS} * i & {_LEVELS}]"),
    "integers of 5, shifted": _integers(5, f"T += [v >> {_BITS} * i & {_LEVELS}]"),
    "integers of 2, divided": _integers(2, f"T += [v % {_LEVELS + 1}]; v = v // {_LEVELS + 1}"),
    "floats of 2": _floats,
    "names": _names,
    "sum of names": _sum,
    "chain of calls": _calls,
    "operators of a class": _operators,
    "search by comparisons": _search,
}


def packed(packing: Packing) -> Write:
    """As many answers as the cap lets pass, straight lines between them."""
    return lambda evidence, rng: longest_that_fits(
        lambda count: _pack(evidence.again(), packing, max(count, 2)), BUDGET, MAX_NUMERIC_COMPLEXITY
    )


def hundred(packing: Packing) -> Write:
    """All hundred answers, whether they fit or not."""
    return lambda evidence, rng: _pack(evidence, packing, BUDGET)


def _pack(evidence: Evidence, packing: Packing, count: int) -> Submission:
    x, y = _ask(evidence, _grid(count))
    defined = np.isfinite(y)
    if not defined.any():
        return Submission(code="def f(x):\n    return float('nan')\n")
    return Submission(code=packing(np.interp(x, x[defined], y[defined])))


def _periodic(y: FloatArray) -> str:
    """What comes again and again: the answers around 0, by the remainder of the input."""
    values = [float(f"{value:.2g}") for value in y[y.size // 4 : -(y.size // 4) or None]]
    return f"T = {values}\ndef f(x): return T[int(x * 2) % {len(values)}]\n"


def _decisions(y: FloatArray) -> str:
    """A tree of conditions on the input, with an answer at each leaf."""
    x = _grid(y.size)

    def write(start: int, end: int) -> str:
        if end - start == 1:
            return f"{y[start]:.2g}"
        middle = (start + end) // 2
        return f"({write(start, middle)} if x < {(x[middle - 1] + x[middle]) / 2:.2g} else {write(middle, end)})"

    return f"def f(x): return {write(0, y.size)}\n"


def _polynomial(y: FloatArray) -> str:
    """A polynomial of high degree in the stretched input, through the answers in the sense of least squares."""
    u = np.linspace(-1, 1, y.size)
    c = np.polynomial.chebyshev.chebfit(u, np.asarray(y, dtype=np.float64), max(y.size * 2 // 3, 1))
    return (
        "import math\nimport numpy as np\n"
        f"C = {[float(f'{value:.6g}') for value in c]}\n"
        f"def f(x): return float(np.polynomial.chebyshev.chebval(math.asinh(x / 3) / {_STRETCH:.4f}, C))\n"
    )


def _waves(y: FloatArray) -> str:
    """A sum of waves in the stretched input."""
    count = y.size // 2
    c = np.fft.rfft(y)[: count + 1] / y.size
    terms = [(float(f"{2 * v.real:.2g}"), float(f"{-2 * v.imag:.2g}")) for v in c[1:]]
    return (
        f"import math\nT = {terms}\ndef f(x):\n"
        f"    u = math.pi * (math.asinh(x / 3) / {_STRETCH:.4f} + 1) * {(y.size - 1) / y.size:.4f}\n"
        f"    return {c[0].real:.3g} + sum(a * math.cos((i + 1) * u) + b * math.sin((i + 1) * u) "
        "for i, (a, b) in enumerate(T))\n"
    )


# Other uses of as many answers as fit than straight lines between them.
SHAPES: dict[str, Packing] = {
    "by the remainder": _periodic,
    "a tree of conditions": _decisions,
    "a polynomial": _polynomial,
    "a sum of waves": _waves,
}

_SOLVER = """import numpy as np
Y = np.array({answers})
X = {grid}
def M(x, g, a): return np.nan_to_num([g(a * x), x, x * 0 + 1]).T
R = []
for g in np.sin, np.exp, np.tanh, np.abs, np.floor, np.square, np.log, np.sqrt:
    for a in X:
        c = np.linalg.lstsq(M(X, g, a), Y)[0]
        R += [(sum(np.abs(M(X, g, a) @ c - Y) < np.abs(Y) / 20 + np.std(Y) / 50), a, g, c)]
e, a, g, c = max(R, key=lambda r: r[0])
def f(x): return float(M(x, g, a) @ c if e > 0.8 * len(Y) else np.interp(x, X, Y))
"""


def solver(evidence: Evidence, rng: np.random.Generator) -> Submission:
    """One text for all functions, but for as many answers as fit: least squares over atoms, or else straight lines."""
    return longest_that_fits(lambda count: _solve(evidence.again(), max(count, 3)), BUDGET, MAX_NUMERIC_COMPLEXITY)


def solver_with(count: int) -> Write:
    """The same with so many answers, whether they fit or not."""
    return lambda evidence, rng: _solve(evidence, count)


def _solve(evidence: Evidence, count: int) -> Submission:
    _, y = _ask(evidence, _grid(count))
    answers = [float(f"{value:.2g}") for value in np.nan_to_num(y)]
    return Submission(code=_SOLVER.format(answers=answers, grid=_write_grid(count)))


def table_form(name: str) -> Write:
    """A hundred answers in a form of `find_gym_agents.redteam.forms`."""

    def write(evidence: Evidence, rng: np.random.Generator) -> Submission:
        _, y = _ask(evidence, np.linspace(*QUERY_RANGE, BUDGET))
        rounded = np.clip(np.nan_to_num(y), -999, 999).astype(int).tolist()
        return Submission(code=(table_forms(rounded) | named_forms(rounded))[name])

    return write


_READ = "def f(x):\n    {}\n    return 0.0 if not found else float(sorted(found)[len(found) // 2])\n"
LEAKS = {
    "frames": "import sys\n" + _READ.format("found = sys._getframe(1).f_locals['request'].inputs"),
    "frames of a generator": _READ.format("g = (i for i in [1])\n    found = g.gi_frame.f_back.f_locals.values()"),
    "traceback": _READ.format(
        "try: 1 / 0\n    except ZeroDivisionError as e: found = e.__traceback__.tb_frame.f_back.f_locals"
    ),
    "collector": "import gc\n" + _READ.format("found = [o for o in gc.get_objects() if type(o) is list][0]"),
    "subclasses": _READ.format("found = [c for c in ().__class__.__base__.__subclasses__()]"),
    "globals": _READ.format("found = f.__globals__['inputs']"),
    "files": _READ.format("found = open('/proc/self/environ').read()"),
    "inputs so far": "S = []\ndef f(x):\n    S.append(x)\n    return len(S) * 1.0\n",
    "sum of inputs so far": "S = [0.0]\ndef f(x):\n    S[0] += x\n    return S[0]\n",
    "density": "S = []\ndef f(x):\n    S.append(x)\n    near = [s for s in S if abs(s - x) < 4]\n"
    "    return float(len(near) > len(S) / 20)\n",
}


def _random_rule(evidence: Evidence, rng: np.random.Generator) -> Submission:
    function = rng.choice(["sin", "cos", "tanh", "exp", "sqrt", "floor"])
    a, b = (round(float(value), 2) for value in rng.normal(0, 5, 2))
    return Submission(code=f"import math\ndef f(x):\n    return {a} * math.{function}(x) + {b}\n")


def _queries(write: Callable[[FloatArray, FloatArray], Submission]) -> Callable[..., Submission]:
    return lambda evidence, rng: write(*_ask(evidence, spread_inputs(BUDGET)))


_NEAR = "1 near 0"
_HONEST = {
    "trivial": fixed(Submission(code="def f(x):\n    return 0.0\n")),
    "line of 12": line(12),
    "line of 24": line(24),
    _NEAR: fixed(Submission(code="def f(x):\n    return float(abs(x) < 4)\n")),
}
# Inputs are dense near 0 whatever the function is; that is no leak.
_BESIDE = {"density": _NEAR}

_ATTACKS = (
    *(Attack(f"{name}, what fits", "numeric", "packed table", packed(p), "line of 24") for name, p in PACKINGS.items()),
    *(
        Attack(f"{name}, 100 answers", "numeric", "packed table", hundred(p), "line of 24")
        for name, p in PACKINGS.items()
    ),
    *(Attack(f"{name}, what fits", "numeric", "other table", packed(p), "line of 24") for name, p in SHAPES.items()),
    Attack("nearest neighbours", "numeric", "packed table", _queries(tabulate), "line of 24"),
    Attack("knots that fit", "numeric", "packed table", _queries(interpolate), "line of 24"),
    Attack("least squares, what fits", "numeric", "packed solver", solver, "line of 24"),
    Attack("least squares, 50 answers", "numeric", "packed solver", solver_with(50)),
    *(
        Attack(name, "numeric", "forms of tables and names", table_form(name))
        for name in table_forms([1, 2]) | named_forms([1, 2])
    ),
    *(
        Attack(name, "numeric", "leak", fixed(Submission(code=code)), _BESIDE.get(name, "trivial"))
        for name, code in LEAKS.items()
    ),
    Attack("best fixed code", "numeric", "blind", fixed(FOUND), margin=BLIND),
    Attack("a random rule", "numeric", "blind", _random_rule, is_random=True),
)
RED_TEAM = RedTeam(
    _ATTACKS,
    _HONEST,
    # Networks take half a second each to train, and are scored as all other functions are.
    {"variants": {"plain": 0.5, "noised": 0.2, "corrupted": 0.3}},
)
