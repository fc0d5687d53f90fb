"""The table of numeric atoms: formula, constants, gradient, sampler, English and source side by side.

Every atom is one entry of `ATOMS`. To add one, append an entry here; samplers, descriptions, sources, the grammar of
the environment, the gallery and the fitting all read this table. The formulas and ranges are those of FIND (Schwettmann
et al. 2023, released data); `docs/fidelity.md` lists the deliberate differences.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.notation import (
    horner_source,
    plus,
    shifted,
    write_number,
    write_polynomial,
    write_terms,
)

FloatArray = NDArray[np.float64]
Constants = tuple[Any, ...]

FULL_DOMAIN = (-100.0, 100.0)
_ERF = np.frompyfunc(math.erf, 1, 1)


@dataclass(frozen=True)
class Atom:
    """One family of numeric functions.

    Attributes:
        name: the family's name, as in the released data.
        constants: names of the constants, in order; `coefficients` stands for a sequence of any length.
        evaluate: `(x, constants) -> y`, arrays of shape `(n,)`, total: not finite where undefined, as it is everywhere
            with constants that make no function (a period of 0, a logarithm to the base 1). Where x has the shape
            `(r, n)`, the constants may be columns `(r, 1)`.
        gradient: `(x, constants) -> dy/dconstants`, shape `(k, n)`, one row for each (flattened) constant; as total,
            and takes columns as well.
        sample: draws the constants from FIND's ranges; degenerate values are never drawn.
        formula: the constants written into a formula, as a person would write it.
        english: a noun phrase for the family.
        expression: the constants written into a Python expression in `x`.
        domain: where the released benchmark samples the function, `(lower, upper)`.
        guard: the condition outside of which the function is undefined, in Python and in mathematics, or None.
        released: whether FIND releases it as a function of its own.
        in_compounds: whether FIND uses it as a part of sums and products.
        linear: positions of the constants that the value is an affine function of; fitting solves for them at once.
        grid: for each other constant, in order, the values that FIND draws; fitting searches among them.
    """

    name: str
    constants: tuple[str, ...]
    evaluate: Callable[[FloatArray, Constants], FloatArray]
    gradient: Callable[[FloatArray, Constants], FloatArray]
    sample: Callable[[np.random.Generator], Constants]
    formula: Callable[[Constants], str]
    english: str
    expression: Callable[[Constants], str]
    domain: Callable[[Constants], tuple[float, float]] = field(default=lambda constants: FULL_DOMAIN)
    guard: Callable[[Constants], tuple[str, str] | None] = field(default=lambda constants: None)
    released: bool = True
    in_compounds: bool = False
    linear: tuple[int, ...] = ()
    grid: tuple[tuple[float, ...], ...] = ()


def flatten(constants: Constants) -> tuple[float, ...]:
    """Returns nested constants (those of `rational`) as one flat tuple, in the order of the gradient's rows."""
    flat: list[float] = []
    for constant in constants:
        if isinstance(constant, tuple):
            flat.extend(flatten(constant))
        else:
            flat.append(constant)
    return tuple(flat)


# --- Drawing constants -----------------------------------------------------------------------------------------------


def draw_decimal(rng: np.random.Generator, low: float, high: float, *, nonzero: bool = False, places: int = 1) -> float:
    """Draws a decimal with `places` digits after the point, uniform on `[low, high]`, both ends included.

    The draw is an integer divided by a power of ten, so it gives the same bytes on every platform.
    """
    scale = 10**places
    while True:
        value = int(rng.integers(round(low * scale), round(high * scale), endpoint=True)) / scale
        if value != 0 or not nonzero:
            return value


def _decimals(low: float, high: float) -> tuple[float, ...]:
    """Returns all decimals with one digit after the point from `low` to `high`: what `draw_decimal` draws from."""
    return tuple(step / 10 for step in range(round(low * 10), round(high * 10) + 1))


# --- Polynomials and rationals ----------------------------------------------------------------------------------------


def _horner(x: FloatArray, coefficients: Constants) -> FloatArray:
    """Evaluates a polynomial, highest power first; the source does the same operations in the same order."""
    result = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        result = result * x + coefficient
    return result


def _powers(x: FloatArray, count: int) -> FloatArray:
    """Returns `x^(count-1), …, x, 1` as rows, shape `(count, *x.shape)`."""
    powers = np.empty((count, *np.shape(x)))
    powers[-1:] = 1.0
    for row in range(count - 2, -1, -1):
        np.multiply(powers[row + 1], x, out=powers[row])
    return powers


