"""Plain constants: FIND's have one decimal, so the nearest plain ones that explain the data as well are preferred."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from find_gym.functions.numeric.atoms import ATOMS, Constants, FloatArray
from find_gym.functions.numeric.rules import Skeleton
from find_gym.scoring.fitting.rationals import rescale
from find_gym.scoring.fitting.refinement import misfit, refine
from find_gym.scoring.fitting.trees import LeafConstants, leaves, pack, unpack, value_and_jacobian

# A misfit below this share of the power is rounding error: the data are exact.
EXACT = 1e-18
# Decimals that are tried for all constants at once, the plainest first.
_DECIMALS = (0, 1, 2, 3, 4, 6)
# The misfit grows like chi-squared, one degree for each rounded constant: so many deviations beyond are still chance.
_DEVIATIONS = 2.5
# Scales that are tried for the factors of a product: one of them makes all constants plain, if any does.
_SCALES = 300
_SIGNIFICANT_DIGITS = 12
# Centres of waves that FIND draws lie within, and how many of those that are half a period apart are tried.
_LEAST_CENTRE, _GREATEST_CENTRE = 0.05, 6.35
_MOST_CENTRES = 6
# Growth of the misfit, in variances of the noise, that moving a constant into FIND's range may cost.
_RANGE_DEVIATIONS = 6.0


def simplify(
    skeleton: Skeleton, constants: LeafConstants, x: FloatArray, y: FloatArray, weights: FloatArray
) -> tuple[LeafConstants, float]:
    """Replaces constants by plainer ones where the misfit does not grow significantly.

    Args:
        skeleton: the rule without constants.
        constants: fitted constants.
        x: inputs, shape `(n,)`.
        y: outputs, shape `(n,)`.
        weights: factors of the residuals, shape `(n,)`.

    Returns:
        The constants and their misfit.
    """
    with np.errstate(all="ignore"):
        constants, cost = _drop_leading(skeleton, constants, x, y, weights)
        power = float((weights * y) @ (weights * y))
        if cost <= EXACT * power:
            constants = _common_scale(skeleton, _canonical(skeleton, constants, True))
            return _round_exact(skeleton, constants, x, y, weights, power)
        constants = _within_grid(skeleton, _canonical(skeleton, constants, False), x, y, weights)
        rounded = [_round_noisy(skeleton, same, x, y, weights) for same in _equivalents(skeleton, constants)]
        return min(rounded, key=lambda fit: fit[1])


def _drop_leading(
    skeleton: Skeleton, constants: LeafConstants, x: FloatArray, y: FloatArray, weights: FloatArray
) -> tuple[LeafConstants, float]:
    """Lowers the degree of polynomials as long as BIC agrees; FIND's have degree 2 at least."""
    cost = misfit(skeleton, constants, x, y, weights)
    power = float((weights * y) @ (weights * y))
    count = max(int(np.count_nonzero(weights)), 1)
    allowed = math.exp(math.log(count + 1) / count)
    for index, name in enumerate(leaves(skeleton)):
        while name == "polynomial" and len(constants[index]) > 3:
            trial = [*constants[:index], constants[index][1:], *constants[index + 1 :]]
            trial, trial_cost = refine(skeleton, trial, x, y, weights, steps=8)
            if not trial_cost <= max(allowed * cost, EXACT * power):
                break
            constants, cost = trial, trial_cost
    return constants, cost


def _canonical(skeleton: Skeleton, constants: LeafConstants, exact: bool) -> LeafConstants:
    """Chooses among constants that are the same function the ones that FIND would draw."""
    return [_canonical_atom(name, leaf, exact) for name, leaf in zip(leaves(skeleton), constants, strict=True)]


def _canonical_atom(name: str, constants: Constants, exact: bool) -> Constants:
    if name == "logarithm" and exact:
        return _plain_base(constants)
    if name == "rational":
        return rescale(constants)
    if name == "gaussian":
        return (constants[0], abs(constants[1]))
    if name in ("tanh", "erf", "tan", "sin") and constants[1] < 0:
        return (-constants[0], -constants[1], constants[2], constants[3])
    return constants


