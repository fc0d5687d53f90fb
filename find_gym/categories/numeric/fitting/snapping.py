"""Plain constants: FIND's have one decimal, so the nearest plain ones that explain the data as well are preferred."""

from __future__ import annotations

import math

import numpy as np

from find_gym.categories.numeric.atoms import ATOMS, Atom, Constants, FloatArray
from find_gym.categories.numeric.estimation.linear import solve_linear
from find_gym.categories.numeric.fitting.models import atoms_of, model_for
from find_gym.categories.numeric.fitting.refinement import evidence_of, misfits, refine
from find_gym.categories.numeric.fitting.trees import LeafConstants, leaves, pack, unpack
from find_gym.categories.numeric.kernels import rounding
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
) -> LeafConstants:
    """Replaces constants by plainer ones where the misfit does not grow significantly.

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
    evidence = evidence_of(x, y)
    atoms = atoms_of(skeleton)
    if isinstance(skeleton, str) and atoms[0].variadic and atoms[0].linear:
        constants = _of_least_degree(atoms[0], constants, evidence, power)
    elif any([atom.variadic for atom in atoms]):
        constants = _drop_leading(skeleton, atoms, constants, evidence, power)
    _, cost = refine(skeleton, constants, evidence, 0)
    if cost <= EXACT * power:
        constants = _common_scale(skeleton, _canonical(skeleton, constants, True))
        return _round_exact(skeleton, constants, evidence, power)
    canonical = _canonical(skeleton, constants, False)
    constants = _within_range(skeleton, canonical, cost, evidence)
    if not solved or constants is not canonical:
        constants, cost = refine(skeleton, constants, evidence, _QUICK_STEPS if quick else 3)
    return _round_noisy(skeleton, constants, cost, evidence, quick)


def _allowed_growth(count: int) -> float:
    """Returns by which factor the misfit may grow where BIC prefers one constant less."""
    return math.exp(math.log(count + 1) / count)


def _of_least_degree(atom: Atom, constants: LeafConstants, evidence: FloatArray, power: float) -> LeafConstants:
    """Lowers the degree of a polynomial as long as BIC agrees; FIND's have degree 2 at least."""
    coefficients = constants[0]
    if len(coefficients) <= 3:
        return constants
    x, y, _ = evidence
    basis = atom.basis(x, len(coefficients) - 1)
    assert basis is not None
    powers = basis[::-1]
    scaled = powers / np.maximum(np.sqrt(np.einsum("kn,kn->k", powers, powers)), 1e-300)[:, None]
    # Without its leading power, the polynomial misses the part of y that only this power reaches: one triangle has all.
    triangle = np.asarray(np.linalg.qr(np.concatenate([scaled, y[None]]).T, mode="r"))
    parts = triangle[:, -1] ** 2
    _, cost = refine(atom.name, constants, evidence, 0)
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
    skeleton: Skeleton, atoms: tuple[Atom, ...], constants: LeafConstants, evidence: FloatArray, power: float
) -> LeafConstants:
    """Lowers the degree of the polynomials in a compound as long as BIC agrees."""
    _, cost = refine(skeleton, constants, evidence, 0)
    allowed = _allowed_growth(evidence.shape[1])
    for index, atom in enumerate(atoms):
        while atom.variadic and len(constants[index]) > 3:
            shorter = [*constants[:index], constants[index][1:], *constants[index + 1 :]]
            trial, trial_cost = refine(skeleton, shorter, evidence, 8)
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


def _within_range(skeleton: Skeleton, constants: LeafConstants, cost: float, evidence: FloatArray) -> LeafConstants:
    """Moves constants into the range that FIND draws from, where the misfit does not grow significantly."""
    model = model_for(skeleton, constants)
    vector = pack(constants)
    limits = list(zip(vector.tolist(), model.lowest, model.highest, strict=True))
    outside = [index for index, (value, low, high) in enumerate(limits) if not low <= value <= high]
    variance = cost / max(evidence.shape[1] - vector.size, 1)
    for index in outside:
        value, low, high = limits[index]
        free = model.free.copy()
        free[index] = False
        moved = pack(constants)
        moved[index] = min(max(value, low), high)
        trial, trial_cost = refine(skeleton, unpack(moved, constants), evidence, 8, free)
        if trial_cost - cost <= _RANGE_DEVIATIONS * variance:
            constants = trial
    return constants


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


def _round_exact(skeleton: Skeleton, constants: LeafConstants, evidence: FloatArray, power: float) -> LeafConstants:
    """Rounds all constants to as few decimals as still give the data exactly."""
    if not any(constants):
        return constants
    vector = pack(constants)
    trials = np.array([vector, *[np.round(vector, decimals) + 0.0 for decimals in _DECIMALS]])
    # Relative residuals: a polynomial's values at the far ends would hide what happens near 0.
    sizes = np.abs(evidence[1])
    relative = misfits(skeleton, constants, trials, evidence, sizes + (1e-6 * sizes.max(initial=0.0) + 1e-300))
    good = np.flatnonzero(relative[1:] <= max(4 * relative[0], EXACT * sizes.size))
    if good.size:
        return unpack(trials[1 + good[0]], constants)
    shorter = _shortened(vector)
    cost, short_cost = misfits(skeleton, constants, np.array([vector, shorter]), evidence).tolist()
    return unpack(shorter, constants) if short_cost <= max(4 * cost, EXACT * power) else constants


def _shortened(vector: FloatArray) -> FloatArray:
    return np.array([float(f"{value:.{_SIGNIFICANT_DIGITS}g}") for value in vector.tolist()])


def _round_noisy(
    skeleton: Skeleton, constants: LeafConstants, cost: float, evidence: FloatArray, quick: bool
) -> LeafConstants:
    """Rounds one constant after the other, the best known first, and solves for the others again each time.

    First as if the rule were linear in its constants. Where what comes out is not good enough, by refining in turn.
    """
    if not cost < math.inf or not any(constants):
        return constants
    model = model_for(skeleton, constants)
    variance = cost / max(evidence.shape[1] - model.size, 1)
    vectors = np.array([pack(one) for one in _equivalents(skeleton, constants)])
    rounded = vectors.copy()
    best = rounding.round_at_once(model.code, rounded, evidence, cost, variance, model.drawn)
    if best >= 0:
        return unpack(rounded[best], constants)
    if quick:
        return constants
    if isinstance(skeleton, str) and ATOMS[skeleton].fitting.homogeneous:
        # Any common factor of the constants is as good: there are no plain ones to be found in turn.
        return unpack(_shortened(vectors[0]), constants)
    costs = [rounding.round_in_turn(model.code, one, evidence, cost, variance, model.drawn) for one in vectors]
    return unpack(vectors[costs.index(min(costs))], constants)


def plain_between(low: float, high: float) -> float:
    """Returns the plainest number strictly between two bounds: the one-decimal nearest to the middle, or the middle."""
    middle = (low + high) / 2
    rounded = round(middle, 1)
    return rounded if low < rounded < high else middle
