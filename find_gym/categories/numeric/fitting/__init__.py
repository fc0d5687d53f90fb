"""Estimating the constants of a rule from the evidence of an episode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TypeVar

from numpy.typing import ArrayLike

from find_gym.categories.numeric.fitting.problem import EFFORTS, Effort, Problem
from find_gym.categories.numeric.function import NumericSpec
from find_gym.categories.numeric.rules import Skeleton
from find_gym.categories.numeric.variants import RegionKind
from find_gym.core.late import LateModule

# Numba is imported, and compiles, with the first fit.
_columns = LateModule("find_gym.categories.numeric.estimation.columns")
_jobs = LateModule("find_gym.core.kernels.jobs")
_skeletons = LateModule("find_gym.categories.numeric.fitting.skeletons")

Result = TypeVar("Result")

# Problems that are under way at a time: their tables stay until all of them are done.
_AT_ONCE = 8

__all__ = ["Effort", "Problem", "fit_each", "fit_skeleton", "fit_skeletons"]


def fit_skeleton(
    skeleton: Skeleton, region_kinds: tuple[RegionKind, ...], x: ArrayLike, y: ArrayLike
) -> NumericSpec | None:
    """Estimates all constants of a rule, and the exceptions, by robust least squares.

    Constants with one decimal, as FIND draws them, are preferred where they explain the evidence as well. The same
    evidence always gives the same constants.

    Args:
        skeleton: the rule without constants: an atom's name, or an operator and the skeletons of its parts.
        region_kinds: the kinds of exceptions claimed; those of which the evidence shows nothing are left out.
        x: inputs, shape `(n,)`, in any order, repetitions allowed.
        y: outputs, shape `(n,)`, NaN where undefined.

    Returns:
        The function that fits best, or None where the evidence has no defined output.

    Example:
        >>> import numpy as np
        >>> from find_gym.functions import NumericFunction
        >>> x = np.linspace(-20, 20, 41)
        >>> spec = fit_skeleton("linear", (), x, 2.5 * x - 1)
        >>> NumericFunction(spec).describe()
        'f(x) = 2.5x - 1, a linear function.'
    """
    return fit_skeletons([Problem(skeleton, region_kinds, x, y)])[0]


def fit_skeletons(problems: Sequence[Problem], *, effort: Effort = "full") -> list[NumericSpec | None]:
    """Estimates the constants of many rules one after the other.

    Args:
        problems: rules and evidence; see `fit_skeleton`.
        effort: "full", or "quick" to try less: estimates are refined once, at the end, one start has to do for products
            of rules, and fewer exceptions are compared. For training: over 3,000 problems with 8 to 48 answers, 60 %
            of them with the true rule, fits take 0.6 times the time, with a mean skill of 0.579 in place of 0.585.

    Returns:
        With full effort, what `fit_skeleton` returns for each problem, bit for bit.

    Raises:
        ValueError: an unknown effort.
    """
    return fit_each(problems, lambda _, spec: spec, effort=effort)


def fit_each(
    problems: Sequence[Problem],
    use: Callable[[int, NumericSpec | None], Result],
    *,
    meanwhile: Callable[[int], None] | None = None,
    effort: Effort = "full",
) -> list[Result]:
    """Estimates the constants of many rules, and uses each while another thread may be at the next ones.

    Args:
        problems: rules and evidence; see `fit_skeleton`.
        use: takes the number of a problem and what `fit_skeletons` returns for it.
        meanwhile: takes the number of each problem while another thread may be at it; for what does not need its
            result.
        effort: see `fit_skeletons`.

    Returns:
        What `use` returns, in the order of the problems.

    Raises:
        ValueError: an unknown effort.
    """
    if effort not in EFFORTS:
        raise ValueError(f"expected an effort among {EFFORTS}, actual value: {effort!r}")
    results = []
    for first in range(0, len(problems), _AT_ONCE):
        some = problems[first : first + _AT_ONCE]
        # Sums, products and fits with exceptions take longest, so they are begun first.
        hardest = [(isinstance(one.skeleton, str), not one.region_kinds) for one in some]
        order = sorted(range(len(some)), key=hardest.__getitem__)
        # For a single one, no other thread is worth waking.
        with _jobs.BOARD if len(some) > 1 else nullcontext(), _columns.UNDER_WAY:
            begun = {place: _skeletons.BegunProblem(some[place], effort == "quick") for place in order}
            if meanwhile is not None:
                for place in range(len(some)):
                    meanwhile(first + place)
            for place in range(len(some)):
                results.append(use(first + place, begun[place].finish()))
    return results