def _equivalents(skeleton: Skeleton, constants: LeafConstants) -> list[LeafConstants]:
    """Returns other constants that are the same function, of which only some may be plain: the centres of a wave."""
    if skeleton not in ("sin", "cos"):
        return [constants]
    amplitude, period, centre, offset = constants[0]
    first = math.ceil((_LEAST_CENTRE - centre) / (period / 2))
    last = math.floor((_GREATEST_CENTRE - centre) / (period / 2))
    turns = list(range(first, last + 1))[:_MOST_CENTRES]
    return [
        [(amplitude * (-1.0 if turn % 2 else 1.0), period, centre + turn * period / 2, offset)] for turn in turns
    ] or [constants]


def _within_grid(
    skeleton: Skeleton, constants: LeafConstants, x: FloatArray, y: FloatArray, weights: FloatArray
) -> LeafConstants:
    """Moves constants into the range that FIND draws from, where the misfit does not grow significantly."""
    cost = misfit(skeleton, constants, x, y, weights)
    vector = pack(constants)
    limits = _limits(skeleton, constants)
    variance = cost / max(int(np.count_nonzero(weights)) - vector.size, 1)
    for index in np.flatnonzero((vector < limits[:, 0]) | (vector > limits[:, 1])):
        free = np.arange(vector.size) != index
        trial_vector = pack(constants)
        trial_vector[index] = np.clip(vector[index], *limits[index])
        trial, trial_cost = refine(skeleton, unpack(trial_vector, constants), x, y, weights, free=free, steps=8)
        if trial_cost - cost <= _RANGE_DEVIATIONS * variance:
            constants = trial
    return constants


def _limits(skeleton: Skeleton, constants: LeafConstants) -> FloatArray:
    """Returns the least and greatest value that FIND draws for each flattened constant, infinite where it is linear."""
    limits: list[tuple[float, float]] = []
    for name, leaf in zip(leaves(skeleton), constants, strict=True):
        grid = iter(ATOMS[name].grid)
        for position, constant in enumerate(leaf):
            size = len(constant) if isinstance(constant, tuple) else 1
            values = None if position in ATOMS[name].linear or name == "polynomial" else next(grid, None)
            limits += [(-math.inf, math.inf) if values is None else (min(values), max(values))] * size
    return np.array(limits, dtype=np.float64).reshape(-1, 2)


def _plain_base(constants: Constants) -> Constants:
    """Chooses the base of a logarithm, which only scales the factor, such that the factor has one decimal."""
    factor, offset, base = constants
    bases = np.array([10.0, *ATOMS["logarithm"].grid[0]])
    factors = factor / math.log(base) * np.log(bases)
    distance = np.abs(factors * 10 - np.round(factors * 10))
    near = np.flatnonzero(distance < 1e-6)
    chosen = near[0] if near.size else 0
    return (float(factors[chosen]), offset, float(bases[chosen]))


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
    if name == "polynomial":
        return np.array(constants, dtype=np.float64)
    return np.array([constants[position] for position in ATOMS[name].linear], dtype=np.float64)


def with_linear(name: str, constants: Constants, linear: FloatArray) -> Constants:
    """Returns the constants with other linear ones."""
    if name == "polynomial":
        return tuple(linear.tolist())
    result = list(constants)
    for position, value in zip(ATOMS[name].linear, linear.tolist(), strict=True):
        result[position] = value
    return tuple(result)


def _from_decimal(values: FloatArray) -> FloatArray:
    """Returns how far each row is from one-decimal constants, in tenths."""
    return np.abs(values * 10 - np.round(values * 10)).max(axis=-1)