def _sample_polynomial(rng: np.random.Generator) -> Constants:
    degree = int(rng.integers(2, 6))
    leading = draw_decimal(rng, -5, 5, nonzero=True)
    return (leading, *(draw_decimal(rng, -5, 5) for _ in range(degree)))


def _rational(x: FloatArray, constants: Constants) -> FloatArray:
    numerator, denominator = (_horner(x, part) for part in constants)
    return np.where(denominator == 0, np.nan, numerator / np.where(denominator == 0, 1.0, denominator))


def _rational_gradient(x: FloatArray, constants: Constants) -> FloatArray:
    numerator, denominator = (_horner(x, part) for part in constants)
    over_numerator = _powers(x, len(constants[0])) / denominator
    over_denominator = -_powers(x, len(constants[1])) * numerator / denominator**2
    return np.concatenate([over_numerator, over_denominator])


def _sample_rational(rng: np.random.Generator) -> Constants:
    degree_numerator = int(rng.integers(0, 5))
    degree_denominator = int(rng.integers(degree_numerator + 1, 6))

    def coefficients(degree: int) -> Constants:
        return (draw_decimal(rng, -10, 10, nonzero=True), *(draw_decimal(rng, -10, 10) for _ in range(degree)))

    return (coefficients(degree_numerator), coefficients(degree_denominator))


# --- Scaled and shifted shapes: a g(2 pi / p (x - c)) + d -------------------------------------------------------


def _wave(
    name: str,
    function: Callable[[FloatArray], FloatArray],
    derivative: Callable[[FloatArray], FloatArray],
    english: str,
    template: str,
    *,
    released: bool = True,
) -> Atom:
    """Builds an atom `a g(2 pi / p (x - c)) + d` from a shape `g`, its derivative and its source template."""

    def phase(x: FloatArray, constants: Constants) -> FloatArray:
        _, period, centre, _ = constants
        return 2 * np.pi / _divisor(period) * (x - centre)

    def evaluate(x: FloatArray, constants: Constants) -> FloatArray:
        return constants[0] * function(phase(x, constants)) + constants[3]

    def gradient(x: FloatArray, constants: Constants) -> FloatArray:
        amplitude, period, centre, _ = constants
        inner = phase(x, constants)
        slope = amplitude * derivative(inner)
        return np.array([function(inner), -slope * inner / period, -slope * 2 * np.pi / period, np.ones_like(x)])

    def formula(constants: Constants) -> str:
        amplitude, period, centre, offset = constants
        shifted = write_terms([(1.0, "x"), (-centre, "")])
        return write_terms([(amplitude, f" {name}(2pi/{write_number(period)} ({shifted}))"), (offset, "")])

    def expression(constants: Constants) -> str:
        amplitude, period, centre, offset = constants
        inner = f"2 * math.pi / {period!r} * {shifted(centre)}"
        return f"{amplitude!r} * {template.format(inner)} {plus(offset)}"

    def sample(rng: np.random.Generator) -> Constants:
        return (
            draw_decimal(rng, -10, 10, nonzero=True),
            draw_decimal(rng, 0.1, 6.3),
            draw_decimal(rng, 0.1, 6.3),
            draw_decimal(rng, -10, 10),
        )

    return Atom(
        name=name,
        constants=("amplitude", "period", "centre", "offset"),
        evaluate=evaluate,
        gradient=gradient,
        sample=sample,
        formula=formula,
        english=english,
        expression=expression,
        released=released,
        linear=(0, 3),
        grid=(_decimals(0.1, 6.3), _decimals(0.1, 6.3)),
    )


def _sigmoid(u: FloatArray) -> FloatArray:
    return 0.5 + 0.5 * np.tanh(u / 2)


def _erf(u: FloatArray) -> FloatArray:
    return np.asarray(_ERF(u), dtype=np.float64)


# --- The others -------------------------------------------------------------------------------------------------------


def _affine_sample(slope: float, offset: float) -> Callable[[np.random.Generator], Constants]:
    """Samples `(a, b)` with a in ±slope (not 0) and b in ±offset."""
    return lambda rng: (draw_decimal(rng, -slope, slope, nonzero=True), draw_decimal(rng, -offset, offset))


