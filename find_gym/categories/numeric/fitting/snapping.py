"""Plain constants: FIND's have one decimal, so the nearest plain ones that explain the data as well are preferred."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from find_gym.categories.numeric.atoms import ATOMS, Atom, Constants, FloatArray, Parameter
from find_gym.categories.numeric.estimation.linear import solve_linear
from find_gym.categories.numeric.fitting.plans import Plan, gather
from find_gym.categories.numeric.fitting.refinement import Answer, Evidence, Refinement
from find_gym.categories.numeric.fitting.rounding import chance, covariance, decimals_to_try, rounded_linearly
from find_gym.categories.numeric.fitting.rows import Layout, evaluate, layout_of, linearise
from find_gym.categories.numeric.fitting.trees import LeafConstants, leaves, pack, unpack
from find_gym.categories.numeric.rules import Skeleton

# A misfit below this share of the power is rounding error: the data are exact.
EXACT = 1e-18
# Decimals that are tried for all constants at once, the plainest first.
_DECIMALS = (0, 1, 2, 3, 4, 6)
# Scales that are tried for the factors of a product: one of them makes all constants plain, if any does.
_SCALES = 300
_SIGNIFICANT_DIGITS = 12
# Gauss-Newton steps of a quick fit.
_QUICK_STEPS = 12
# Growth of the misfit, in variances of the noise, that moving a constant into FIND's range may cost.
_RANGE_DEVIATIONS = 6.0


def simplify(
    skeleton: Skeleton,
    constants: LeafConstants,
    x: FloatArray,
    y: FloatArray,
    *,
    solved: bool = False,
    quick: bool = False,
) -> Plan[LeafConstants]:
    """Plans to replace constants by plainer ones where the misfit does not grow significantly.

    Args:
        skeleton: the rule without constants.
        constants: fitted constants.
        x: inputs, shape `(n,)`, n > 0.
        y: outputs, shape `(n,)`.
        solved: whether the constants are the very best ones already, so that nothing is gained by refining them.

        quick: whether to round at once only, and to refine once, for longer.

    Returns:
        The constants.
    """
    power = float(y @ y)
    atoms = _atoms_of(skeleton)
    if isinstance(skeleton, str) and atoms[0].variadic and atoms[0].linear:
        constants = _of_least_degree(atoms[0], constants, x, y, power)
    elif any(atom.variadic for atom in atoms):
        constants = yield from _drop_leading(skeleton, atoms, constants, x, y, power)
    cost = misfits(skeleton, [constants], x, y)[0]
    if cost <= EXACT * power:
        constants = _common_scale(skeleton, _canonical(skeleton, constants, True))
        return _round_exact(skeleton, constants, x, y, power)
    evidence = Evidence(x, y)
    canonical = _canonical(skeleton, constants, False)
    constants = yield from _within_grid(skeleton, canonical, cost, evidence, x.size)
    if not solved or constants is not canonical:
        ((constants, cost),) = yield [Refinement(skeleton, constants, evidence, _QUICK_STEPS if quick else 3)]
    return (yield from _round_noisy(skeleton, constants, cost, evidence, x, y, quick))


def misfits(skeleton: Skeleton, choices: list[LeafConstants], x: FloatArray, y: FloatArray) -> FloatArray:
    """Returns the sums of squared residuals of several constants, infinite where the rule is undefined.

    Args:
        skeleton: the rule without constants.
        choices: constants of the atoms, of the same layout.
        x: inputs, shape `(n,)`.
        y: outputs, shape `(n,)`.
    """
    residuals = y - evaluate(skeleton, layout_of(choices[0]), np.array([pack(one) for one in choices]), x)
    costs = np.add.reduce(residuals * residuals, axis=1)
    return np.where(np.isfinite(costs), costs, np.inf)


def _allowed_growth(count: int) -> float:
    """Returns by which factor the misfit may grow where BIC prefers one constant less."""
    return math.exp(math.log(count + 1) / count)


def _of_least_degree(atom: Atom, constants: LeafConstants, x: FloatArray, y: FloatArray, power: float) -> LeafConstants:
    """Lowers the degree of a polynomial as long as BIC agrees; FIND's have degree 2 at least."""
    coefficients = constants[0]
    if len(coefficients) <= 3:
        return constants
    basis = atom.basis(x, len(coefficients) - 1)
    assert basis is not None
    powers = basis[::-1]
    scaled = powers / np.maximum(np.sqrt(np.einsum("kn,kn->k", powers, powers)), 1e-300)[:, None]
    # Without its leading power, the polynomial misses the part of y that only this power reaches: one triangle has all.
    triangle = np.asarray(np.linalg.qr(np.concatenate([scaled, y[None]]).T, mode="r"))
    parts = triangle[:, -1] ** 2
    cost = float(misfits(atom.name, [constants], x, y)[0])
    allowed = _allowed_growth(x.size)
    degree = len(coefficients) - 1
    while degree > 2 and parts.size > degree:
        trial = cost + float(parts[degree])
        if not trial <= max(allowed * cost, EXACT * power):
            break
        cost, degree = trial, degree - 1
    if degree == len(coefficients) - 1:
        return constants
    return [tuple(solve_linear(powers[degree::-1], y)[0].tolist())]


