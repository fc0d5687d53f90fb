"""Submissions: what an interpreter hands in, and the caps that keep lookup tables out."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any, Protocol

MAX_CODE_BYTES = 8 * 1024
MAX_NUMERIC_LITERALS = 24

# A float has 17 significant digits at most: longer literals hold more than one number.
_DIGITS_PER_LITERAL = 17
# Text without digits may hold data, too; eight characters of it count as much as a number.
_CHARACTERS_PER_LITERAL = 8
_DIGITS = re.compile(r"\d+")


class Program(Protocol):
    """A description in a category's grammar: a spec of that category."""

    def to_json(self) -> dict[str, Any]:
        """Returns the program as JSON-serialisable data."""


@dataclass(frozen=True)
class Submission:
    """A final description of a function.

    Attributes:
        description: what the function does, in language.
        domain: where it departs from that ("x < 3", "none"), in language.
        code: Python source whose last function computes the function.
        program: the description as a program of the category's grammar, in place of code.
    """

    description: str = ""
    domain: str = ""
    code: str = ""
    program: Program | None = None


class MalformedError(ValueError):
    """A submission that can't be judged: the message says what was expected and what came."""


def prepare_code(code: str, *, max_literals: int | None = MAX_NUMERIC_LITERALS) -> str:
    """Checks the caps on submitted code and returns it without comments and docstrings.

    A number counts as one literal for each 17 digits, whether it stands in the code or within a string; other strings
    count one for each 8 characters. So a table does not pass in another form.

    Args:
        code: Python source.
        max_literals: the greatest number of numeric literals; None lifts both caps (the source of a network is its
            weights).

    Returns:
        The source to run.

    Raises:
        MalformedError: the code is empty, is not Python, or exceeds a cap.
    """
    if not code.strip():
        raise MalformedError("expected Python code with a function, actual: no code")
    if max_literals is None:
        return code
    size = len(code.encode("utf-8", "surrogatepass"))
    if size > MAX_CODE_BYTES:
        raise MalformedError(f"expected at most {MAX_CODE_BYTES} bytes of code, actual: {size}")
    try:
        tree = ast.parse(code)
        _strip_docstrings(tree)
        count = count_literals(tree)
        stripped = ast.unparse(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise MalformedError(f"expected Python code, actual: {type(error).__name__}: {error}") from error
    if count > max_literals:
        raise MalformedError(f"expected at most {max_literals} numeric literals in the code, actual: {count}")
    return stripped


def count_literals(tree: ast.AST) -> int:
    """Counts the numeric literals of parsed code, as `prepare_code` does."""
    total = 0
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
            continue
        if isinstance(node.value, (int, float, complex)):
            total += _numbers_in(repr(node.value)) or 1
        elif isinstance(node.value, (str, bytes)):
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            other = len(_DIGITS.sub("", text))
            total += _numbers_in(text) + other // _CHARACTERS_PER_LITERAL
    return total


def _numbers_in(text: str) -> int:
    joined = re.sub(r"(\d)\.(\d)", r"\1\2", re.sub(r"[eE][-+]?\d+", "", text))
    return sum(-(-len(digits) // _DIGITS_PER_LITERAL) for digits in _DIGITS.findall(joined))


def _strip_docstrings(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            node.body = node.body[1:] or ([] if isinstance(node, ast.Module) else [ast.Pass()])
