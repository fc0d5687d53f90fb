"""What a person sees: values and tables of them, and whether the terminal shows plots made of characters."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

_BRAILLE = "\u28ff"


def literal(value: Any) -> str:
    """Returns a value as one printable line: numbers short, strings in quotes with everything odd escaped."""
    if value is None:
        return "undefined"
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return f"{value:.6g}"


def table(inputs: Sequence[Any], outputs: Sequence[Any]) -> str:
    """Returns inputs and outputs, side by side in lines."""
    left = [literal(value) for value in inputs]
    width = min(max(map(len, left), default=0), 60)
    return "\n".join(f"  {shown:{width}}  ->  {literal(output)}" for shown, output in zip(left, outputs, strict=True))


def characters_missing() -> str | None:
    """Says why there can be no plots made of characters, or returns None."""
    try:
        import plotille  # noqa: F401
    except ImportError:
        return "plots in the terminal need plotille: pip install 'find-gym[play]'"
    try:
        _BRAILLE.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return f"plots need a terminal that shows Unicode, this one has the encoding {sys.stdout.encoding}"
    return None