def _drop_leading(
    skeleton: Skeleton, atoms: tuple[Atom, ...], constants: LeafConstants, x: FloatArray, y: FloatArray, power: float
) -> Plan[LeafConstants]:
    """Lowers the degree of the polynomials in a compound as long as BIC agrees."""
    evidence = Evidence(x, y)
    cost = misfits(skeleton, [constants], x, y)[0]
    allowed = _allowed_growth(x.size)
    for index, atom in enumerate(atoms):
        while atom.variadic and len(constants[index]) > 3:
            shorter = [*constants[:index], constants[index][1:], *constants[index + 1 :]]
            ((trial, trial_cost),) = yield [Refinement(skeleton, shorter, evidence, 8)]
            if not trial_cost <= max(allowed * cost, EXACT * power):
                break
            constants, cost = trial, trial_cost
    return constants


def _canonical(skeleton: Skeleton, constants: LeafConstants, exact: bool) -> LeafConstants:
    """Chooses among constants that are the same function the ones that FIND would draw."""
    return [ATOMS[name].fitting.canonical(leaf, exact) for name, leaf in zip(leaves(skeleton), constants, strict=True)]


def _equivalents(skeleton: Skeleton, constants: LeafConstants) -> list[LeafConstants]:
    """Returns other constants that are the same function, of which only some may be plain: the centres of a wave."""
    if not isinstance(skeleton, str):
        return [constants]
    return [[leaf] for leaf in ATOMS[skeleton].fitting.equivalents(constants[0])]


def _within_grid(
    skeleton: Skeleton, constants: LeafConstants, cost: float, evidence: Evidence, count: int
) -> Plan[LeafConstants]:
    """Moves constants into the range that FIND draws from, where the misfit does not grow significantly."""
    vector = pack(constants)
    lowest, highest = _limits(_atoms_of(skeleton), layout_of(constants))
    outside = (vector < lowest) | (vector > highest)
    if not outside.any():
        return constants
    variance = cost / max(count - vector.size, 1)
    for index in np.flatnonzero(outside).tolist():
        free = np.arange(vector.size) != index
        trial_vector = pack(constants)
        trial_vector[index] = min(max(vector[index], lowest[index]), highest[index])
        ((trial, trial_cost),) = yield [Refinement(skeleton, unpack(trial_vector, constants), evidence, 8, free)]
        if trial_cost - cost <= _RANGE_DEVIATIONS * variance:
            constants = trial
    return constants


