"""What an atom is: one family of numeric functions, with all that sampling, describing and fitting need of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.core.draws import Decimals, SingleDraws

FloatArray = NDArray[np.float64]
Constants = tuple[Any, ...]

FULL_DOMAIN = (-100.0, 100.0)
# In `continuous`, what stands for 0 where 0 makes no function.
_ALMOST_ZERO = 1e-6


def flatten(constants: Sequence[Any]) -> tuple[float, ...]:
    """Returns nested constants (those of `rational`) as one flat tuple, in the order of the gradient's rows."""
    flat: list[float] = []
    for constant in constants:
        if isinstance(constant, tuple):
            flat.extend(flatten(constant))
        else:
            flat.append(constant)
    return tuple(flat)


@lru_cache
def decimal_steps(low: float, high: float, places: int) -> tuple[int, int, int]:
    """Returns the first decimal between two and the one after the last, both as multiples of the unit, and the unit."""
    scale: int = 10**places
    return round(low * scale), round(high * scale) + 1, scale


@dataclass(frozen=True)
class Parameter:
    """One constant of an atom, or one sequence of constants.

    Attributes:
        name: what the constant is.
        low: the least value that is drawn.
        high: the greatest value that is drawn.
        linear: whether the atom's value is a linear function of it and the other linear ones, taken together: the sum
            of each times its derivative.
        nonzero: whether 0 is never drawn.
        decimals: digits after the point of the values that are drawn; with 0, these are integers.
        discrete: whether only the values that are drawn make a function.
        length: for a sequence, its greatest length; 0 for a number.
        actions: the values that -1 and 1 stand for in the interface `continuous`; by default `low` and `high`.
    """

    name: str
    low: float
    high: float
    linear: bool = False
    nonzero: bool = False
    decimals: int = 1
    discrete: bool = False
    length: int = 0
    actions: tuple[float, float] | None = None

    def draw(self, draws: SingleDraws) -> float:
        """Draws a number: uniform among the values with as many decimals, both ends included."""
        return draws.decimals((self.steps,))[0]

    @cached_property
    def steps(self) -> Decimals:
        """The values that are drawn, as `SingleDraws.decimals` takes them."""
        first, end, scale = decimal_steps(self.low, self.high, self.decimals)
        return first, end - first, scale, self.nonzero

    @property
    def drawn_range(self) -> tuple[float, float]:
        """The least and the greatest value that are drawn, where these bound a fit: without end for linear ones."""
        return (-math.inf, math.inf) if self.linear or self.length else (self.low, self.high)

    def values(self) -> tuple[float, ...]:
        """Returns all numbers that are drawn (and 0, where they lie around it), in ascending order."""
        scale = 10**self.decimals
        steps = range(round(self.low * scale), round(self.high * scale) + 1)
        return tuple(step / scale for step in steps) if self.decimals else tuple(steps)

    def read(self, action: NDArray[np.float64]) -> Any:
        """Returns the constant that numbers in [-1, 1] stand for: one, or as many as a sequence has at most."""
        values = tuple(self._read(share) for share in action[: self.length or 1].tolist())
        return values if self.length else values[0]

    def _read(self, share: float) -> float:
        low, high = self.actions or (self.low, self.high)
        value = share * high if low == -high else low + (share + 1) / 2 * (high - low)
        if self.discrete:
            return round(value)
        return value or _ALMOST_ZERO if self.nonzero else value

    def write(self, constant: Any) -> list[float]:
        """Returns what `read` makes this constant of, as far as numbers in [-1, 1] reach: the nearest there.

        The first of the numbers of a shorter sequence, the coefficients of the highest powers, stand for 0.
        """
        if not self.length:
            return [self._write(constant)]
        return [self._write(value) for value in (*(0.0,) * (self.length - len(constant)), *constant)]

    def _write(self, value: float) -> float:
        low, high = self.actions or (self.low, self.high)
        return min(max(2 * (value - low) / (high - low) - 1, -1.0), 1.0)