def _divisor(constant: Any) -> FloatArray:
    """Returns a constant, or a column of them, with NaN for 0: such a constant makes no function."""
    return np.where(constant == 0, np.nan, constant)


def _log_base(base: Any) -> Any:
    """Returns the logarithm of a base, or of a column of them; NaN for those that make no logarithm."""
    if isinstance(base, np.ndarray):
        return np.log(np.where((base > 0) & (base != 1), base, np.nan))
    # The source takes the logarithm by the same function.
    return math.log(base) if base > 0 and base != 1 else math.nan


def _logarithm_gradient(x: FloatArray, constants: Constants) -> FloatArray:
    factor, _, base = constants
    logarithm = np.log(np.where(x > 0, x, np.nan))
    log_base = _log_base(base)
    return np.array([logarithm / log_base, np.ones_like(x), -factor * logarithm / (base * log_base**2)])


def _gaussian(x: FloatArray, constants: Constants) -> FloatArray:
    mean, std = constants
    z = (x - mean) / std
    return np.exp(-z * z / 2) / (std * math.sqrt(2 * math.pi))


def _gaussian_gradient(x: FloatArray, constants: Constants) -> FloatArray:
    mean, std = constants
    z = (x - mean) / std
    value = _gaussian(x, constants)
    return np.array([value * z / std, value * (z * z - 1) / std])


def _square_wave(x: FloatArray, constants: Constants) -> FloatArray:
    period, shift = constants
    # The tolerance keeps rounding from deciding on the bounds, so that shifts a period apart are the same function.
    turns = np.floor(2 * (x - shift) / _divisor(period) + 1e-9)
    return np.where(turns == 2 * np.floor(turns / 2), 1.0, -1.0)


def _root_power(x: FloatArray, degree: Any) -> FloatArray:
    return np.where(degree == 1, x, np.sqrt(np.where(x < 0, np.nan, x)))


def _no_gradient(count: int) -> Callable[[FloatArray, Constants], FloatArray]:
    """The gradient of a function that is flat almost everywhere in its constants."""
    return lambda x, constants: np.zeros((count, *x.shape))


def _plain(name: str) -> Callable[[Constants], str]:
    return lambda constants: f"{name}(x)"


