"""Tables of numbers in every form that code can have: what `find_gym.scoring` has to measure or to refuse."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence

_WORDS = "zero one two three four five six seven eight nine".split()


def table_forms(answers: Sequence[int]) -> dict[str, str]:
    """Returns code that holds a table in many ways, by their names.

    Each reads its table, so that the table is no dead code; what it makes of it does not matter.

    Args:
        answers: the numbers, each in [-999, 999].
    """
    numbers = [int(value) for value in answers]
    texts = _text_forms(numbers)
    return texts | _name_forms(numbers) | _syntax_forms(numbers)


def named_forms(answers: Sequence[int]) -> dict[str, str]:
    """Returns code that holds a table in names, which it reads back without an attribute of Python's own."""
    digits, names = _digits(answers), _names(answers)
    return {
        "parameters in errors": f"def t({names}): pass\n"
        "def f(x):\n    try: t()\n    except TypeError as e: return str(e)",
        "variables in errors": f"def f(x):\n    def g(): return a{digits}\n"
        "    try: g()\n    except NameError as e: return str(e)\n"
        f"    a{digits} = 1",
        "a type": f"class A{digits}: pass\ndef f(x): return str(A{digits})",
        "a function": f"def g{digits}(): pass\ndef f(x): return repr(g{digits})",
        "attributes in errors": f"class A: pass\ndef f(x):\n    a = A()\n    if x > 999: a.b{digits} = 1\n"
        f"    try: a.b{digits}\n    except AttributeError as e: return str(e)",
    }


def _text_forms(answers: list[int]) -> dict[str, str]:
    """Constants of every kind, and texts that are no constants."""
    digits = _digits(answers)
    binary = f"{int(digits):b}"
    flags = ", ".join({"0": "False", "1": "True"}[bit] for bit in binary)
    nested = ", ".join({"0": "()", "1": "((),)"}[bit] for bit in binary)
    words = " ".join(_WORDS[int(digit)] for digit in digits)
    packed = base64.b64encode(zlib.compress(json.dumps(answers).encode())).decode()
    unicode = "".join(chr(0x4E00 + value + 1000) for value in answers)
    return {
        "list": f"T = {answers}\ndef f(x): return T[int(x)]",
        "array": f"import numpy as np\ndef f(x): return np.array({answers})[int(x)]",
        "text": f"T = '{digits}'\ndef f(x): return int(T[int(x) : int(x) + 4])",
        "bytes": f"T = b'{digits}'\ndef f(x): return T[int(x)]",
        "integer": f"T = {digits}\ndef f(x): return T >> int(x)",
        "hexadecimal": f"T = {int(digits):#x}\ndef f(x): return T >> int(x)",
        "floats": "T = ["
        + ", ".join(f"{digits[i : i + 16]}.0" for i in range(0, 400, 16))
        + "]\ndef f(x): return T[int(x)]",
        "unicode": f"T = '{unicode}'\ndef f(x): return ord(T[int(x)]) - 20968",
        "number words": f"T = '{words}'.split()\ndef f(x): return T[int(x)]",
        "flags": f"T = [{flags}]\ndef f(x): return sum(T[int(x):])",
        "nested tuples": f"T = [{nested}]\ndef f(x): return len(T[int(x)])",
        "f-string": f"def f(x): return int(f'{{x}}{digits}'[int(x)])",
        "format": f"def f(x): return '{{}}{digits}'.format(x)",
        "default": f"def f(x, T={answers}): return T[int(x)]",
        "compressed": f"import zlib, base64, json\nT = json.loads(zlib.decompress(base64.b64decode('{packed}')))\n"
        "def f(x): return T[int(x)]",
        "docstring": f"def f(x):\n    '{digits}'\n    return f.__doc__[int(x)]",
        "annotations": f"def f(x: '{digits}'): return f.__annotations__",
        "dead function": f"def t(): return '{digits}'\ndef f(x): return t.__code__.co_consts",
        "decorator": f"def t(text):\n    return lambda g: lambda x: int(text[int(x)])\n@t('{digits}')\ndef f(x): pass",
    }


def _name_forms(answers: list[int]) -> dict[str, str]:
    """Names of every kind."""
    digits, names = _digits(answers), _names(answers)
    return {
        "attributes": "class A: pass\na = A()\n"
        + "".join(f"a.b{value + 1000} = {index}\n" for index, value in enumerate(answers))
        + "def f(x): return vars(a)",
        "keywords": f"T = dict({', '.join(f'k{index}_{value + 1000}=0' for index, value in enumerate(answers))})\n"
        "def f(x): return list(T)[int(x)]",
        "own keywords": f"def g(**k): return list(k)\ndef f(x): return g({names.replace(',', '=0,')}=0)",
        "parameters": f"def t({names}): pass\ndef f(x): return t.__code__.co_varnames",
        "names": f"def t(): {names}\ndef f(x): return t.__code__.co_names",
        "names of a lambda": f"exec('', {{}})\ndef f(x): return (lambda: Z{names}).__code__.co_names",
        "names in errors": "def t(i):\n"
        + "".join(f"    if i == {index}: return missing{value + 1000}\n" for index, value in enumerate(answers))
        + "def f(x):\n    try: return t(int(x))\n    except NameError as e: return int(str(e)[13:17])",
        "attributes in errors": f"def f(x):\n    try: return x.a{digits}\n"
        "    except AttributeError as e: return str(e)",
        "import aliases": "".join(f"import math as m{value}_{i}\n" for i, value in enumerate(answers)).replace("-", "n")
        + "def f(x): return globals()",
        "global": f"def g():\n    global {names}\ndef f(x): return g.__code__",
        "type's name": f"class A{digits}: pass\ndef f(x): return A{digits}.__name__",
        "f-string with names": f"def f(x):\n    a{digits} = 1\n    return f'{{a{digits}=}}'[int(x)]",
    }


def _syntax_forms(answers: list[int]) -> dict[str, str]:
    """Decisions and calls, and the way to what the caller holds."""
    binary = f"{int(_digits(answers)):b}"
    return {
        "match": "def f(x):\n    match int(x):\n"
        + "".join(f"        case {index}: return {value}\n" for index, value in enumerate(answers)),
        "conditions": "def f(x):\n"
        + "".join(f"    if x < {index}: return {value}\n" for index, value in enumerate(answers)),
        "calls": "def a(v): return 2 * v\ndef b(v): return 2 * v + 1\ndef f(x):\n    v = 1\n"
        + "".join(f"    v = {'ab'[int(bit)]}(v)\n" for bit in binary)
        + "    return v",
        "frames": "import sys\ndef f(x): return sys._getframe(1).f_locals",
    }


def _digits(answers: Sequence[int]) -> str:
    return "".join(f"{value + 1000:04d}" for value in answers)


def _names(answers: Sequence[int]) -> str:
    return ", ".join(dict.fromkeys(f"_{value + 1000}_{index}" for index, value in enumerate(answers)))
