"""Scaled and shifted shapes, a g(2 pi / p (x - c)) + d: sines, and smooth steps."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from find_gym.categories.numeric.atom import Atom, Constants, Fitting, FloatArray, Parameter
from find_gym.categories.numeric.atoms.curves import nan_for_zero
from find_gym.categories.numeric.notation import plus, shifted, write_number, write_terms

Shape = Callable[[FloatArray], FloatArray]

_ERF = np.frompyfunc(math.erf, 1, 1)


def _wave(
    name: str,
    function: Shape,
    derivative: Shape,
    english: str,
    template: str,
    *,
    released: bool = False,
    smooth_step: bool = False,
    on_grid: Callable[[FloatArray, FloatArray], FloatArray] | None = None,
) -> Atom:
    """Builds an atom `a g(2 pi / p (x - c)) + d` from a shape `g`, its derivative and its source template."""

    def phase(x: FloatArray, constants: Constants) -> FloatArray:
        _, period, centre, _ = constants
        return 2 * np.pi / nan_for_zero(period) * (x - centre)

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

    return Atom(
        name=name,
        parameters=(
            Parameter("amplitude", -10, 10, linear=True, nonzero=True),
            Parameter("period", 0.1, 6.3, actions=(0.1, 10.0)),
            Parameter("centre", 0.1, 6.3),
            Parameter("offset", -10, 10, linear=True),
        ),
        evaluate=evaluate,
        gradient=gradient,
        formula=formula,
        english=english,
        expression=expression,
        released=released,
        fitting=Fitting(coarse_grid=_coarse_grid, on_grid=on_grid) if smooth_step else Fitting(),
    )


def _coarse_grid() -> FloatArray:
    # Widths in geometric steps of 1.4; centres closer than the width of most of them.
    periods = (0.1, 0.2, 0.4, 0.6, 0.8, 1.1, 1.5, 2.1, 2.9, 4.0, 5.0, 6.3)
    return np.array([(period, centre) for period in periods for centre in np.arange(0.1, 6.4, 0.2)])


def _sigmoid(u: FloatArray) -> FloatArray:
    return 0.5 + 0.5 * np.tanh(u / 2)


def _erf(u: FloatArray) -> FloatArray:
    return np.asarray(_ERF(u), dtype=np.float64)


def _erf_on_grid(x: FloatArray, grid: FloatArray) -> FloatArray:
    from find_gym.categories.numeric.kernels import grids

    values = np.empty((x.shape[0], grid.shape[1]))
    grids.tabulate_erf(x.ravel(), np.ascontiguousarray(grid), values)
    return values


tanh = _wave(
    "tanh",
    np.tanh,
    lambda u: 1 - np.tanh(u) ** 2,
    "a hyperbolic tangent",
    "math.tanh({})",
    released=True,
    smooth_step=True,
    on_grid=lambda x, grid: np.tanh(2 * np.pi / grid[0] * (x - grid[1])),
)
sin = _wave(
    "sin",
    np.sin,
    np.cos,
    "a sine wave",
    "math.sin({})",
    released=True,
)
cos = _wave(
    "cos",
    np.cos,
    lambda u: -np.sin(u),
    "a cosine wave",
    "math.cos({})",
    released=True,
)
tan = _wave("tan", np.tan, lambda u: 1 + np.tan(u) ** 2, "a tangent", "math.tan({})")
erf = _wave(
    "erf",
    _erf,
    lambda u: 2 / math.sqrt(math.pi) * np.exp(-u * u),
    "an error function",
    "math.erf({})",
    smooth_step=True,
    on_grid=_erf_on_grid,
)
sigmoid = _wave(
    "sigmoid",
    _sigmoid,
    lambda u: _sigmoid(u) * (1 - _sigmoid(u)),
    "a logistic sigmoid",
    "(0.5 + 0.5 * math.tanh(({}) / 2))",
    smooth_step=True,
)

ATOMS = (tanh, sin, cos, tan, erf, sigmoid)
