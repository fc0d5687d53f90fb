"""Numbers and ranges of numbers, as a person types them."""

from __future__ import annotations

import math

_MOST = 1000

SYNTAX = "numbers such as 1 2.5 -3, or ranges with both ends such as -5:5:0.5 (from -5 to 5 in steps of 0.5)"


def read_numbers(line: str) -> list[float]:
    """Reads a line as numbers and ranges.

    Raises:
        ValueError: it has anything else, nothing, or more numbers than can be asked at once.
    """
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
        raise ValueError(f"expected {SYNTAX}; actual: {word!r}")
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