_ENTRIES = [
    Atom(
        name="linear",
        constants=("slope", "intercept"),
        evaluate=lambda x, c: c[0] * x + c[1],
        gradient=lambda x, c: np.array([x, np.ones_like(x)]),
        sample=_affine_sample(10, 10),
        formula=lambda c: write_terms([(c[0], "x"), (c[1], "")]),
        english="a linear function",
        expression=lambda c: f"{c[0]!r} * x {plus(c[1])}",
        in_compounds=True,
        linear=(0, 1),
    ),
    Atom(
        name="polynomial",
        constants=("coefficients",),
        evaluate=_horner,
        gradient=lambda x, c: _powers(x, len(c)),
        sample=_sample_polynomial,
        formula=write_polynomial,
        english="a polynomial",
        expression=horner_source,
        in_compounds=True,
        linear=(0,),
    ),
    Atom(
        name="rational",
        constants=("numerator", "denominator"),
        evaluate=_rational,
        gradient=_rational_gradient,
        sample=_sample_rational,
        formula=lambda c: f"({write_polynomial(c[0])}) / ({write_polynomial(c[1])})",
        english="a quotient of two polynomials",
        expression=lambda c: f"({horner_source(c[0])}) / ({horner_source(c[1])})",
        guard=lambda c: (f"{horner_source(c[1])} != 0", f"{write_polynomial(c[1])} is not 0"),
    ),
    Atom(
        name="absolute",
        constants=("factor", "offset"),
        evaluate=lambda x, c: c[0] * np.abs(x) + c[1],
        gradient=lambda x, c: np.array([np.abs(x), np.ones_like(x)]),
        sample=_affine_sample(30, 10),
        formula=lambda c: write_terms([(c[0], "|x|"), (c[1], "")]),
        english="a scaled and shifted absolute value",
        expression=lambda c: f"{c[0]!r} * abs(x) {plus(c[1])}",
        linear=(0, 1),
    ),
    Atom(
        name="root",
        constants=("factor", "offset", "degree"),
        evaluate=lambda x, c: c[0] * _root_power(x, c[2]) + c[1],
        gradient=lambda x, c: np.array([_root_power(x, c[2]), np.ones_like(x), np.zeros_like(x)]),
        sample=lambda rng: (*_affine_sample(30, 10)(rng), int(rng.integers(1, 3))),
        formula=lambda c: write_terms([(c[0], "x" if c[2] == 1 else " sqrt(x)"), (c[1], "")]),
        english="a scaled and shifted root",
        expression=lambda c: f"{c[0]!r} * {'x' if c[2] == 1 else 'math.sqrt(x)'} {plus(c[1])}",
        domain=lambda c: (0.0, 100.0),
        guard=lambda c: None if c[2] == 1 else ("x >= 0", "x >= 0"),
        linear=(0, 1),
        grid=((1, 2),),
    ),
    Atom(
        name="logarithm",
        constants=("factor", "offset", "base"),
        evaluate=lambda x, c: c[0] * (np.log(np.where(x > 0, x, np.nan)) / _log_base(c[2])) + c[1],
        gradient=_logarithm_gradient,
        sample=lambda rng: (*_affine_sample(30, 10)(rng), draw_decimal(rng, 1.1, 10)),
        formula=lambda c: write_terms([(c[0], f" log_{write_number(c[2])}(x)"), (c[1], "")]),
        english="a scaled and shifted logarithm",
        expression=lambda c: f"{c[0]!r} * (math.log(x) / math.log({c[2]!r})) {plus(c[1])}",
        domain=lambda c: (1.0, 100.0),
        guard=lambda c: ("x > 0", "x > 0"),
        linear=(0, 1),
        grid=(_decimals(1.1, 10),),
    ),
    Atom(
        name="step",
        constants=("height", "offset", "at_zero"),
        evaluate=lambda x, c: c[0] * np.heaviside(x, c[2]) + c[1],
        gradient=lambda x, c: np.array([np.heaviside(x, c[2]), np.ones_like(x), np.where(x == 0, c[0], 0.0)]),
        sample=lambda rng: (*_affine_sample(30, 10)(rng), draw_decimal(rng, -100, 100)),
        formula=lambda c: write_terms([(c[0], " H(x)"), (c[1], "")]) + f" with H(0) = {write_number(c[2])}",
        english="a step at 0",
        expression=lambda c: f"{c[0]!r} * (1.0 if x > 0 else {c[2]!r} if x == 0 else 0.0) {plus(c[1])}",
        in_compounds=True,
        linear=(0, 1),
        grid=(_decimals(-100, 100),),
    ),
    Atom(
        name="relu",
        constants=("factor", "offset", "leak"),
        evaluate=lambda x, c: c[0] * np.maximum(x, c[2] * x) + c[1],
        gradient=lambda x, c: np.array(
            [np.maximum(x, c[2] * x), np.ones_like(x), np.where(c[2] * x > x, c[0] * x, 0.0)]
        ),
        sample=lambda rng: (*_affine_sample(30, 10)(rng), draw_decimal(rng, 0, 1)),
        formula=lambda c: write_terms([(c[0], f" max(x, {write_terms([(c[2], 'x')])})"), (c[1], "")]),
        english="a leaky rectified linear unit",
        expression=lambda c: f"{c[0]!r} * max(x, {c[2]!r} * x) {plus(c[1])}",
        in_compounds=True,
        linear=(0, 1),
        grid=(_decimals(0, 1),),
    ),
    _wave("tanh", np.tanh, lambda u: 1 - np.tanh(u) ** 2, "a hyperbolic tangent", "math.tanh({})"),
    _wave("sin", np.sin, np.cos, "a sine wave", "math.sin({})"),
    _wave("cos", np.cos, lambda u: -np.sin(u), "a cosine wave", "math.cos({})"),
    Atom(
        name="reciprocal",
        constants=("factor",),
        evaluate=lambda x, c: np.where(x == 0, np.nan, 1 / (_divisor(c[0]) * np.where(x == 0, 1.0, x))),
        gradient=lambda x, c: np.array([-1 / (_divisor(c[0]) ** 2 * np.where(x == 0, np.nan, x))]),
        sample=lambda rng: (draw_decimal(rng, -10, 10, nonzero=True),),
        formula=lambda c: f"1 / ({write_terms([(c[0], 'x')])})",
        english="a reciprocal",
        expression=lambda c: f"1 / ({c[0]!r} * x)",
        guard=lambda c: ("x != 0", "x is not 0"),
        grid=(_decimals(-10, 10),),
    ),
    Atom(
        name="gaussian",
        constants=("mean", "std"),
        evaluate=_gaussian,
        gradient=_gaussian_gradient,
        sample=lambda rng: (draw_decimal(rng, -50, 50), draw_decimal(rng, 1, 10)),
        formula=lambda c: (
            f"the normal density with mean {write_number(c[0])} and standard deviation {write_number(c[1])}"
        ),
        english="a bell curve",
        expression=lambda c: (
            f"math.exp(-(({shifted(c[0])} / {c[1]!r}) ** 2) / 2) / ({c[1]!r} * math.sqrt(2 * math.pi))"
        ),
        grid=(_decimals(-50, 50), _decimals(1, 10)),
    ),
    Atom(
        name="rectangle",
        constants=("width",),
        evaluate=lambda x, c: np.where(np.abs(x) <= c[0] / 2, 1.0, 0.0),
        gradient=_no_gradient(1),
        sample=lambda rng: (draw_decimal(rng, 1, 10),),
        formula=lambda c: f"1 where |x| <= {write_number(c[0] / 2)} and 0 elsewhere",
        english="a rectangular pulse around 0",
        expression=lambda c: f"(1.0 if abs(x) <= {c[0] / 2!r} else 0.0)",
        in_compounds=True,
        grid=(_decimals(1, 10),),
    ),
    Atom(
        name="square_wave",
        constants=("period", "shift"),
        evaluate=_square_wave,
        gradient=_no_gradient(2),
        sample=lambda rng: (draw_decimal(rng, 1, 10), draw_decimal(rng, -5, 5)),
        formula=lambda c: f"the sign of sin(2pi/{write_number(c[0])} ({write_terms([(1.0, 'x'), (-c[1], '')])}))",
        english="a square wave between -1 and 1",
        expression=lambda c: f"(1.0 if math.floor(2 * {shifted(c[1])} / {c[0]!r} + 1e-9) % 2 == 0 else -1.0)",
        in_compounds=True,
        grid=(_decimals(1, 10), _decimals(-5, 5)),
    ),
    Atom(
        name="constant",
        constants=("value",),
        evaluate=lambda x, c: np.full_like(x, c[0]),
        gradient=lambda x, c: np.ones((1, *x.shape)),
        sample=lambda rng: (int(rng.integers(-100, 100)),),
        formula=lambda c: write_number(c[0]),
        english="a constant",
        expression=lambda c: repr(c[0]),
        in_compounds=True,
        linear=(0,),
    ),
    Atom(
        name="ceil",
        constants=(),
        evaluate=lambda x, c: np.ceil(x),
        gradient=_no_gradient(0),
        sample=lambda rng: (),
        formula=_plain("ceil"),
        english="the least integer that is not smaller",
        expression=_plain("math.ceil"),
        released=False,
        in_compounds=True,
    ),
    Atom(
        name="floor",
        constants=(),
        evaluate=lambda x, c: np.floor(x),
        gradient=_no_gradient(0),
        sample=lambda rng: (),
        formula=_plain("floor"),
        english="the greatest integer that is not larger",
        expression=_plain("math.floor"),
        released=False,
        in_compounds=True,
    ),
    Atom(
        name="signum",
        constants=(),
        evaluate=lambda x, c: np.sign(x),
        gradient=_no_gradient(0),
        sample=lambda rng: (),
        formula=_plain("sign"),
        english="the sign",
        expression=lambda c: "((x > 0) - (x < 0))",
        released=False,
    ),
    _wave("tan", np.tan, lambda u: 1 + np.tan(u) ** 2, "a tangent", "math.tan({})", released=False),
    _wave(
        "erf",
        _erf,
        lambda u: 2 / math.sqrt(math.pi) * np.exp(-u * u),
        "an error function",
        "math.erf({})",
        released=False,
    ),
    _wave(
        "sigmoid",
        _sigmoid,
        lambda u: _sigmoid(u) * (1 - _sigmoid(u)),
        "a logistic sigmoid",
        "(0.5 + 0.5 * math.tanh(({}) / 2))",
        released=False,
    ),
]

ATOMS: dict[str, Atom] = {atom.name: atom for atom in _ENTRIES}
RELEASED_FAMILIES: tuple[str, ...] = tuple(atom.name for atom in _ENTRIES if atom.released)
COMPOUND_FAMILIES: tuple[str, ...] = tuple(atom.name for atom in _ENTRIES if atom.in_compounds)
