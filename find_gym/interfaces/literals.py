"""Values within texts: where a bracket closes, and what is written there as JSON or as a Python literal.

All of it takes a time that grows with the length of the text alone.
"""

from __future__ import annotations

import ast
import json
import re
from typing import Any

from find_gym.core.parsing import PARSE_ERRORS, parse, read_literal

# Longer texts are parsed as JSON only.
MAX_PYTHON = 32_768

# A message may break a line within a string of its list.
_DECODER = json.JSONDecoder(strict=False)
_MARKS = re.compile(r"[\"'\[\](){}\u201c]")
_STRING_ENDS = {
    '"': re.compile(r'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL),
    "'": re.compile(r"[^'\\]*(?:\\.[^'\\]*)*'", re.DOTALL),
    '"""': re.compile(r'[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""', re.DOTALL),
    "'''": re.compile(r"[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''", re.DOTALL),
}
_CURLY_END = re.compile("[^\u201c\u201d]*[\u201c\u201d]")
_MOST_UNCLOSED = 8
# What JSON of models has beside JSON: comments, keys without quotation marks, typographic quotation marks. Strings come
# first, so that nothing within them is changed.
_RELAXED = re.compile(
    r"(?P<string>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|\\.|(?P<comment>//[^\n]*)"
    r"|[\u201c\u201d\u201e](?P<curly>[^\u201c\u201d\u201e]*)[\u201c\u201d]|(?<=[{,\s])(?P<key>[A-Za-z_]\w{0,40})(?=\s{0,8}:)"
    r"|\b(?P<word>true|false|null)\b",
    re.DOTALL,
)
_WORDS = {"true": "True", "false": "False", "null": "None"}


class Brackets:
    """The brackets of one text.

    Args:
        text: the text.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._unclosed = 0

    def end(self, start: int) -> int | None:
        """Returns the place after the bracket that closes the one at `start`; brackets within quotes don't count.

        Returns None where it never closes, and after a few such for all others: each costs the length of the text.
        """
        if self._unclosed >= _MOST_UNCLOSED:
            return None
        text, depth, place = self._text, 0, start
        while found := _MARKS.search(text, place):
            mark, place = found.group(), found.end()
            if mark == "\u201c":
                closed = _CURLY_END.match(text, place)
                place = closed.end() if closed else place
                continue
            if mark in "\"'":
                quote = mark * 3 if text.startswith(mark * 3, found.start()) else mark
                closed = _STRING_ENDS[quote].match(text, found.start() + len(quote))
                if closed is None:
                    break
                place = closed.end()
                continue
            depth += 1 if mark in "[({" else -1
            if depth <= 0:
                return place
        self._unclosed += 1
        return None


def read_value(text: str) -> Any:
    """Reads a value written as JSON or as a Python literal; comments, keys and quotation marks as people write them.

    Raises:
        ValueError: it is neither.
    """
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        pass
    try:
        return _read_literal(text.strip())
    except ValueError:
        if len(text) > MAX_PYTHON:
            raise
        return _read_literal(_RELAXED.sub(_as_python, text.strip()))


def _as_python(found: re.Match[str]) -> str:
    if found.group("curly") is not None:
        return repr(found.group("curly"))
    if found.group("key"):
        return repr(found.group("key"))
    if found.group("word"):
        return _WORDS[found.group("word")]
    return "" if found.group("comment") else found.group()


def _read_literal(text: str) -> Any:
    _check_length(text)
    return read_literal(text)


def parse_python(source: str, mode: str = "exec") -> ast.AST:
    """Parses Python code, without warnings of what stands in it.

    Raises:
        ValueError: it is none, or longer than `MAX_PYTHON` characters; a SyntaxError is its cause where there is one.
    """
    _check_length(source)
    try:
        return parse(source, mode)
    except PARSE_ERRORS as error:
        raise ValueError(f"expected Python, actual: {type(error).__name__}: {error}") from error


def _check_length(source: str) -> None:
    if len(source) > MAX_PYTHON:
        raise ValueError(f"expected at most {MAX_PYTHON} characters of Python, actual: {len(source)}")
