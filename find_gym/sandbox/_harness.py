"""Runs one submission in the process it is given: code comes first, then its inputs, each when the last is answered.

Knows nothing of isolation. Nothing but the input that is being answered is in this process.
"""

from __future__ import annotations
import __future__

import ast
import os
import random
import struct
import sys
from collections.abc import Callable
from functools import lru_cache
from types import CodeType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from ._codec import FLOAT, FLOAT_TAG, Simplifier, TooLargeError, decode, encode
from ._protocol import ANSWER, ERROR, FAILURE, LENGTH, LOADED, SHORT, Inbox, framed

FILE_NAME = "<submission>"
MODULE_NAME = "submission"
MAX_ERROR_CHARACTERS = 200
REPORT_BYTES = 4096
"""The size of an error's or a failure's report at most."""

FLOAT_HEAD = LENGTH.pack(FLOAT.size) + FLOAT_TAG
FLOAT_QUESTION = struct.Struct(f"={len(FLOAT_HEAD)}sd")
"""An input that is a number, as it comes over the socket."""
FLOAT_ANSWER_HEAD = LENGTH.pack(1 + FLOAT.size) + ANSWER + FLOAT_TAG
FLOAT_ANSWER = struct.Struct(f"={len(FLOAT_ANSWER_HEAD)}sd")
"""An answer that is one."""

FUTURE_FLAGS = 0
"""What ``from __future__ import`` sets in a code object, for every statement after it."""
for _name in __future__.all_feature_names:
    if _name != "nested_scopes":  # always on, and its flag has another meaning in a code object
        FUTURE_FLAGS |= getattr(__future__, _name).compiler_flag


class Request(NamedTuple):
    """One submission but for its inputs. It travels encoded, as a plain tuple of these fields."""

    source: str
    entry_point: str | None
    seed: int
    tolerate_top_level_errors: bool
    output_bytes: int


class _Stop(Exception):
    """Ends a submission with a failure kind and a message."""

    def __init__(self, kind: str, message: str, line: int = 0) -> None:
        super().__init__(kind, message)
        self.kind = kind
        self.message = message
        self.line = line


def conversation_bytes(output_bytes: int, count: int) -> int:
    """Return how many bytes an honest submission can send when it is asked ``count`` times."""
    return output_bytes + (count + 4) * REPORT_BYTES


def describe(error: BaseException) -> tuple[str, str, int]:
    """Return type, message and line of an exception, short, whatever the exception does."""
    name, text = "an exception that cannot be shown", ""
    try:
        name = str(type(error).__name__)
        text = str(error)
    except BaseException:
        text = ""
    return name[:MAX_ERROR_CHARACTERS], text[:MAX_ERROR_CHARACTERS], _line_of(error)


def _line_of(error: BaseException) -> int:
    """Return the line of the code where an exception was raised, 0 if that is not known."""
    line = 0
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == FILE_NAME:
            line = traceback.tb_lineno or 0
        traceback = traceback.tb_next
    return line


def in_words(name: str, text: str) -> str:
    """Return such as ``"ZeroDivisionError: division by zero"``."""
    return (f"{name}: {text}" if text else name)[:MAX_ERROR_CHARACTERS]


@lru_cache(maxsize=1)  # code that raises at all mostly raises the same for many inputs
def report(kind: bytes, name: str, text: str = "", line: int = 0) -> bytes:
    """Return the message that reports an exception or the failure of the whole."""
    return framed(kind + encode((name, text, line), REPORT_BYTES))


OUT_OF_MEMORY_REPORT = report(FAILURE, "out_of_memory", "MemoryError: the memory limit was reached")


def deliver(descriptor: int, message: bytes, write: Callable[[int, bytes], int] = os.write) -> None:
    """Write all of ``message``."""
    position = 0
    while position < len(message):
        position += write(descriptor, message[position:])


def reporter(descriptor: int) -> Callable[[str], None]:
    """Return a function that reports on ``descriptor`` that an operation, which it is told, was forbidden."""
    return lambda operation: deliver(descriptor, report(FAILURE, "forbidden", f"tried {operation}"))


def run(request_bytes: bytes, inbox: Inbox, writing: int) -> None:
    """Run an encoded :class:`Request`: load its function, then answer what comes in until nothing does."""
    try:
        request = Request(*decode(request_bytes))
        target = _load(request)
        deliver(writing, framed(LOADED))
        _serve(target, request.output_bytes, inbox, writing)
    except _Stop as stop:
        deliver(writing, report(FAILURE, stop.kind, stop.message[:MAX_ERROR_CHARACTERS], stop.line))
    except MemoryError:
        deliver(writing, OUT_OF_MEMORY_REPORT)


def _serve(target: Callable[[Any], Any], output_bytes: int, inbox: Inbox, writing: int) -> None:
    """Answer questions. Numbers are read and written here, without more ado: there are thousands."""
    simplify = Simplifier(output_bytes)
    room = output_bytes
    write, read, reading = os.write, os.read, inbox.descriptor
    while data := inbox.some() if inbox.rest else read(reading, SHORT):
        if len(data) == FLOAT_QUESTION.size and data.startswith(FLOAT_HEAD):
            argument = FLOAT_QUESTION.unpack(data)[1]
        elif question := inbox.receive(data):
            argument = decode(question)
        else:
            return
        try:
            value = target(argument)
            if type(value) is float and room >= FLOAT.size:
                message = FLOAT_ANSWER.pack(FLOAT_ANSWER_HEAD, value)
                room -= FLOAT.size
            else:
                answer = encode(simplify(value), room)
                message = framed(ANSWER + answer)
                room -= len(answer)
        except MemoryError:
            raise
        except TooLargeError as error:
            text = f"the outputs take more than {output_bytes} bytes, or have more parts: {error}"
            raise _Stop("out_of_memory", text) from None
        except BaseException as error:
            message = report(ERROR, *describe(error))
        written = write(writing, message)
        if written < len(message):
            deliver(writing, message[written:])


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
    first_error, line = "", 0
    for piece in pieces:
        try:
            exec(piece, module.__dict__)
        except MemoryError:
            raise
        except BaseException as error:
            if not first_error:
                exception, text, line = describe(error)
                first_error = in_words(exception, text)
            if not request.tolerate_top_level_errors:
                raise _Stop("raised", f"the code raised at its top level: {first_error}", line) from None
    target = module.__dict__.get(name)
    if callable(target):
        return target
    if first_error:
        raise _Stop("raised", f"the code raised before it defined {name!r}: {first_error}", line)
    raise _Stop("malformed", f"expected the code to define a function named {name!r}, it does not")


def _parse(source: str) -> ast.Module:
    try:
        return ast.parse(source, FILE_NAME)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _not_compiled(error) from None


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
        raise _not_compiled(error) from None


def _not_compiled(error: BaseException) -> _Stop:
    name, text, _ = describe(error)
    return _Stop("malformed", f"the code does not compile: {in_words(name, text)}")


def _seed(seed: int) -> None:
    """Make every source of randomness that has a seed start from ``seed``, ``default_rng()`` included."""
    random.seed(seed)
    np.random.seed(seed % (1 << 32))  # noqa: NPY002 (the submission's process, and what its code may use)
    entropy = random.Random(seed)
    np.random.bit_generator.randbits = entropy.getrandbits  # type: ignore[attr-defined]
