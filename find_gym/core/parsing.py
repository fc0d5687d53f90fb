"""Python's parser, for several threads at a time."""

from __future__ import annotations

import ast
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

# What Python's parser, compiler and writer raise on code that is none, too deep, or has numbers that are too long.
PARSE_ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError)

# Filters of warnings are those of all threads.
_LOCK = threading.RLock()
_TRIES = 10


@contextmanager
def no_warnings() -> Iterator[None]:
    """Python's doubts about odd code are nobody's concern here; one thread at a time."""
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def parse(source: str, mode: str = "exec") -> Any:
    """Parses Python code as `ast.parse` does, without warnings, whatever other threads parse meanwhile.

    CPython counts the levels of a syntax tree in one place for all threads. Where two threads parse at once it may find
    that its count is wrong; the SystemError that it raises then says nothing of the source.

    Raises:
        SyntaxError, ValueError, RecursionError or MemoryError: as `ast.parse` does; they are `PARSE_ERRORS`.
    """
    with no_warnings():
        for _ in range(_TRIES):
            # Other packages parse without this lock.
            with suppress(SystemError):
                return ast.parse(source, mode=mode)
        return ast.parse(source, mode=mode)


def read_literal(text: str | ast.expr) -> Any:
    """Returns the value of a Python literal.

    Args:
        text: the literal, as it is written or as it was parsed.

    Raises:
        ValueError: it is none; what Python raised is its cause.
    """
    try:
        return ast.literal_eval(parse(text, "eval") if isinstance(text, str) else text)
    except (*PARSE_ERRORS, TypeError) as error:
        raise ValueError(f"expected a literal, actual: {type(error).__name__}: {error}") from error
