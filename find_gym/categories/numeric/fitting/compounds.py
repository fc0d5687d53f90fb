"""Estimates of whole rules: sums are solved at once, gridded atoms scanned, the others fitted in turn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import ATOMS, Atom, FloatArray
from find_gym.categories.numeric.estimation.linear import solve_linear
from find_gym.categories.numeric.estimation.scans import estimate, grid_of, grid_rows
from find_gym.categories.numeric.fitting.backfitting import Parts, Start
from find_gym.categories.numeric.fitting.called_back import CalledBack
from find_gym.categories.numeric.fitting.compiled_atoms import CompiledAtom, compiled_atom
from find_gym.categories.numeric.fitting.models import atoms_of, take_error
from find_gym.categories.numeric.fitting.refinement import Answer
from find_gym.categories.numeric.fitting.spans import Span, independent, span
from find_gym.categories.numeric.fitting.trees import LeafConstants, leaf_value, leaves
from find_gym.categories.numeric.kernels import rule_fits, scanning
from find_gym.categories.numeric.rules import Operator, Skeleton
from find_gym.core.kernels import jobs
from find_gym.core.kernels.compiling import address_of_job

# Grid points for which the rest is solved after a scan.
_GRID_STARTS = 3
# Starts of a rule of two linear atoms, of which the first few mostly do, and of those that take longer.
_STARTS = 40
_SLOW_STARTS = 5
# Starts that are worked out together where there are fewer points than constants: of several exact fits, the closest is
# a little better than the first.
_STARTS_AT_ONCE = 4
# A misfit of this share of the power is exact.
EXACT_SHARE = 1e-20
_NO_POINTS = np.empty(0, dtype=np.bool_)


class Found(NamedTuple):
    """What a kernel found; see `find_gym.categories.numeric.kernels.rule_fits`.

    Attributes:
        constants: constants of the atoms, from left to right.
        numbers: what else it found.
    """

    constants: LeafConstants
    numbers: FloatArray


class BegunFit:
    """A fit of the constants of a rule, which another thread may do meanwhile; see `find_constants`."""

    __slots__ = ("_answer", "_error", "_job", "_rule")

    def __init__(
        self,
        skeleton: Skeleton,
        points: FloatArray,
        usable: NDArray[np.bool_],
        stage: int,
        *,
        kinds: Sequence[int] = (),
        degree: int = 5,
        polish: bool = True,
        quick: bool = False,
    ) -> None:
        self._rule = rule = _rule(skeleton)
        table, rows = rule.table(points[0])
        size = rule_fits.RESIDUALS + points.shape[1]
        claimed = 0
        if kinds:
            size += 2 + 3 * len(kinds) + 2 * points.shape[1]
            for kind in reversed(kinds):
                claimed = 4 * claimed + kind + 1
        self._answer: FloatArray = np.empty(1 + rule.row + size)
        self._answer[0] = np.nan
        self._job = jobs.BOARD.begin(
            rule_fits.begin_fit, address_of_job(rule_fits.fit_job), rule.rule, rule.limits, points, usable, rows, table,
            degree, stage, claimed, polish, quick, self._answer,
        )  # fmt: skip
        # It has been done where Python is asked.
        self._error = take_error() if isinstance(rule, CalledBack) else None

    def finish(self) -> Found | None:
        """Returns what was found, once it is there; None where no constants were."""
        self._job.finish()
        rule, answer = self._rule, self._answer
        if self._error is not None:
            raise self._error
        if math.isnan(answer[0]):
            raise MemoryError("expected memory for a fit, actual: there is none left")
        end = 1 + rule.row
        return Found(rule.constants(answer[1:end].tolist()), answer[end:]) if answer[0] else None


def find_constants(
    skeleton: Skeleton, points: FloatArray, usable: NDArray[np.bool_], stage: int, **options: Any
) -> Found | None:
    """Fits the constants of a rule; None where none can be found.

    Args:
        skeleton: the rule without constants.
        points: inputs, outputs and, for `ESTIMATED`, factors, shape `(2, n)` or `(3, n)`.
        usable: which points to fit, shape `(n,)`.
        stage: how far to go; see `find_gym.categories.numeric.kernels.rule_fits.begin_fit`, as for the others.
        options: the kinds of exceptions that are claimed (`kinds`), for all of the way; the greatest degree of
            polynomials (`degree`); whether to refine first estimates (`polish`); whether to refine once only, at the
            end (`quick`).
    """
    return BegunFit(skeleton, points, usable, stage, **options).finish()


def fit_constants(
    skeleton: Skeleton,
    x: FloatArray,
    target: FloatArray,
    multiplier: FloatArray,
    *,
    degree: int = 5,
    polish: bool = True,
) -> Answer | None:
    """Estimates the constants of a rule: minimises |target - multiplier * rule(x)|².

    Args:
        skeleton: the rule without constants.
        x: inputs, shape `(n,)`.
        target: what the rule times the multiplier should be, shape `(n,)`.
        multiplier: factors of the rule's values, shape `(n,)`.
        degree: the degree of its polynomials.
        polish: whether to refine the estimates by Gauss-Newton steps.

    Returns:
        The constants of the atoms from left to right, and their misfit; None where no estimate is possible.
    """
    found = find_constants(
        skeleton, np.array([x, target, multiplier]), _NO_POINTS, rule_fits.ESTIMATED, degree=degree, polish=polish
    )
    return None if found is None else (found.constants, float(found.numbers[rule_fits.SCALE]))


def _starts(
    skeleton: Skeleton, x: FloatArray, target: FloatArray, multiplier: FloatArray, degree: int, polish: bool
) -> list[LeafConstants]:
    if x.size == 0:
        return []
    if isinstance(skeleton, str):
        return [[constants] for constants in estimate(ATOMS[skeleton], x, target, multiplier, degree=degree)]
    operator, parts = skeleton
    if operator == "sum" and (joint := _joint_sum(parts, x, target, multiplier, degree)) is not None:
        return [joint]
    for index, part in enumerate(parts):
        # Known up to a coarse grid, and then without constants: scanned with the rest projected out.
        if isinstance(part, str) and ATOMS[part].fitting.scanned:
            rest = parts[:index] + parts[index + 1 :]
            scanned = _scan(operator, part, rest, x, target, multiplier, degree, polish)
            if scanned is not None:
                split = sum(len(leaves(other)) for other in parts[:index])
                return [[*others[:split], constants, *others[split:]] for constants, others in scanned]
    return _backfit(operator, parts, x, target, multiplier, degree, polish)


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
    if kept.size:
        coefficients[kept] = solve_linear(stacked[kept], remaining)[0]
    result: LeafConstants = []
    position = 0
    total = coefficients @ stacked
    for part, basis in zip(parts, bases, strict=True):
        own = coefficients[position : position + basis.shape[0]]
        others = total - own @ stacked[position : position + basis.shape[0]]
        position += basis.shape[0]
        compiled = compiled_atom(str(part))
        from_basis = ATOMS[str(part)].fitting.from_basis if compiled is None else compiled.from_basis
        result.append(from_basis(tuple(own.tolist()), x, remaining - others, multiplier))
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
) -> list[tuple[tuple[float, ...], LeafConstants]] | None:
    """Scans the grid of one atom with the rest of the sum or product solved for; None where the rest is not linear."""
    others: Skeleton = rest[0] if len(rest) == 1 else (operator, rest)
    space = span(others, x, degree=degree)
    if space is None:
        return None
    atom = ATOMS[name]
    table, rows = grid_rows(atom, x)
    costs = scan_costs(operator, atom, x, space, target, multiplier)
    chosen = np.empty(_GRID_STARTS, dtype=np.int64)
    results = []
    for index in chosen[: scanning.take_distinct(table, rows, costs, chosen)].tolist():
        values = table[rows, index]
        if operator == "sum":
            fit = fit_constants(others, x, target - multiplier * values, multiplier, degree=degree, polish=polish)
        else:
            fit = fit_constants(others, x, target, multiplier * values, degree=degree, polish=polish)
        if fit is not None:
            results.append((fit[1], tuple(grid_of(atom)[index].tolist()), fit[0]))
            if fit[1] <= EXACT_SHARE * float(target @ target):
                break
    return [(constants, others_constants) for _, constants, others_constants in sorted(results, key=lambda r: r[0])]


def scan_costs(
    operator: Operator, atom: Atom, x: FloatArray, space: Span, target: FloatArray, multiplier: FloatArray
) -> FloatArray:
    """Returns the least misfit for an atom at each point of its grid, added to or multiplied by any function of a span.

    Args:
        operator: whether it is added or multiplied.
        atom: the atom, without linear constants.
        x: inputs, shape `(n,)`.
        space: the span, at these inputs.
        target: what the sum or product times the multiplier should be, shape `(n,)`.
        multiplier: factors, shape `(n,)`.

    Returns:
        Misfits, shape `(g,)`.
    """
    table, rows = grid_rows(atom, x)
    costs = np.empty(table.shape[1])
    scanning.scan_beside(table, rows, operator == "product", space.offset, space.columns, target, multiplier, costs)
    return costs


def _backfit(
    operator: Operator,
    parts: tuple[Skeleton, ...],
    x: FloatArray,
    target: FloatArray,
    multiplier: FloatArray,
    degree: int,
    polish: bool,
) -> list[LeafConstants]:
    """Fits the parts in turn with the others held, from several starts, and returns what each start leads to.

    Without polish, for the parts of a nested rule, one start has to do: starts within starts would multiply.
    """
    initial = _initial_values(operator, parts, x, target, multiplier)
    atoms = atoms_of((operator, parts))
    in_turn, points = _parts((operator, parts), atoms), np.array([x, target, multiplier])
    if not polish:
        return [constants for constants, _ in in_turn.fit(points, [next(initial)], degree, polish=False)]
    if not np.any(multiplier):
        return []
    space = span((operator, parts), x, degree=degree)
    enough = EXACT_SHARE * float(target @ target)
    if space is not None:
        enough += _least_misfit(space, target, multiplier) * 1.0001
    most = _STARTS if space is not None and len(atoms) == 2 else _SLOW_STARTS
    # Where there are no more points than constants, further starts lead to fits that nothing tells apart.
    few = np.count_nonzero(multiplier) <= in_turn.size
    initial = islice(initial, _STARTS_AT_ONCE if few else most)
    results: list[Answer] = []
    at_once = _STARTS_AT_ONCE if few else len(parts)
    while some := list(islice(initial, at_once)):
        results += in_turn.fit(points, some, degree, polish=True)
        if any([cost <= enough for _, cost in results]):
            break
    return [constants for constants, _ in sorted(results, key=lambda fit: fit[1])[:_GRID_STARTS]]


def _least_misfit(space: Span, target: FloatArray, multiplier: FloatArray) -> float:
    """Returns the least misfit of the functions of a span, 0 where these overflow."""
    if not np.all(np.isfinite(space.columns)):
        return 0.0
    basis = space.basis(multiplier)
    rest = target - multiplier * space.offset
    rest = rest - (basis @ rest) @ basis
    return float(rest @ rest)


def _initial_values(
    operator: Operator, parts: tuple[Skeleton, ...], x: FloatArray, target: FloatArray, multiplier: FloatArray
) -> Iterator[Start]:
    """Yields where to start."""
    everywhere = np.ones_like(x)
    neutral = [np.full_like(x, 0.0 if operator == "sum" else 1.0) for _ in parts]
    for first in range(len(parts)):
        yield first, neutral, everywhere
    if operator == "sum" or not np.all(multiplier):
        return
    y = target / multiplier
    known: dict[Skeleton, list[tuple[FloatArray, FloatArray]]] = {}
    for index, part in enumerate(parts):
        following = (index + 1) % len(parts)
        if part not in known:
            known[part] = list(ATOMS[part].fitting.starts(x, y, len(parts))) if isinstance(part, str) else []
        for factor, side in known[part]:
            yield following, [*neutral[:index], factor, *neutral[index + 1 :]], side
    # Rectified units differ in slope between the sides of 0, and no ratio of levels tells by how much.
    for ratio in (0.2, 0.5, 0.8):
        for index in range(len(parts)):
            unit = np.maximum(x, ratio * x)
            yield (index + 1) % len(parts), [*neutral[:index], unit, *neutral[index + 1 :]], everywhere


def _rule(skeleton: Skeleton) -> CompiledAtom | CalledBack:
    """Returns what kernels take for a rule."""
    compiled = compiled_atom(skeleton) if isinstance(skeleton, str) else None
    return _called_back(skeleton, atoms_of(skeleton)) if compiled is None else compiled


@lru_cache(maxsize=1024)
def _called_back(skeleton: Skeleton, atoms: tuple[Atom, ...]) -> CalledBack:
    """Returns what kernels take for a rule; the atoms may be others by the same names, so they are part of the key."""
    return CalledBack(skeleton, _starts)


@lru_cache(maxsize=1024)
def _parts(skeleton: tuple[Operator, tuple[Skeleton, ...]], atoms: tuple[Atom, ...]) -> Parts:
    """Returns what backfitting takes for the parts of a sum or product; see `_called_back`."""
    operator, parts = skeleton
    return Parts([_rule(part) for part in parts], operator == "product")