# (atom, inputs (n,), target (n,), factors of the atom's values (n,), degree of polynomials) -> constants, best first
Estimator = Callable[["Atom", FloatArray, FloatArray, FloatArray, int], list[Constants]]
Starts = Iterator[tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, eq=False)
class Fitting:
    """What fitting knows of an atom beyond its formula. Everything is optional: the defaults fit any atom.

    The atoms of this package have their estimates, what they may be as factors, and what is canonical and equivalent in
    compiled loops: see `find_gym.categories.numeric.fitting.compiled_atoms`.

    Attributes:
        estimate: first estimates of the constants, such that factors times the atom's values are near a target; see
            `find_gym.categories.numeric.estimation.scans.estimate`, which has the defaults.
        solved: whether the first of these is the best there is, so that refining it gains nothing.
        basis: `(x, degree) -> (k, n)`, the functions that the atom's values are combinations of, whatever its
            constants; k is the same for all x, and largest for degree 5, the greatest. By default the derivatives by
            the constants where all of these are linear, else none.
        from_basis: `(coefficients, x, target, factors) -> constants`, for the combination with these coefficients; by
            default the coefficients are the constants.
        span: `x -> (k, n)`, functions whose combinations hold all of the atom's that matter, where there is no `basis`:
            for a quick look at a rule, not for its constants; k is the same for all x.
        grid: the values of the constants that are not linear to begin a search with, `() -> (g, k)`; by default all
            combinations of those that are drawn, thinned out to some thousands.
        coarse_grid: for smooth steps, further ones, far apart, `() -> (g, k)`.
        on_grid: `(x (n, 1), grid (k, g)) -> (n, g)`, the shape on the grid; a faster way than the default, or one in
            single precision.
        scanned: whether the value is flat almost everywhere in all constants, so that a scan of the grid is all there
            is to their search.
        starts: `(x, y, parts) -> (values (n,), weights (n,)) …`, what the atom may be as one of the factors of y, and
            where the evidence tells; the first twelve count.
        canonical: `(constants, exact) -> constants`, of all constants that make the same function those that are
            drawn; `exact` where the constants are not blurred by noise.
        equivalents: all constants, near those that are drawn, that make the same function.
        homogeneous: whether a factor common to all constants makes no difference.
        level: `y -> constants`, with which the function is about constant.
    """

    estimate: Estimator | None = None
    solved: bool = False
    basis: Callable[[FloatArray, int], FloatArray] | None = None
    from_basis: Callable[[tuple[float, ...], FloatArray, FloatArray, FloatArray], Constants] = (
        lambda coefficients, x, target, factors: coefficients
    )
    span: Callable[[FloatArray], FloatArray] | None = None
    grid: Callable[[], FloatArray] | None = None
    coarse_grid: Callable[[], FloatArray] | None = None
    on_grid: Callable[[FloatArray, FloatArray], NDArray[Any]] | None = None
    scanned: bool = False
    starts: Callable[[FloatArray, FloatArray, int], Starts] = lambda x, y, parts: iter(())
    canonical: Callable[[Constants, bool], Constants] = lambda constants, exact: constants
    equivalents: Callable[[Constants], list[Constants]] = lambda constants: [constants]
    homogeneous: bool = False
    level: Callable[[float], Constants] | None = None


