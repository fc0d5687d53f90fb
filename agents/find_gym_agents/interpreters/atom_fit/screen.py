"""Screening of atom-fit: a quick look at every rule, by the span of its linear constants or a scan of the others."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import ATOMS, COMPOUND_FAMILIES, FloatArray
from find_gym.categories.numeric.atoms.polynomials import POLYNOMIAL_DEGREES
from find_gym.categories.numeric.estimation.scans import grid_of
from find_gym.categories.numeric.fitting.likelihood import (
    EXACT_SHARE,
    OWN_ROUNDING,
    SHARED_ROUNDING,
    exact_tolerance,
)
from find_gym.categories.numeric.fitting.skeletons import fit_rule
from find_gym.categories.numeric.fitting.spans import Span, scan_costs, span
from find_gym.categories.numeric.fitting.trees import leaves
from find_gym.categories.numeric.kernels import projecting
from find_gym.categories.numeric.rules import OPERATORS, AtomRule, CompoundRule, Operator, Rule, Skeleton

# Atoms that are neither linear nor scanned on a grid: fitted one by one. FIND's own first, then those of harder levels.
_CURVED = ("sin", "tanh", "gaussian", "rational")
_RARE = ("tan", "erf")
# Those that can be bent to whatever another one explains, and take longest.
_LAST = ("rational", "tan", "erf")
_GRIDDED = ("rectangle", "square_wave")
_SCANNED = (*_GRIDDED, "sin", "tan")
# Atoms with as many constants as it takes.
_ANY_DEGREE = ("polynomial", "rational")
# FIND's few sums and products are spread over some 90 families, its many atoms over 15: each is less likely, in nats.
_COMPOUND_PENALTY = 3.5
# Rules that are not FIND's need to explain more.
_RARE_PENALTY = 6.0
# Constants outside of the range that FIND draws from may only explain a few outputs by chance.
_RANGED = ("gaussian", "tanh", "sin", "cos")
_RANGE_PENALTY = 4.0
# A rule is exact only if it explains points beyond its constants.
_SPARE = 1
# Rules exact at the ends of the evidence that are followed up: those that explain most points beyond their constants.
_ENDS = 5
# Points that are looked at first where only exact rules are wanted: more than any rule has constants.
_SOME = 24
# A scan with its rounding errors leaves this share of the power where the rule is exact.
_SCAN_ROUNDING = 1e-13


# An operator, a gridded atom and what it stands beside, if anything.
_Scanned = tuple[Operator, str, str | None]


@dataclass(frozen=True)
class Screened:
    """A rule as a screening sees it.

    Attributes:
        skeleton: the rule without constants.
        degree: the degree of its polynomials.
        cost: its cost in nats, for comparison with others on the same evidence.
        exact: whether it seems to explain the evidence to rounding errors.
    """

    skeleton: Skeleton
    degree: int
    cost: float
    exact: bool


def free_constants(rule: Rule) -> int:
    """Counts the constants that evidence has to tell; the common scale of factors, and offsets of a sum, count once."""
    total = 0
    for atom in rules.atoms_of(rule):
        constants = sum(len(c) if isinstance(c, tuple) else 1 for c in atom.constants)
        total += constants - (atom.name in ("root", "step", "logarithm", "rational"))
    return total - (len(rule.parts) - 1 if isinstance(rule, CompoundRule) else 0)


def penalty(rule: Rule, count: int) -> float:
    """Returns what a rule's constants and family cost in nats, given `count` points of evidence."""
    atoms = list(rules.atoms_of(rule))
    total = _family_penalty([atom.name for atom in atoms]) + 0.5 * math.log(count + 1) * free_constants(rule)
    for atom in atoms:
        if atom.name in _RANGED:
            others = [c for place, c in enumerate(atom.constants) if place not in ATOMS[atom.name].linear]
            outside = (not min(grid) <= c <= max(grid) for c, grid in zip(others, ATOMS[atom.name].grid, strict=True))
            total += _RANGE_PENALTY * sum(outside)
    return total


def least_penalty(skeleton: Skeleton, count: int) -> float:
    """Returns what `penalty` is at least, whatever the constants are."""
    names = leaves(skeleton)
    fewest = [1 if name in _ANY_DEGREE else free_constants(AtomRule(name, ATOMS[name].level(0.0))) for name in names]
    return _family_penalty(names) + 0.5 * math.log(count + 1) * (sum(fewest) - (len(names) - 1))


def _family_penalty(names: Sequence[str]) -> float:
    """Returns what a rule costs in nats for the atoms that it is made of."""
    # A constant taken from many grid values fits by chance the better the more there are.
    scanned = sum(0.5 * math.log(len(ATOMS[name].grid[0])) for name in names if name in _SCANNED)
    rare = _RARE_PENALTY * sum(name in _RARE for name in names)
    return scanned + rare + (_COMPOUND_PENALTY if len(names) > 1 else 0.0)


