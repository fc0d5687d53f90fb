"""Source code: a program as a readable Python module that reproduces it exactly."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from types import CodeType
from typing import Any

from find_gym.categories.strings import alphabet
from find_gym.categories.strings.programs import Branch, Program, Step

_WIDTH = 100


def source(program: Program) -> str:
    """Writes a program as a Python module whose last function is `f(s)`.

    Stochastic operations are left out: the source is the truth without their noise.
    """
    called: dict[str, Callable[..., Any]] = {}
    body = _body(program, called, "    ")
    used: dict[str, Any] = {}
    for function in called.values():
        _collect(function.__code__, used)
    constants = [_constant(name, value) for name, value in used.items() if not callable(value)]
    helpers = [value for name, value in sorted(used.items()) if callable(value)]
    functions = [inspect.getsource(function).rstrip() for function in [*helpers, *called.values()]]
    parts = ["\n".join(constants)] if constants else []
    return "\n\n\n".join([*parts, *functions, f"def f(s):\n{body}    return s\n"])


def _body(program: Program, called: dict[str, Callable[..., Any]], indent: str) -> str:
    lines = ""
    for part in program:
        if isinstance(part, Branch):
            lines += f"{indent}if {_call(part.test.function, part.constants, called)}:\n"
            lines += _body(part.then, called, f"{indent}    ") or f"{indent}    pass\n"
            otherwise = _body(part.otherwise, called, f"{indent}    ")
            lines += f"{indent}else:\n{otherwise}" if otherwise else ""
        elif isinstance(part, Step) and not part.operation.stochastic:
            lines += f"{indent}s = {_call(part.operation.function, part.constants, called)}\n"
    return lines


def _call(function: Callable[..., Any], constants: tuple[Any, ...], called: dict[str, Callable[..., Any]]) -> str:
    called[function.__name__] = function
    return f"{function.__name__}({', '.join(['s', *map(repr, constants)])})"


def _collect(code: CodeType, used: dict[str, Any]) -> None:
    """Collects what code uses of `alphabet` and of its own module, code within it (comprehensions) included."""
    for name in code.co_names:
        value = getattr(alphabet, name, None)
        if value is not None and name not in used and not name.startswith("_"):
            used[name] = value
            if callable(value):
                _collect(value.__code__, used)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _collect(constant, used)


def _constant(name: str, value: Any) -> str:
    if isinstance(value, str):
        return f"{name} = {value!r}"
    lines = textwrap.wrap(" ".join(value), _WIDTH, break_on_hyphens=False)
    joined = "\n".join(f"    {line + ' '!r}" for line in lines)
    return f"{name} = (\n{joined}\n).split()"
