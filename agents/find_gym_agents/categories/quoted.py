"""Strings in double quotes, as a person types them."""

from __future__ import annotations

import json
import re

_QUOTED = re.compile(r'\s*("(?:[^"\\]|\\.)*")\s*,?')


def read_quoted(line: str) -> list[str]:
    """Reads strings in double quotes, written as in JSON.

    Raises:
        ValueError: there is something else.
    """
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