class Screen:
    """Screens all candidate rules at given inputs.

    Args:
        x: inputs in ascending order, shape `(n,)`.
    """

    def __init__(self, x: FloatArray) -> None:
        self.x = x
        with np.errstate(all="ignore"):
            self._spans = [
                (skeleton, degree, space)
                for skeleton, degree in _linear_candidates()
                if (space := span(skeleton, x, degree=degree)) is not None
            ]
            spaces = [space for _, _, space in self._spans]
            starts = np.cumsum([0, *(len(space.columns) for space in spaces)])
            offsets, columns = np.stack([one.offset for one in spaces]), np.concatenate([one.columns for one in spaces])
            self._packed = offsets, columns, starts
            # What may stand beside a rectangle or a square wave: nothing, or another atom.
            self._rests: dict[str | None, Span] = {None: Span(np.zeros_like(x), np.empty((0, x.size)))}
            for name in COMPOUND_FAMILIES:
                if name not in _GRIDDED and (space := span(name, x)) is not None:
                    self._rests[name] = space

    def linear(self, y: FloatArray, window: NDArray[np.bool_]) -> list[Screened]:
        """Screens the rules that are linear in all their constants, on the points of a window."""
        left = self._projected(y, window)
        values = y[window]
        results = []
        for (skeleton, degree, _), (rank, misfit, exact) in zip(self._spans, left.tolist(), strict=True):
            if rank >= 0:
                cost = _nats(skeleton, int(rank), misfit, values.size, float(values @ values))
                results.append(Screened(skeleton, degree, cost, bool(exact) and values.size >= rank + _SPARE))
        return results

    def linear_at_ends(self, y: FloatArray) -> list[tuple[Screened, NDArray[np.bool_]]]:
        """Finds rules that are exact from one end of the evidence up to some point, or from both ends.

        Where an exception cuts into a rule, at least one end of the evidence is free of it, and then the rule is exact
        on all points up to the exception.
        """
        lengths = np.empty((len(self._spans), 2), dtype=np.int64)
        projecting.exact_ends(*self._packed, y, OWN_ROUNDING, SHARED_ROUNDING, _SPARE, lengths)
        plainest: dict[bytes, tuple[int, Screened, NDArray[np.bool_]]] = {}
        position = np.arange(y.size)
        for place, (below, above) in enumerate(lengths.tolist()):
            if below == above == 0:
                continue
            skeleton, degree, space = self._spans[place]
            windows = [window for window in (position < below, position >= y.size - above) if window.any()]
            if len(windows) == 2 and self._is_exact(place, y, windows[0] | windows[1]):
                windows = [windows[0] | windows[1]]
            for window in windows:
                size = space.columns.shape[0]
                # Of all rules that are exact on the same points, the one with fewest constants stands for the others.
                if window.tobytes() not in plainest or size < plainest[window.tobytes()][0]:
                    plainest[window.tobytes()] = (size, Screened(skeleton, degree, 0.0, True), window)
        found = sorted(plainest.values(), key=lambda entry: entry[0] - int(entry[2].sum()))
        return [(screened, window) for _, screened, window in found[:_ENDS]]

    def _is_exact(self, place: int, y: FloatArray, window: NDArray[np.bool_]) -> bool:
        rank, _, exact = self._projected(y, window)[place].tolist()
        return bool(exact) and np.count_nonzero(window) >= rank + _SPARE

    def _projected(self, y: FloatArray, window: NDArray[np.bool_]) -> FloatArray:
        """Returns rank, misfit and whether that is exact for each span in a window, the rank -1 where undefined."""
        left = np.empty((len(self._spans), 3))
        projecting.project_all(*self._packed, window, y, OWN_ROUNDING, SHARED_ROUNDING, left)
        return left

    def curved(
        self, y: FloatArray, window: NDArray[np.bool_], *, quick: bool = False, exact: bool = False
    ) -> list[Screened]:
        """Screens the atoms with several constants that are not linear, by fitting them.

        Args:
            y: outputs, shape `(n,)`.
            window: the points to fit, shape `(n,)`.
            quick: whether only FIND's own atoms and constants matter: their first estimates are exact, if any is.
            exact: whether only rules that seem to explain the evidence to rounding errors are wanted.
        """
        results: list[Screened] = []
        few = _some(window)
        for name in _CURVED if quick else (*_CURVED, *_RARE):
            if name in _LAST and any(one.exact for one in results):
                break
            polish = not quick or name == "tanh"
            if exact and np.count_nonzero(window) > _SOME:
                fit = fit_rule(name, self.x[few], y[few], np.ones(np.count_nonzero(few), np.bool_), polish=polish)
                if not np.all(np.abs(fit.residuals) <= exact_tolerance(y)[few]):
                    continue
            fit = fit_rule(name, self.x, y, window, polish=polish)
            residuals = fit.residuals[window]
            if np.all(np.isfinite(residuals)):
                results.append(_screened(name, 5, free_constants(fit.rule), residuals, y[window]))
        return results

    def gridded(self, y: FloatArray, window: NDArray[np.bool_], *, exact: bool = False) -> list[Screened]:
        """Screens the rules with one rectangle or square wave; see `curved`."""
        values = y[window]
        hopeless: set[_Scanned] = set()
        if exact and values.size > _SOME:
            limit = _SCAN_ROUNDING * float(values @ values)
            hopeless = {one for one, cost in self._least(y, _some(window)).items() if cost > limit}
        results = []
        for (operator, name, beside), cost in self._least(y, window, hopeless).items():
            skeleton: Skeleton = name if beside is None else (operator, (beside, name))
            rank = self._rests[beside].within(window).basis(np.ones_like(values)).shape[0]
            chance = math.log(len(grid_of(ATOMS[name])))
            results.append(_screened_cost(skeleton, 5, rank, cost, values, chance))
        return results

    def _least(
        self, y: FloatArray, window: NDArray[np.bool_], hopeless: Collection[_Scanned] = ()
    ) -> dict[_Scanned, float]:
        """Returns the least misfit in a window of each gridded atom, by itself and beside others, but for some."""
        x, values = self.x[window], y[window]
        costs: dict[_Scanned, float] = {}
        for beside, space in self._rests.items():
            operators = OPERATORS if beside else OPERATORS[:1]
            scanned = [(operator, name, beside) for name in _GRIDDED for operator in operators]
            left = [one for one in scanned if one not in hopeless]
            if left:
                own = space.within(window)
            for one in left:
                found = scan_costs(one[0], ATOMS[one[1]], x, own, values)
                costs[one] = float(np.min(found, initial=math.inf))
        return costs