def _round_exact(
    skeleton: Skeleton, constants: LeafConstants, x: FloatArray, y: FloatArray, weights: FloatArray, power: float
) -> tuple[LeafConstants, float]:
    """Rounds all constants to as few decimals as still give the data exactly."""
    cost = misfit(skeleton, constants, x, y, weights)
    vector = pack(constants)
    # Relative residuals: a polynomial's values at the far ends would hide what happens near 0.
    relative = weights / (np.abs(y) + 1e-6 * np.abs(y).max(initial=0.0) + 1e-300)
    relative_cost = misfit(skeleton, constants, x, y, relative)
    for decimals in _DECIMALS:
        rounded = unpack(np.round(vector, decimals) + 0.0, constants)
        if misfit(skeleton, rounded, x, y, relative) <= max(4 * relative_cost, EXACT * y.size):
            return rounded, misfit(skeleton, rounded, x, y, weights)
    short = unpack(np.array([float(f"{value:.{_SIGNIFICANT_DIGITS}g}") for value in vector]), constants)
    short_cost = misfit(skeleton, short, x, y, weights)
    return (short, short_cost) if short_cost <= max(4 * cost, EXACT * power) else (constants, cost)


def _round_noisy(
    skeleton: Skeleton, constants: LeafConstants, x: FloatArray, y: FloatArray, weights: FloatArray
) -> tuple[LeafConstants, float]:
    """Rounds one constant after the other, the best known first, and solves for the others again each time."""
    constants, cost = refine(skeleton, constants, x, y, weights, steps=3)
    vector = pack(constants)
    free = np.ones(vector.size, dtype=np.bool_)
    count = max(int(np.count_nonzero(weights)) - vector.size, 1)
    variance = cost / count
    if not np.isfinite(cost) or vector.size == 0:
        return constants, cost
    open_ones = set(range(vector.size))
    original, rounded_count, names = cost, 0, _names_of(skeleton, constants)
    while open_ones:
        deviations = _deviations(skeleton, constants, x, weights, free, variance)
        index = min(open_ones, key=lambda position: deviations[position])
        open_ones.remove(index)
        vector = pack(constants)
        for decimals in _candidate_decimals(names[index], deviations[index]):
            trial_vector = vector.copy()
            trial_vector[index] = np.round(vector[index], decimals) + 0.0
            free[index] = False
            trial, trial_cost = refine(skeleton, unpack(trial_vector, constants), x, y, weights, free=free, steps=3)
            rounded = rounded_count + 1
            if trial_cost - original <= variance * (rounded + _DEVIATIONS * math.sqrt(2 * rounded)):
                constants, cost, rounded_count = trial, trial_cost, rounded
                break
            free[index] = True
    return constants, cost


def _candidate_decimals(name: str, deviation: float) -> tuple[int, ...]:
    """Decimals to try: FIND's, then as many as the data tell."""
    told = min(max(2 - math.floor(math.log10(deviation)), 2), 12) if 0 < deviation < math.inf else 6
    return (0, 1, told) if name == "constant" else (1, told)


def _names_of(skeleton: Skeleton, constants: LeafConstants) -> list[str]:
    """Returns the atom's name for each flattened constant."""
    return [
        name
        for name, leaf in zip(leaves(skeleton), constants, strict=True)
        for _ in range(sum(len(c) if isinstance(c, tuple) else 1 for c in leaf))
    ]


def _deviations(
    skeleton: Skeleton,
    constants: LeafConstants,
    x: FloatArray,
    weights: FloatArray,
    free: NDArray[np.bool_],
    variance: float,
) -> FloatArray:
    """Returns the standard deviation of each constant as the data leave it, infinite where they say nothing."""
    _, jacobian = value_and_jacobian(skeleton, constants, x)
    jacobian = np.where(np.isfinite(jacobian), jacobian, 0.0) * weights
    jacobian[~free] = 0.0
    scale = np.sqrt(np.einsum("kn,kn->k", jacobian, jacobian))
    scaled = jacobian / np.where(scale > 0, scale, 1.0)[:, None]
    normal = scaled @ scaled.T + 1e-10 * np.eye(scale.size)
    spread = np.sqrt(np.maximum(np.diag(np.linalg.inv(normal)), 0.0) * variance)
    return np.where(scale > 0, spread / np.where(scale > 0, scale, 1.0), np.inf)


def plain_between(low: float, high: float) -> float:
    """Returns the plainest number strictly between two bounds: the one-decimal nearest to the middle, or the middle."""
    middle = (low + high) / 2
    rounded = round(middle, 1)
    return rounded if low < rounded < high else middle