@dataclass(frozen=True, eq=False)
class Atom:
    """One family of numeric functions.

    Attributes:
        name: the family's name, as in the released data; a token of the grammar.
        parameters: the constants, in order. An atom whose only parameter is a sequence has that sequence as its
            constants.
        evaluate: `(x, constants) -> y`, arrays of shape `(n,)`, total: not finite where undefined, as it is everywhere
            with constants that make no function (a period of 0, a logarithm to the base 1). Where x has the shape
            `(r, n)`, the constants may be columns `(r, 1)`.
        gradient: `(x, constants) -> dy/dconstants`, shape `(k, n)`, one row for each (flattened) constant; as total,
            and takes columns as well.
        formula: the constants written into a formula, as a person would write it.
        english: a noun phrase for the family.
        expression: the constants written into a Python expression in `x`.
        draw: draws the constants; by default each parameter by itself. Degenerate values are never drawn.
        domain: where the released benchmark samples the function, `(lower, upper)`.
        guard: the condition outside of which the function is undefined, in Python and in mathematics, or None.
        released: whether FIND releases it as a whole function, so that the difficulty "find" draws it. New atoms leave
            this and the next at False: a difficulty has to name them.
        in_compounds: whether FIND uses it as a part of sums and products.
        simpler: name and constants of a plainer atom that is the same function, or None.
        fitting: what fitting knows of it.
        constants: names of the constants.
        linear: positions of the linear constants; `linear_places` for a given number of them.
        grid: for each other constant that is a number, in order, the values that are drawn.
        variadic: whether the constants are one sequence of any length.
    """

    name: str
    parameters: tuple[Parameter, ...]
    evaluate: Callable[[FloatArray, Constants], FloatArray]
    gradient: Callable[[FloatArray, Constants], FloatArray]
    formula: Callable[[Constants], str]
    english: str
    expression: Callable[[Constants], str]
    draw: Callable[[np.random.Generator], Constants] | None = None
    domain: Callable[[Constants], tuple[float, float]] = field(default=lambda constants: FULL_DOMAIN)
    guard: Callable[[Constants], tuple[str, str] | None] = field(default=lambda constants: None)
    released: bool = False
    in_compounds: bool = False
    simpler: Callable[[Constants], tuple[str, Constants] | None] = field(default=lambda constants: None)
    fitting: Fitting = field(default_factory=Fitting)
    constants: tuple[str, ...] = field(init=False)
    linear: tuple[int, ...] = field(init=False)
    grid: tuple[tuple[float, ...], ...] = field(init=False)
    variadic: bool = field(init=False)

    def __post_init__(self) -> None:
        parameters = self.parameters
        derived: dict[str, Any] = {
            "constants": tuple(parameter.name for parameter in parameters),
            "linear": tuple(place for place, parameter in enumerate(parameters) if parameter.linear),
            "grid": tuple(p.values() for p in parameters if not p.linear and not p.length),
            "variadic": len(parameters) == 1 and parameters[0].length > 0,
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)
        sequences = any(parameter.length for parameter in parameters)
        if sequences and self.draw is None:
            raise ValueError(
                f"expected `draw` for an atom with a sequence of constants, actual: none for {self.name!r}"
            )
        estimated = self.released or self.fitting.estimate is not None
        if sequences and not (self.variadic and self.linear) and not estimated:
            raise ValueError(
                f"expected an estimator for an atom with a sequence that is not linear, actual: none for {self.name!r}"
            )

    def sample(self, rng: np.random.Generator, draws: SingleDraws | None = None) -> Constants:
        """Draws the constants; `draws` may be given where there are such of the generator already."""
        if self.draw is not None:
            return self.draw(rng)
        return (draws or SingleDraws(rng)).decimals(self._steps)

    @cached_property
    def _steps(self) -> tuple[Decimals, ...]:
        return tuple(parameter.steps for parameter in self.parameters)

    def linear_places(self, count: int) -> range | tuple[int, ...]:
        """Returns the positions of the linear ones among so many constants."""
        return range(count) if self.variadic and self.linear else self.linear

    def basis(self, x: FloatArray, degree: int) -> FloatArray | None:
        """Returns the functions that the values at inputs `(n,)` are combinations of, `(k, n)`; None without such."""
        if self.fitting.basis is not None:
            return self.fitting.basis(x, degree)
        if not self.parameters or len(self.linear) < len(self.parameters):
            return None
        return np.asarray(self.gradient(x, (0.0,) * (degree + 1 if self.variadic else len(self.parameters))))

    def level(self, y: float) -> Constants:
        """Returns constants with which the function is about y: the last linear one, the others 0 or at their end."""
        if self.fitting.level is not None:
            return self.fitting.level(y)
        constants = [0.0 if parameter.linear else parameter.high for parameter in self.parameters]
        if self.linear:
            constants[self.linear[-1]] = y
        return tuple(constants)

    @property
    def action_size(self) -> int:
        """How many numbers `read` takes."""
        return sum(parameter.length or 1 for parameter in self.parameters)

    def read(self, action: NDArray[np.float64]) -> Constants:
        """Returns the constants that numbers in [-1, 1] stand for in the interface `continuous`."""
        constants, place = [], 0
        for parameter in self.parameters:
            constants.append(parameter.read(action[place:]))
            place += parameter.length or 1
        return constants[0] if self.variadic else tuple(constants)

    def write(self, constants: Constants) -> NDArray[np.float64]:
        """Returns the numbers in [-1, 1], shape `(action_size,)`, that stand for constants, or the nearest ones."""
        each = (constants,) if self.variadic else constants
        return np.array([share for one, own in zip(self.parameters, each, strict=True) for share in one.write(own)])