@lru_cache(maxsize=1024)
def _limits(atoms: tuple[Atom, ...], layout: Layout) -> tuple[FloatArray, FloatArray]:
    """Returns the least and greatest value that FIND draws for each flattened constant, infinite where it is linear."""
    limits = [
        (-math.inf, math.inf) if parameter.linear or parameter.length else (parameter.low, parameter.high)
        for parameter in _parameters_of(atoms, layout)
    ]
    bounds = np.array(limits, dtype=np.float64).reshape(-1, 2)
    return bounds[:, 0], bounds[:, 1]


def _atoms_of(skeleton: Skeleton) -> tuple[Atom, ...]:
    return tuple(ATOMS[name] for name in leaves(skeleton))


def _parameters_of(atoms: tuple[Atom, ...], layout: Layout) -> list[Parameter]:
    """Returns the parameter that each flattened constant belongs to."""
    return [
        parameter
        for atom, sizes in zip(atoms, layout, strict=True)
        for parameter, size in zip(atom.parameters * (len(sizes) if atom.variadic else 1), sizes, strict=True)
        for _ in range(max(size, 1))
    ]


def _common_scale(skeleton: Skeleton, constants: LeafConstants) -> LeafConstants:
    """Scales the factors of a product of atoms against each other, to one-decimal constants where one scale does it."""
    if isinstance(skeleton, str) or skeleton[0] != "product" or not all(isinstance(p, str) for p in skeleton[1]):
        return constants
    names = leaves(skeleton)
    scalable = [index for index, name in enumerate(names) if ATOMS[name].linear]
    for one, other in zip(scalable, scalable[1:], strict=False):
        first, second = linear_part(names[one], constants[one]), linear_part(names[other], constants[other])
        largest = float(np.abs(first).max())
        if largest == 0 or not np.abs(second).max() > 0:
            continue
        scales = np.arange(1, _SCALES + 1) / 10 / largest
        distance = _from_decimal(np.multiply.outer(scales, first)) + _from_decimal(
            np.multiply.outer(1 / scales, second)
        )
        chosen = int(np.argmin(distance.round(6)))
        if distance[chosen] > 1e-3:
            # No scale is plain: the second factor gets constants of size 1 to 10.
            chosen = int(np.argmin(np.abs(np.log(np.abs(second).max() / scales / 5))))
        constants = list(constants)
        constants[one] = with_linear(names[one], constants[one], first * scales[chosen])
        constants[other] = with_linear(names[other], constants[other], second / scales[chosen])
    return constants


def linear_part(name: str, constants: Constants) -> FloatArray:
    """Returns the constants that an atom is linear in."""
    places = ATOMS[name].linear_places(len(constants))
    return np.array([constants[place] for place in places], dtype=np.float64)


def with_linear(name: str, constants: Constants, linear: FloatArray) -> Constants:
    """Returns the constants with other linear ones."""
    result = list(constants)
    for place, value in zip(ATOMS[name].linear_places(len(constants)), linear.tolist(), strict=True):
        result[place] = value
    return tuple(result)


def _from_decimal(values: FloatArray) -> FloatArray:
    """Returns how far each row is from one-decimal constants, in tenths."""
    return np.abs(values * 10 - np.round(values * 10)).max(axis=-1)


def _round_exact(
    skeleton: Skeleton, constants: LeafConstants, x: FloatArray, y: FloatArray, power: float
) -> LeafConstants:
    """Rounds all constants to as few decimals as still give the data exactly."""
    vector = pack(constants)
    short = [float(f"{value:.{_SIGNIFICANT_DIGITS}g}") for value in vector.tolist()]
    trials = np.array([vector, *(np.round(vector, decimals) + 0.0 for decimals in _DECIMALS), short])
    residuals = y - evaluate(skeleton, layout_of(constants), trials, x)
    # Relative residuals: a polynomial's values at the far ends would hide what happens near 0.
    relative = residuals / (np.abs(y) + 1e-6 * np.abs(y).max(initial=0.0) + 1e-300)
    relative_costs = np.add.reduce(relative * relative, axis=1)
    good = np.flatnonzero(relative_costs[1:-1] <= max(4 * relative_costs[0], EXACT * y.size))
    if good.size:
        return unpack(trials[1 + good[0]], constants)
    cost, short_cost = float(residuals[0] @ residuals[0]), float(residuals[-1] @ residuals[-1])
    return unpack(trials[-1], constants) if short_cost <= max(4 * cost, EXACT * power) else constants


