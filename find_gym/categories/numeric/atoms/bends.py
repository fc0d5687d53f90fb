"""Atoms that are straight lines with a bend or a jump: absolute values, rectified units, steps, signs, roundings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from find_gym.categories.numeric.atom import Atom, Constants, Fitting, FloatArray, Parameter, Starts
from find_gym.categories.numeric.atoms.polynomials import line_starts
from find_gym.categories.numeric.estimation.factors import level_ratio
from find_gym.categories.numeric.estimation.linear import solve_linear
from find_gym.categories.numeric.notation import plus, write_number, write_terms

OFFSET = Parameter("offset", -10, 10, linear=True)
FACTOR = Parameter("factor", -30, 30, linear=True, nonzero=True)
# The greatest leak that is fitted: the derivative by the leak ends at 1.
_MOST_LEAK = 1 - 1e-9


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


def _estimate_step(
    atom: Atom, x: FloatArray, target: FloatArray, multiplier: FloatArray, degree: int
) -> list[Constants]:
    """Solves for height and offset away from 0, where the value is a separate constant."""
    basis = _step_basis(x, degree) * multiplier
    keep = x != 0
    if keep.all() or not keep.any():
        coefficients, _ = solve_linear(basis, target)
    else:
        coefficients, _ = solve_linear(basis[:, keep], target[keep])
    return [_step_constants(tuple(coefficients.tolist()), x, target, multiplier)]


def _step_basis(x: FloatArray, degree: int) -> FloatArray:
    return np.array([np.heaviside(x, 0.5), np.ones_like(x)])


def _step_constants(
    coefficients: tuple[float, ...], x: FloatArray, target: FloatArray, multiplier: FloatArray
) -> Constants:
    height, offset = coefficients
    at_zero = (x == 0) & (multiplier != 0)
    if height == 0 or not at_zero.any():
        return (height, offset, 0.5)
    return (height, offset, (float(np.mean(target[at_zero] / multiplier[at_zero])) - offset) / height)


def _step_starts(x: FloatArray, y: FloatArray, parts: int) -> Starts:
    if (ratio := level_ratio(x, y)) is not None:
        yield np.where(x > 0, ratio, 1.0), np.ones_like(x)


def _relu_constants(
    coefficients: tuple[float, ...], x: FloatArray, target: FloatArray, multiplier: FloatArray
) -> Constants:
    """Returns factor, offset and leak; where the slopes ask for a leak outside [0, 1], the best at either end."""
    right, left, offset = coefficients
    if right != 0 and 0 <= left / right <= 1:
        return (right, offset, min(left / right, _MOST_LEAK))
    fits = []
    for leak in (0.0, _MOST_LEAK):
        basis = np.array([np.maximum(x, leak * x), np.ones_like(x)]) * multiplier
        (factor, level), cost = solve_linear(basis, target)
        fits.append((cost, (float(factor), float(level), leak)))
    return min(fits)[1]


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
    fitting=Fitting(
        estimate=_estimate_step, solved=True, basis=_step_basis, from_basis=_step_constants, starts=_step_starts
    ),
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
        from_basis=_relu_constants,
        starts=line_starts,
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
