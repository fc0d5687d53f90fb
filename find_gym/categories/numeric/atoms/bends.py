"""Atoms that are straight lines with a bend or a jump: absolute values, rectified units, steps, signs, roundings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from find_gym.categories.numeric.atom import Atom, Fitting, FloatArray, Parameter
from find_gym.categories.numeric.notation import plus, write_number, write_terms

OFFSET = Parameter("offset", -10, 10, linear=True)
FACTOR = Parameter("factor", -30, 30, linear=True, nonzero=True)


def _without_constants(
    name: str,
    function: Callable[[FloatArray], FloatArray],
    english: str,
    *,
    formula: str,
    expression: str,
    in_compounds: bool = False,
) -> Atom:
    return Atom(
        name=name,
        parameters=(),
        evaluate=lambda x, constants: function(x),
        gradient=lambda x, constants: np.zeros((0, *x.shape)),
        formula=lambda constants: formula,
        english=english,
        expression=lambda constants: expression,
        in_compounds=in_compounds,
    )


def _step_basis(x: FloatArray, degree: int) -> FloatArray:
    return np.array([np.heaviside(x, 0.5), np.ones_like(x)])


absolute = Atom(
    name="absolute",
    parameters=(FACTOR, OFFSET),
    evaluate=lambda x, c: c[0] * np.abs(x) + c[1],
    gradient=lambda x, c: np.array([np.abs(x), np.ones_like(x)]),
    formula=lambda c: write_terms([(c[0], "|x|"), (c[1], "")]),
    english="a scaled and shifted absolute value",
    expression=lambda c: f"{c[0]!r} * abs(x) {plus(c[1])}",
    released=True,
    fitting=Fitting(solved=True),
)

step = Atom(
    name="step",
    parameters=(
        Parameter("height", -30, 30, linear=True, nonzero=True),
        OFFSET,
        Parameter("at_zero", -100, 100),
    ),
    evaluate=lambda x, c: c[0] * np.heaviside(x, c[2]) + c[1],
    gradient=lambda x, c: np.array([np.heaviside(x, c[2]), np.ones_like(x), np.where(x == 0, c[0], 0.0)]),
    formula=lambda c: write_terms([(c[0], " H(x)"), (c[1], "")]) + f" with H(0) = {write_number(c[2])}",
    english="a step at 0",
    expression=lambda c: f"{c[0]!r} * (1.0 if x > 0 else {c[2]!r} if x == 0 else 0.0) {plus(c[1])}",
    released=True,
    in_compounds=True,
    fitting=Fitting(solved=True, basis=_step_basis),
)

relu = Atom(
    name="relu",
    parameters=(FACTOR, OFFSET, Parameter("leak", 0, 1)),
    evaluate=lambda x, c: c[0] * np.maximum(x, c[2] * x) + c[1],
    gradient=lambda x, c: np.array([np.maximum(x, c[2] * x), np.ones_like(x), np.where(c[2] * x > x, c[0] * x, 0.0)]),
    formula=lambda c: write_terms([(c[0], f" max(x, {write_terms([(c[2], 'x')])})"), (c[1], "")]),
    english="a leaky rectified linear unit",
    expression=lambda c: f"{c[0]!r} * max(x, {c[2]!r} * x) {plus(c[1])}",
    released=True,
    in_compounds=True,
    simpler=lambda c: ("linear", c[:2]) if c[2] == 1 else None,
    # The slope of either side counts as linear.
    fitting=Fitting(
        basis=lambda x, degree: np.array([np.maximum(x, 0), np.minimum(x, 0), np.ones_like(x)]),
    ),
)

ceil = _without_constants(
    "ceil",
    np.ceil,
    "the least integer that is not smaller",
    formula="ceil(x)",
    expression="math.ceil(x)",
    in_compounds=True,
)

floor = _without_constants(
    "floor",
    np.floor,
    "the greatest integer that is not larger",
    formula="floor(x)",
    expression="math.floor(x)",
    in_compounds=True,
)

signum = _without_constants("signum", np.sign, "the sign", formula="sign(x)", expression="((x > 0) - (x < 0))")

ATOMS = (absolute, step, relu, ceil, floor, signum)
