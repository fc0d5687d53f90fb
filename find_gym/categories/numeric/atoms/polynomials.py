"""Atoms that are polynomials, or quotients of them."""

from __future__ import annotations

import numpy as np

from find_gym.categories.numeric.atom import Atom, Constants, Fitting, FloatArray, Parameter
from find_gym.categories.numeric.notation import (
    horner_source,
    plus,
    write_number,
    write_polynomial,
    write_terms,
)
from find_gym.core.draws import SingleDraws

# The degrees that FIND draws.
POLYNOMIAL_DEGREES = (2, 3, 4, 5)
_MOST_COEFFICIENTS = POLYNOMIAL_DEGREES[-1] + 1

_COEFFICIENTS = Parameter("coefficients", -5, 5, linear=True, length=_MOST_COEFFICIENTS)
_NUMERATOR, _DENOMINATOR = Parameter("numerator", -10, 10, length=5), Parameter("denominator", -10, 10, length=6)


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


def _draw_coefficients(draws: SingleDraws, parameter: Parameter, degree: int) -> Constants:
    """Draws the coefficients of a polynomial, the leading one not 0."""
    first, count, scale, _ = parameter.steps
    return draws.decimals([(first, count, scale, True), *[parameter.steps] * degree])


def _draw_polynomial(rng: np.random.Generator) -> Constants:
    draws = SingleDraws(rng)
    degree = draws.integers(POLYNOMIAL_DEGREES[0], _MOST_COEFFICIENTS)
    return _draw_coefficients(draws, _COEFFICIENTS, degree)


def _rational(x: FloatArray, constants: Constants) -> FloatArray:
    numerator, denominator = (_horner(x, part) for part in constants)
    return np.where(denominator == 0, np.nan, numerator / np.where(denominator == 0, 1.0, denominator))


def _rational_gradient(x: FloatArray, constants: Constants) -> FloatArray:
    numerator, denominator = (_horner(x, part) for part in constants)
    over_numerator = _powers(x, len(constants[0])) / denominator
    over_denominator = -_powers(x, len(constants[1])) * numerator / denominator**2
    return np.concatenate([over_numerator, over_denominator])


def _draw_rational(rng: np.random.Generator) -> Constants:
    draws = SingleDraws(rng)
    degree_numerator = draws.integers(0, 5)
    degree_denominator = draws.integers(degree_numerator + 1, 6)
    numerator = _draw_coefficients(draws, _NUMERATOR, degree_numerator)
    return (numerator, _draw_coefficients(draws, _DENOMINATOR, degree_denominator))


linear = Atom(
    name="linear",
    parameters=(
        Parameter("slope", -10, 10, linear=True, nonzero=True),
        Parameter("intercept", -10, 10, linear=True),
    ),
    evaluate=lambda x, c: c[0] * x + c[1],
    gradient=lambda x, c: np.array([x, np.ones_like(x)]),
    formula=lambda c: write_terms([(c[0], "x"), (c[1], "")]),
    english="a linear function",
    expression=lambda c: f"{c[0]!r} * x {plus(c[1])}",
    released=True,
    in_compounds=True,
    simpler=lambda c: ("constant", c[1:]) if c[0] == 0 else None,
    fitting=Fitting(solved=True),
)

polynomial = Atom(
    name="polynomial",
    parameters=(_COEFFICIENTS,),
    evaluate=_horner,
    gradient=lambda x, c: _powers(x, len(c)),
    draw=_draw_polynomial,
    formula=write_polynomial,
    english="a polynomial",
    expression=horner_source,
    released=True,
    in_compounds=True,
    fitting=Fitting(solved=True, level=lambda y: (0.0, 0.0, y)),
)

rational = Atom(
    name="rational",
    parameters=(_NUMERATOR, _DENOMINATOR),
    evaluate=_rational,
    gradient=_rational_gradient,
    draw=_draw_rational,
    formula=lambda c: f"({write_polynomial(c[0])}) / ({write_polynomial(c[1])})",
    english="a quotient of two polynomials",
    expression=lambda c: f"({horner_source(c[0])}) / ({horner_source(c[1])})",
    guard=lambda c: (f"{horner_source(c[1])} != 0", f"{write_polynomial(c[1])} is not 0"),
    released=True,
    fitting=Fitting(
        homogeneous=True,
        level=lambda y: ((y,), (0.0, 1.0)),
    ),
)

constant = Atom(
    name="constant",
    parameters=(Parameter("value", -100, 99, linear=True, decimals=0, actions=(-100.0, 100.0)),),
    evaluate=lambda x, c: np.full_like(x, c[0]),
    gradient=lambda x, c: np.ones((1, *x.shape)),
    formula=lambda c: write_number(c[0]),
    english="a constant",
    expression=lambda c: repr(c[0]),
    released=True,
    in_compounds=True,
    fitting=Fitting(solved=True),
)

ATOMS = (linear, polynomial, rational, constant)
