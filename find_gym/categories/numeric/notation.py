"""Numbers, sums and polynomials written out: for people (formulas) and for Python (source expressions)."""

from __future__ import annotations

from collections.abc import Sequence


def write_number(value: float) -> str:
    """Writes a constant for people: up to ten significant digits, no trailing zeros."""
    return f"{value:.10g}" if value != 0 else "0"


def write_terms(terms: list[tuple[float, str]]) -> str:
    """Writes a sum of `coefficient, symbol` terms with proper signs, leaving out those with coefficient 0."""
    text = ""
    for coefficient, symbol in terms:
        if coefficient == 0:
            continue
        magnitude = abs(coefficient)
        body = symbol if symbol and magnitude == 1 else f"{write_number(magnitude)}{symbol}"
        if text:
            text += f" {'-' if coefficient < 0 else '+'} {body}"
        else:
            text = f"-{body}" if coefficient < 0 else body
    return text or "0"


def plus(value: float) -> str:
    """Writes `+ value` or `- value` as Python source."""
    return f"- {-value!r}" if value < 0 else f"+ {value!r}"


def shifted(value: float) -> str:
    """Writes `(x - value)` as Python source, or `x` where there is no shift."""
    return f"(x {plus(-value)})" if value != 0 else "x"


def horner_source(coefficients: Sequence[float]) -> str:
    """Writes Horner's scheme as a Python expression."""
    text = repr(coefficients[0])
    for index, coefficient in enumerate(coefficients[1:]):
        text = f"{text if index == 0 else f'({text})'} * x {plus(coefficient)}"
    return text


def write_polynomial(coefficients: Sequence[float]) -> str:
    """Writes a polynomial, highest power first, as a person would."""
    degree = len(coefficients) - 1
    symbols = ["" if power == 0 else "x" if power == 1 else f"x^{power}" for power in range(degree, -1, -1)]
    return write_terms(list(zip(coefficients, symbols, strict=True)))
