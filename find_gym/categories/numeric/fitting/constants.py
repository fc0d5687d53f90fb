"""Fits of the constants of a rule by compiled loops."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import Atom, FloatArray
from find_gym.categories.numeric.fitting.called_back import CalledBack
from find_gym.categories.numeric.fitting.compiled_atoms import compiled_atom
from find_gym.categories.numeric.fitting.compounds import AnyRule, Compound
from find_gym.categories.numeric.fitting.models import atoms_of, take_error
from find_gym.categories.numeric.fitting.trees import LeafConstants
from find_gym.categories.numeric.kernels import asking, rule_fits
from find_gym.categories.numeric.rules import Skeleton
from find_gym.core.kernels import jobs
from find_gym.core.kernels.compiling import address_of_job


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
        self._rule = rule = rule_of(skeleton)
        table = rule.table(points[0])
        size = rule_fits.RESIDUALS + points.shape[1]
        claimed = 0
        if kinds:
            size += 2 + 3 * len(kinds) + 2 * points.shape[1]
            for kind in reversed(kinds):
                claimed = 4 * claimed + kind + 1
        self._answer: FloatArray = np.empty(1 + rule.row + size)
        self._answer[0] = np.nan
        self._job = jobs.BOARD.begin(
            rule_fits.begin_fit, address_of_job(rule_fits.fit_job), rule.rule, rule.limits, points, usable,
            table.rows, table.values, degree, stage, claimed, polish, quick, self._answer, held=(rule, table),
        )  # fmt: skip
        # It has been done where Python is asked.
        self._error = take_error() if rule.rule[asking.CALLED_BACK] else None

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
        points: inputs and outputs, shape `(2, n)`.
        usable: which points to fit, shape `(n,)`.
        stage: how far to go; see `find_gym.categories.numeric.kernels.rule_fits.begin_fit`, as for the others.
        options: the kinds of exceptions that are claimed (`kinds`), for all of the way; the greatest degree of
            polynomials (`degree`); whether to refine first estimates (`polish`); whether to refine once only, at the
            end (`quick`).
    """
    return BegunFit(skeleton, points, usable, stage, **options).finish()


def rule_of(skeleton: Skeleton) -> AnyRule:
    """Returns what kernels take for a rule."""
    compiled = compiled_atom(skeleton) if isinstance(skeleton, str) else None
    return _rule(skeleton, atoms_of(skeleton)) if compiled is None else compiled


@lru_cache(maxsize=1024)
def _rule(skeleton: Skeleton, atoms: tuple[Atom, ...]) -> CalledBack | Compound:
    """Returns what kernels take for a rule; the atoms may be others by the same names, so they are part of the key."""
    if isinstance(skeleton, str):
        return CalledBack(skeleton)
    operator, parts = skeleton
    return Compound(operator, [rule_of(part) for part in parts])
