"""Runs one submission in the process it is given and answers with encoded bytes. Knows nothing of isolation."""

from __future__ import annotations
import __future__

import ast
import os
import random
import sys
from collections.abc import Callable
from types import CodeType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from ._codec import Simplifier, TooLargeError, decode, encode

FILE_NAME = "<submission>"
MODULE_NAME = "submission"
MAX_ERROR_CHARACTERS = 200
REPORT_OVERHEAD = 4096
"""Bytes of a report besides its values and its errors."""
MAX_ERROR_TEXTS = 256
"""How many different errors a report tells apart."""

FUTURE_FLAGS = 0
"""What ``from __future__ import`` sets in a code object, for every statement after it."""
for _name in __future__.all_feature_names:
    if _name != "nested_scopes":  # always on, and its flag has another meaning in a code object
        FUTURE_FLAGS |= getattr(__future__, _name).compiler_flag


class Request(NamedTuple):
    """One submission. It travels encoded, as a plain tuple of these fields."""

    source: str
    inputs: list[Any]
    entry_point: str | None
    seed: int
    tolerate_top_level_errors: bool
    output_bytes: int


class _Stop(Exception):
    """Ends a submission with a failure kind and a message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)
        self.kind = kind
        self.message = message


def report_bytes(output_bytes: int, count: int) -> int:
    """Return how many bytes an honest report on ``count`` inputs can have."""
    return output_bytes + REPORT_OVERHEAD + MAX_ERROR_TEXTS * (4 * MAX_ERROR_CHARACTERS + 64) + 16 * count


def describe(error: BaseException) -> str:
    """Return such as ``"ZeroDivisionError: division by zero"``, short, whatever the exception does."""
    name = "an exception that cannot be shown"
    try:
        name = str(type(error).__name__)
        text = str(error)
    except BaseException:
        text = ""
    return (f"{name}: {text}" if text else name)[:MAX_ERROR_CHARACTERS]


def encode_report(kind: str, message: str = "") -> bytes:
    """Return the report of a submission that failed as a whole."""
    return encode((kind, message, [], []), REPORT_OVERHEAD)


OUT_OF_MEMORY_REPORT = encode_report("out_of_memory", "MemoryError: the memory limit was reached")


def deliver(descriptor: int, report: bytes, write: Callable[[int, bytes], int] = os.write) -> None:
    """Write all of ``report``."""
    position = 0
    while position < len(report):
        position += write(descriptor, report[position:])


def reporter(descriptor: int) -> Callable[[str], None]:
    """Return a function that reports on ``descriptor`` that an operation, which it is told, was forbidden."""
    return lambda operation: deliver(descriptor, encode_report("forbidden", f"tried {operation}"))


def answer(request_bytes: bytes) -> bytes:
    """Run an encoded :class:`Request` and return the encoded report ``(kind, message, values, errors)``.

    ``kind`` is ``"done"`` or the value of a ``Status``; ``errors`` are pairs of a text and the indices of the inputs
    that it is true of.
    """
    try:
        request = Request(*decode(request_bytes))
        return _run(request)
    except _Stop as stop:
        return encode_report(stop.kind, stop.message[:MAX_ERROR_CHARACTERS])
    except MemoryError:
        return OUT_OF_MEMORY_REPORT


def _run(request: Request) -> bytes:
    target = _load(request)
    values: list[Any] = []
    errors: dict[str, list[int]] = {}
    simplify = Simplifier(request.output_bytes)
    for index, argument in enumerate(request.inputs):
        try:
            value = target(argument)
            kind = type(value)
            values.append(value if kind is float or value is None or kind is bool else simplify(value))
        except MemoryError:
            raise
        except TooLargeError as error:
            raise _Stop("out_of_memory", f"the outputs are too large: {error}") from None
        except BaseException as error:
            values.append(None)
            text = describe(error)
            if text not in errors and len(errors) >= MAX_ERROR_TEXTS - 1:
                text = "an exception (there were too many different ones to tell)"
            errors.setdefault(text, []).append(index)
    try:
        failures = list(errors.items())
        beside = len(encode(failures, report_bytes(0, len(values)))) + REPORT_OVERHEAD
        return encode(("done", "", values, failures), request.output_bytes + beside)
    except TooLargeError:
        raise _Stop("out_of_memory", f"the outputs take more than {request.output_bytes} bytes") from None


def _load(request: Request) -> Callable[[Any], Any]:
    """Execute the source and return the function to call."""
    tree = _parse(request.source)
    name = request.entry_point
    if name is None:
        names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        if not names:
            raise _Stop("malformed", "expected a function (a def at the top level of the code), found none")
        name = names[-1]
    pieces = _compile(tree, apart=request.tolerate_top_level_errors)
    module = ModuleType(MODULE_NAME)
    sys.modules[MODULE_NAME] = module
    _seed(request.seed)
    first_error = ""
    for piece in pieces:
        try:
            exec(piece, module.__dict__)
        except MemoryError:
            raise
        except BaseException as error:
            first_error = first_error or describe(error)
            if not request.tolerate_top_level_errors:
                raise _Stop("raised", f"the code raised at its top level: {first_error}") from None
    target = module.__dict__.get(name)
    if callable(target):
        return target
    if first_error:
        raise _Stop("raised", f"the code raised before it defined {name!r}: {first_error}")
    raise _Stop("malformed", f"expected the code to define a function named {name!r}, it does not")


def _parse(source: str) -> ast.Module:
    try:
        return ast.parse(source, FILE_NAME)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _Stop("malformed", f"the code does not compile: {describe(error)}") from None


def _compile(tree: ast.Module, apart: bool) -> list[CodeType]:
    """Compile the module in one piece, or each top-level statement apart."""
    try:
        whole = compile(tree, FILE_NAME, "exec", dont_inherit=True)
        if not apart:
            return [whole]
        future = whole.co_flags & FUTURE_FLAGS
        return [
            compile(ast.Module([statement], []), FILE_NAME, "exec", flags=future, dont_inherit=True)
            for statement in tree.body
        ]
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _Stop("malformed", f"the code does not compile: {describe(error)}") from None


def _seed(seed: int) -> None:
    """Make every source of randomness that has a seed start from ``seed``, ``default_rng()`` included."""
    random.seed(seed)
    np.random.seed(seed % (1 << 32))  # noqa: NPY002 (the submission's process, and what its code may use)
    entropy = random.Random(seed)
    np.random.bit_generator.randbits = entropy.getrandbits  # type: ignore[attr-defined]
