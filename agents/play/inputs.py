"""What a person types, read as the inputs of a query."""

from __future__ import annotations

import json
import math
import re
from typing import Any

_MOST = 1000
_QUOTED = re.compile(r'\s*("(?:[^"\\]|\\.)*")\s*,?')

SYNTAX = {
    "numeric": "numbers such as 1 2.5 -3, or ranges with both ends such as -5:5:0.5 (from -5 to 5 in steps of 0.5)",
    "strings": 'a string, just as it is; in quotes for several ("a" "b c"), for none at all (""), for spaces at its '
    'ends ("  x "), or where it is a command ("help")',
    "entities": "words or names, separated by commas: violin, Mount Everest, tax",
    "relations": "words or names, separated by commas: Norway, zebra, New York",
}


def read_inputs(category: str, line: str) -> list[Any]:
    """Reads a line as the inputs of one query.

    Args:
        category: "numeric", "strings", "entities" or "relations".
        line: what was typed, without spaces at its ends.

    Returns:
        Numbers or strings, at least one.

    Raises:
        ValueError: the line can't be read as such; the message says what was expected and what came.
    """
    if category == "numeric":
        return _read_numbers(line)
    if line.startswith('"'):
        return _read_quoted(line)
    if category == "strings":
        return [line]
    words = [word for part in line.split(",") if (word := part.strip(' "'))]
    if not words:
        raise ValueError(f"expected words, actual: {line!r}")
    return words


def _read_numbers(line: str) -> list[float]:
    numbers: list[float] = []
    for word in line.replace(",", " ").replace("\u2212", "-").split():
        numbers += _read_range(word) if ":" in word else [_read_number(word, word)]
        if len(numbers) > _MOST:
            raise ValueError(f"expected at most {_MOST} numbers at once, actual: {len(numbers)}")
    if not numbers:
        raise ValueError(f"expected numbers, actual: {line!r}")
    return numbers


def _read_number(text: str, word: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"expected {SYNTAX['numeric']}; actual: {word!r}")
    return value


def _read_range(word: str) -> list[float]:
    parts = [_read_number(part, word) for part in word.split(":")]
    low, high, step = (*parts, 1.0)[:3] if len(parts) in (2, 3) else (0.0, 0.0, 0.0)
    if len(parts) > 3 or step <= 0 or low > high:
        raise ValueError(f"expected a range LOW:HIGH:STEP with LOW <= HIGH and STEP > 0, actual: {word!r}")
    if (high - low) / step >= _MOST:
        raise ValueError(f"expected a range of at most {_MOST} numbers, actual: {word!r}")
    # A hundredth of a step makes up for rounding, so that 0:1:0.1 ends with 1.
    count = math.floor((high - low) / step + 0.01) + 1
    return [round(low + place * step, 12) for place in range(count)]


def _read_quoted(line: str) -> list[str]:
    strings: list[str] = []
    end = 0
    while end < len(line):
        found = _QUOTED.match(line, end)
        if found is None:
            raise ValueError(f'expected strings in double quotes, with \\" for a quote within, actual: {line!r}')
        try:
            strings.append(json.loads(found.group(1), strict=False))
        except ValueError as error:
            raise ValueError(f"expected a string as JSON writes it, actual: {found.group(1)} ({error})") from error
        end = found.end()
    return strings