def _some(window: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Returns a few points of a window, from one end to the other: what is not exact on them is not exact."""
    places = np.flatnonzero(window)
    some = np.zeros_like(window)
    some[places[np.linspace(0, places.size - 1, min(_SOME, places.size)).astype(np.intp)]] = True
    return some


def _screened(skeleton: Skeleton, degree: int, free: int, rest: FloatArray, values: FloatArray) -> Screened:
    exact = values.size >= free + _SPARE and bool(np.all(np.abs(rest) <= exact_tolerance(values)))
    cost = _nats(skeleton, free, float(rest @ rest), values.size, float(values @ values))
    return Screened(skeleton, degree, cost, exact)


def _screened_cost(
    skeleton: Skeleton, degree: int, free: int, cost: float, values: FloatArray, chance: float
) -> Screened:
    exact = values.size >= free + _SPARE + 1 and cost <= _SCAN_ROUNDING * float(values @ values)
    return Screened(skeleton, degree, _nats(skeleton, free, cost, values.size, float(values @ values)) + chance, exact)


def _nats(skeleton: Skeleton, free: int, cost: float, count: int, power: float) -> float:
    variance = max(cost, EXACT_SHARE * power, 1e-300) / max(count - free, 1e-3)
    compound = 0.0 if isinstance(skeleton, str) else _COMPOUND_PENALTY
    rare = _RARE_PENALTY if skeleton in _RARE else 0.0
    return 0.5 * count * math.log(variance) + 0.5 * free * math.log(count + 1) + compound + rare


def _linear_candidates() -> Iterator[tuple[Skeleton, int]]:
    """Yields rules that are linear in their constants, the plainest first; one for each span, with the degree."""
    for name in ("constant", "linear", "absolute", "step", "relu", "root", "reciprocal", "logarithm", "signum"):
        yield name, 5
    for degree in POLYNOMIAL_DEGREES:
        yield "polynomial", degree
    linear = [name for name in COMPOUND_FAMILIES if name not in _GRIDDED]
    for operator in OPERATORS:
        for one, other in itertools.combinations_with_replacement(linear, 2):
            if _redundant(operator, one, other):
                continue
            for degree in POLYNOMIAL_DEGREES if "polynomial" in (one, other) else (5,):
                yield (operator, (one, other)), degree


def _redundant(operator: Operator, one: str, other: str) -> bool:
    """Whether a sum or product spans what an atom, or an earlier pair, spans already."""
    pair = {one, other}
    if operator == "sum":
        return (
            pair <= {"linear", "polynomial", "constant"} or pair <= {"step", "constant"} or pair <= {"linear", "relu"}
        ) or pair == {"relu", "constant"}
    with_constant = "constant" in pair and not pair & {"ceil", "floor"}
    return pair <= {"step", "constant"} or with_constant or pair == {"linear"}