def _round_noisy(
    skeleton: Skeleton,
    constants: LeafConstants,
    cost: float,
    evidence: Evidence,
    x: FloatArray,
    y: FloatArray,
    quick: bool,
) -> Plan[LeafConstants]:
    """Rounds one constant after the other, the best known first, and solves for the others again each time.

    First as if the rule were linear in its constants. Where what comes out is not good enough, by refining in turn.
    """
    if not np.isfinite(cost) or not any(constants):
        return constants
    decimals = _decimals_of(_atoms_of(skeleton), layout_of(constants))
    variance = cost / max(x.size - len(decimals), 1)
    same = _equivalents(skeleton, constants)
    vectors = np.array([pack(one) for one in same])
    _, gradient = linearise(skeleton, layout_of(constants), vectors, np.broadcast_to(x, (len(same), x.size)))
    rounded = rounded_linearly(vectors, np.stack(gradient, axis=1), variance, decimals)
    trials = [unpack(vector, constants) for vector in rounded]
    costs = misfits(skeleton, trials, x, y)
    best = int(np.argmin(costs))
    if costs[best] - cost <= variance * chance(len(decimals)):
        return trials[best]
    if quick:
        return constants
    if isinstance(skeleton, str) and ATOMS[skeleton].fitting.homogeneous:
        # Any common factor of the constants is as good: there are no plain ones to be found in turn.
        return unpack(np.array([float(f"{value:.{_SIGNIFICANT_DIGITS}g}") for value in vectors[0].tolist()]), constants)
    found = yield from gather([_round_in_turn(skeleton, one, cost, evidence, x, decimals, variance) for one in same])
    return min(found, key=lambda fit: fit[1])[0]


def _round_in_turn(
    skeleton: Skeleton,
    constants: LeafConstants,
    original: float,
    evidence: Evidence,
    x: FloatArray,
    decimals: tuple[int, ...],
    variance: float,
) -> Plan[Answer]:
    """Rounds the constants of a rule that is far from linear in them: refines the others after each."""
    cost = original
    free = np.ones(len(decimals), dtype=np.bool_)
    waiting = set(range(len(decimals)))
    rounded = 0
    while waiting:
        vector = pack(constants)
        _, gradient = linearise(skeleton, layout_of(constants), vector[None], x[None])
        jacobian = np.stack(gradient, axis=1) * free[:, None]
        deviations = np.sqrt(np.maximum(np.diagonal(covariance(jacobian)[0]), 0.0) * variance)
        index = min(waiting, key=lambda position: deviations[position])
        waiting.remove(index)
        free[index] = False
        for places in decimals_to_try(decimals[index], deviations[index], 6):
            trial_vector = vector.copy()
            trial_vector[index] = np.round(vector[index], places) + 0.0
            request = Refinement(skeleton, unpack(trial_vector, constants), evidence, 3, free.copy())
            ((trial, trial_cost),) = yield [request]
            if trial_cost - original <= variance * chance(rounded + 1):
                constants, cost, rounded = trial, trial_cost, rounded + 1
                break
        else:
            free[index] = True
    return constants, cost


@lru_cache(maxsize=1024)
def _decimals_of(atoms: tuple[Atom, ...], layout: Layout) -> tuple[int, ...]:
    """Returns with how many decimals each flattened constant is drawn."""
    return tuple(parameter.decimals for parameter in _parameters_of(atoms, layout))


def plain_between(low: float, high: float) -> float:
    """Returns the plainest number strictly between two bounds: the one-decimal nearest to the middle, or the middle."""
    middle = (low + high) / 2
    rounded = round(middle, 1)
    return rounded if low < rounded < high else middle
