"""Estimates of whole rules: sums are solved at once, gridded atoms scanned, the others fitted in turn."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import islice

import numpy as np

from find_gym.categories.numeric.atoms import ATOMS, FloatArray
from find_gym.categories.numeric.estimation.linear import solve_linear
from find_gym.categories.numeric.estimation.scans import distinct_lowest, estimate, grid_of, grid_values
from find_gym.categories.numeric.fitting.plans import Plan
from find_gym.categories.numeric.fitting.refinement import Evidence, Refinement
from find_gym.categories.numeric.fitting.spans import Span, independent, orthonormal, span
from find_gym.categories.numeric.fitting.trees import LeafConstants, combine, leaf_value, leaves
from find_gym.categories.numeric.rules import Operator, Skeleton

Fit = tuple[float, LeafConstants]

# Grid points for which the rest is solved after a scan.
_GRID_STARTS = 3
# Rows of a scan in single precision that are worked out in full.
_EXACT_ROWS = 32
# Starts of a rule of two linear atoms, of which the first few mostly do, and of those that take longer.
_STARTS = 40
_SLOW_STARTS = 5
# Starts that are worked out together.
_STARTS_AT_ONCE = 4
# Rounds of backfitting before all constants are refined at once.
_SWEEPS = 3
# Gauss-Newton steps for each start, and for the best of them.
_FIRST_STEPS = 8
_LAST_STEPS = 25
# A misfit of this share of the power is exact.
EXACT_SHARE = 1e-20


def is_solved(skeleton: Skeleton) -> bool:
    """Whether a rule is one atom whose first estimate is the best there is."""
    return isinstance(skeleton, str) and ATOMS[skeleton].fitting.solved


def fit_constants(
    skeleton: Skeleton,
    x: FloatArray,
    target: FloatArray,
    multiplier: FloatArray,
    *,
    degree: int = 5,
    polish: bool = True,
) -> Plan[list[Fit]]:
    """Plans to estimate the constants of a rule: minimises |target - multiplier * rule(x)|².

    Args:
        skeleton: the rule without constants.
        x: inputs, shape `(n,)`.
        target: what the rule times the multiplier should be, shape `(n,)`.
        multiplier: factors of the rule's values, shape `(n,)`.
        degree: the degree of its polynomials.
        polish: whether to refine the estimates by Gauss-Newton steps.

    Returns:
        Misfits and constants of the atoms from left to right, the best first; empty where no estimate is possible.
    """
    if x.size == 0:
        return []
    exact = EXACT_SHARE * float(target @ target)
    starts = yield from _starts(skeleton, x, target, multiplier, degree, polish)
    keep = multiplier != 0
    if not polish or is_solved(skeleton) or not keep.any():
        return _sorted([(_misfit(skeleton, c, x[keep], target[keep], multiplier[keep]), c) for c in starts], exact)
    evidence = weighted_evidence(x, target, multiplier)
    answers = yield [Refinement(skeleton, constants, evidence, _FIRST_STEPS) for constants in starts]
    fits: list[Fit] = [(cost, constants) for constants, cost in answers]
    fits = _sorted(fits, exact)
    # The start that is ahead after a few steps is taken to the end.
    if fits and fits[0][0] > exact:
        ((constants, cost),) = yield [Refinement(skeleton, fits[0][1], evidence, _LAST_STEPS)]
        fits[0] = (cost, constants)
    return fits


def _sorted(fits: list[Fit], exact: float) -> list[Fit]:
    """Returns the fits with a finite misfit up to the first exact one, the best first."""
    kept: list[Fit] = []
    for fit in fits:
        if np.isfinite(fit[0]):
            kept.append(fit)
            if fit[0] <= exact:
                break
    return sorted(kept, key=lambda fit: fit[0])


def weighted_evidence(x: FloatArray, target: FloatArray, multiplier: FloatArray) -> Evidence:
    """Returns the points that a rule has to go through for `multiplier * rule(x)` to be the target."""
    keep = multiplier != 0
    if not keep.all():
        x, target, multiplier = x[keep], target[keep], multiplier[keep]
    return Evidence(x, target / multiplier, np.abs(multiplier))


def _misfit(
    skeleton: Skeleton, constants: LeafConstants, x: FloatArray, target: FloatArray, multiplier: FloatArray
) -> float:
    residual = target - multiplier * _value(skeleton, constants, x)
    cost = float(residual @ residual)
    return cost if cost < np.inf else np.inf


def _value(skeleton: Skeleton, constants: LeafConstants, x: FloatArray) -> FloatArray:
    if isinstance(skeleton, str):
        return leaf_value(skeleton, constants[0], x)
    return combine(skeleton, [leaf_value(name, c, x) for name, c in zip(leaves(skeleton), constants, strict=True)])


def _starts(
    skeleton: Skeleton, x: FloatArray, target: FloatArray, multiplier: FloatArray, degree: int, polish: bool
) -> Plan[list[LeafConstants]]:
    if isinstance(skeleton, str):
        return [[constants] for constants in estimate(ATOMS[skeleton], x, target, multiplier, degree=degree)]
    operator, parts = skeleton
    if operator == "sum" and (joint := _joint_sum(parts, x, target, multiplier, degree)) is not None:
        return [joint]
    for index, part in enumerate(parts):
        # Known up to a coarse grid, and then without constants: scanned with the rest projected out.
        if isinstance(part, str) and ATOMS[part].fitting.scanned:
            rest = parts[:index] + parts[index + 1 :]
            scanned = yield from _scan(operator, part, rest, x, target, multiplier, degree, polish)
            if scanned is not None:
                split = sum(len(leaves(other)) for other in parts[:index])
                return [[*others[:split], constants, *others[split:]] for constants, others in scanned]
    return (yield from _backfit(operator, parts, x, target, multiplier, degree, polish))


def _joint_sum(
    parts: tuple[Skeleton, ...], x: FloatArray, target: FloatArray, multiplier: FloatArray, degree: int
) -> LeafConstants | None:
    """Solves a sum of atoms that are linear, all at once; redundant coefficients are 0. None if they are not linear."""
    bases, offset = [], np.zeros_like(x)
    for part in parts:
        basis = ATOMS[part].basis(x, degree) if isinstance(part, str) else None
        if basis is None and not (isinstance(part, str) and not ATOMS[part].constants):
            return None
        if basis is None:
            offset = offset + leaf_value(str(part), (), x)
            basis = np.zeros((0, x.size))
        bases.append(basis)
    stacked = np.concatenate(bases) * multiplier
    coefficients = np.zeros(stacked.shape[0])
    kept = independent(stacked)
    remaining = target - multiplier * offset
    if kept:
        coefficients[kept] = solve_linear(stacked[kept], remaining)[0]
    result: LeafConstants = []
    position = 0
    total = coefficients @ stacked
    for part, basis in zip(parts, bases, strict=True):
        own = coefficients[position : position + basis.shape[0]]
        others = total - own @ stacked[position : position + basis.shape[0]]
        position += basis.shape[0]
        atom = ATOMS[str(part)]
        result.append(atom.fitting.from_basis(tuple(own.tolist()), x, remaining - others, multiplier))
    return result


def _scan(
    operator: Operator,
    name: str,
    rest: tuple[Skeleton, ...],
    x: FloatArray,
    target: FloatArray,
    multiplier: FloatArray,
    degree: int,
    polish: bool,
) -> Plan[list[tuple[tuple[float, ...], LeafConstants]] | None]:
    """Scans the grid of one atom with the rest of the sum or product solved for; None where the rest is not linear."""
    others: Skeleton = rest[0] if len(rest) == 1 else (operator, rest)
    space = span(others, x, degree=degree)
    if space is None:
        return None
    atom = ATOMS[name]
    values = grid_values(atom, x)
    cost = scan_costs(operator, values, space, target, multiplier)
    results = []
    for index in distinct_lowest(cost, values, _GRID_STARTS):
        if operator == "sum":
            fits = yield from fit_constants(
                others, x, target - multiplier * values[index], multiplier, degree=degree, polish=polish
            )
        else:
            fits = yield from fit_constants(others, x, target, multiplier * values[index], degree=degree, polish=polish)
        if fits:
            results.append((fits[0][0], tuple(grid_of(atom)[index].tolist()), fits[0][1]))
            if fits[0][0] <= EXACT_SHARE * float(target @ target):
                break
    return [(constants, others_constants) for _, constants, others_constants in sorted(results, key=lambda r: r[0])]


def scan_costs(
    operator: Operator, values: FloatArray, space: Span, target: FloatArray, multiplier: FloatArray
) -> FloatArray:
    """Returns the least misfit for each row of values `(g, n)` added to, or multiplied by, any function of a span.

    Where the values are in single precision, so is the scan, and then only the best rows are worked out in full.
    """
    size = float(np.abs(target).max(initial=0.0)) or 1.0
    if values.dtype == np.float64 or values.shape[0] <= _EXACT_ROWS:
        return _scan_costs(operator, values.astype(np.float64), space, target, multiplier)
    # The target is scaled so that squares of large polynomials stay within single precision.
    scaled = Span(space.offset / size, space.columns)
    rough_values = values if operator == "product" else values * np.float32(1 / size)
    rough = _scan_costs(operator, rough_values, scaled, target / size, multiplier) * (size * size)
    best = np.argpartition(rough, _EXACT_ROWS)[:_EXACT_ROWS]
    rough[best] = _scan_costs(operator, values[best].astype(np.float64), space, target, multiplier)
    return rough


def _scan_costs(
    operator: Operator, values: FloatArray, space: Span, target: FloatArray, multiplier: FloatArray
) -> FloatArray:
    precision = values.dtype
    basis = space.basis(multiplier)
    if operator == "sum":
        rest = target - multiplier * space.offset
        rest = rest - (basis @ rest) @ basis
        projected = values @ (basis * multiplier).T.astype(precision)
        lengths = (values * values) @ (multiplier * multiplier).astype(precision) - np.sum(
            projected * projected, axis=1
        )
        moments = values @ (multiplier * rest).astype(precision)
        return (float(rest @ rest) - 2 * moments + lengths).astype(np.float64)
    if np.all(np.abs(values[:, :1]) == 1) and np.all(values * values == 1):
        # A factor of 1 or -1 keeps lengths, so it may as well multiply the target.
        offset = multiplier * space.offset
        projected = values @ (basis * target).T.astype(precision) - (basis @ offset).astype(precision)
        plain = float(target @ target) + float(offset @ offset) - 2 * values @ (target * offset).astype(precision)
        return (plain - np.sum(projected * projected, axis=1)).astype(np.float64)
    return _product_costs(values.astype(np.float64), space, target, multiplier)


def _product_costs(values: FloatArray, space: Span, target: FloatArray, multiplier: FloatArray) -> FloatArray:
    """Solves for each distinct row by itself: within a narrow pulse, a basis of the whole range is ill-conditioned."""
    rows, inverse = np.unique(values, axis=0, return_inverse=True)
    costs = np.empty(rows.shape[0])
    for index, row in enumerate(rows):
        weights = multiplier * row
        inside = weights != 0
        rest = target - weights * space.offset
        costs[index] = float(rest[~inside] @ rest[~inside])
        if inside.any():
            basis = orthonormal(space.columns[:, inside] * weights[inside])
            left = rest[inside] - (basis @ rest[inside]) @ basis
            costs[index] += float(left @ left)
    return costs[inverse.ravel()]


def _backfit(
    operator: Operator,
    parts: tuple[Skeleton, ...],
    x: FloatArray,
    target: FloatArray,
    multiplier: FloatArray,
    degree: int,
    polish: bool,
) -> Plan[list[LeafConstants]]:
    """Fits the parts in turn with the others held, from several starts, and returns what each start leads to.

    Without polish, for the parts of a nested rule, one start has to do: starts within starts would multiply.
    """
    skeleton: Skeleton = (operator, parts)
    initial = _initial_values(operator, parts, x, target, multiplier)
    if not polish:
        first, values, side = next(initial)
        one = yield from _backfit_from(operator, parts, first, values, side, x, target, multiplier, degree, polish)
        return [] if one is None else [one]
    if not np.any(multiplier):
        return []
    enough = EXACT_SHARE * float(target @ target)
    enough += _least_misfit(skeleton, x, target, multiplier, degree) * 1.0001
    quick = len(leaves(skeleton)) == 2 and span(skeleton, x) is not None
    initial = islice(initial, _STARTS if quick else _SLOW_STARTS)
    evidence = weighted_evidence(x, target, multiplier)
    results: list[Fit] = []
    while some := list(islice(initial, _STARTS_AT_ONCE)):
        started = []
        for first, values, side in some:
            one = yield from _backfit_from(operator, parts, first, values, side, x, target, multiplier, degree, polish)
            if one is not None:
                started.append(one)
        answers = yield [Refinement(skeleton, constants, evidence, 2 * _FIRST_STEPS) for constants in started]
        results += [(cost, constants) for constants, cost in answers]
        if any(cost <= enough for cost, _ in results):
            break
    return [constants for _, constants in sorted(results, key=lambda fit: fit[0])[:_GRID_STARTS]]


def _least_misfit(skeleton: Skeleton, x: FloatArray, target: FloatArray, multiplier: FloatArray, degree: int) -> float:
    """Returns a lower bound of the misfit, 0 where there is none to be had."""
    space = span(skeleton, x, degree=degree)
    if space is None or not np.all(np.isfinite(space.columns)):
        return 0.0
    basis = space.basis(multiplier)
    rest = target - multiplier * space.offset
    rest = rest - (basis @ rest) @ basis
    return float(rest @ rest)


def _initial_values(
    operator: Operator, parts: tuple[Skeleton, ...], x: FloatArray, target: FloatArray, multiplier: FloatArray
) -> Iterator[tuple[int, list[FloatArray], FloatArray]]:
    """Yields which part is fitted first, what the others are taken to be then, and the weights of the inputs."""
    everywhere = np.ones_like(x)
    neutral = [np.full_like(x, 0.0 if operator == "sum" else 1.0) for _ in parts]
    for first in range(len(parts)):
        yield first, neutral, everywhere
    if operator == "sum" or not np.all(multiplier):
        return
    y = target / multiplier
    for index, part in enumerate(parts):
        following = (index + 1) % len(parts)
        for factor, side in ATOMS[part].fitting.starts(x, y, len(parts)) if isinstance(part, str) else ():
            yield following, [*neutral[:index], factor, *neutral[index + 1 :]], side
    # Rectified units differ in slope between the sides of 0, and no ratio of levels tells by how much.
    for ratio in (0.2, 0.5, 0.8):
        for index in range(len(parts)):
            unit = np.maximum(x, ratio * x)
            yield (index + 1) % len(parts), [*neutral[:index], unit, *neutral[index + 1 :]], everywhere


def _backfit_from(
    operator: Operator,
    parts: tuple[Skeleton, ...],
    first: int,
    values: list[FloatArray],
    side: FloatArray,
    x: FloatArray,
    target: FloatArray,
    multiplier: FloatArray,
    degree: int,
    polish: bool,
) -> Plan[LeafConstants | None]:
    values = list(values)
    fitted: list[LeafConstants] = [[] for _ in parts]
    order = [(first + shift) % len(parts) for shift in range(len(parts))]
    for sweep in range(_SWEEPS if polish else 1):
        for index in order:
            weight = side if sweep == 0 and index == first else np.ones_like(x)
            others = values[:index] + values[index + 1 :]
            if operator == "sum":
                goal, factor = target - multiplier * reduce(np.add, others), multiplier
            else:
                goal, factor = target, multiplier * reduce(np.multiply, others)
            fits = yield from fit_constants(
                parts[index], x, goal * weight, factor * weight, degree=degree, polish=False
            )
            if not fits:
                return None
            fitted[index] = fits[0][1]
            value = _value(parts[index], fitted[index], x)
            values[index] = np.where(np.isfinite(value), value, 0.0)
    return [constants for part in fitted for constants in part]
