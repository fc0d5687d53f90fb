"""How likely evidence is under a description of a numeric function: BIC, as the agent `atom-fit` has it."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.fitting.likelihood import outside_cost
from find_gym.categories.numeric.fitting.regions import REGION_STD, Interval
from find_gym.categories.numeric.fitting.skeletons import noise_mean
from find_gym.categories.numeric.function import NumericSpec
from find_gym.categories.numeric.grammar import NumericDraft
from find_gym.categories.numeric.rules import Rule
from find_gym.interfaces.draft import Draft
from find_gym_agents.categories.checking import Checked, Checker, Evidence
from find_gym_agents.interpreters.atom_fit.screen import least_penalty
from find_gym_agents.interpreters.atom_fit.search import ODD_CONSTANT, cost_of, odd_constants

# Nats for an undefined output where the rule is defined. (One that is defined where the rule is not is an outlier.)
_UNDEFINED_COST = 30.0
# Residuals of this share of the spread of the outputs, or more, are noise or an approximation. Odd constants that leave
# less without being exact were bent to meet the few outputs that there are.
_BENT_SHARE = 1e-3


class NumericChecker(Checker):
    """The likelihood is that of normal noise around the rule, or of rounding errors where it is exact.

    Outputs inside an exception are draws around its mean; an exception that a program claims, but of which the evidence
    shows nothing, is left out, as the environment leaves it out.
    """

    def fit(self, program: Sequence[int], evidence: Evidence) -> Checked:
        """Fits a program's constants; see `Checker.fit`. Undefined outputs are None or NaN."""
        pairs = [(float(x), np.nan if y is None else float(y)) for x, y in evidence]
        return super().fit(program, pairs)

    def greatest(self, draft: Draft, bits: float, evidence: Evidence) -> float:
        """Returns the log-likelihood for a rule that is exact and has the fewest constants, all for nothing."""
        assert isinstance(draft, NumericDraft)
        y = np.array([math.nan if output is None else output for _, output in evidence], dtype=np.float64)
        y = y[np.isfinite(y)]
        if y.size == 0:
            return math.inf
        exact = outside_cost(np.zeros(y.size), 0.0, y)
        cost = float(exact.sum()) + least_penalty(draft.skeleton(), y.size)
        if draft.regions():
            # At best exceptions hold all outputs that are likelier there, each of them the mean.
            within = np.minimum(exact, outside_cost(np.zeros(y.size), REGION_STD, y))
            cost = min(cost, float(within.sum()) + least_penalty(draft.skeleton(), 1))
        return -cost

    def log_likelihood(self, program: Any, bits: float, evidence: Evidence) -> float:
        """Returns the log-likelihood less what the constants cost."""
        assert program is None or isinstance(program, NumericSpec)
        pairs = np.array(evidence, dtype=np.float64).reshape(-1, 2)
        pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
        undefined = np.isnan(pairs[:, 1])
        if program is None:
            return 0.0
        with np.errstate(all="ignore"):
            surprises = np.isfinite(rules.evaluate(program.rule, pairs[undefined, 0])).sum()
        x, y = np.ascontiguousarray(pairs[~undefined].T)
        intervals = [Interval(region.kind, *_run(region.contains(x))) for region in program.regions]
        outside = np.ones(x.size, dtype=np.bool_)
        for interval in intervals:
            outside[interval.start : interval.stop] = False
        with np.errstate(all="ignore"):
            residuals = y - rules.evaluate(program.rule, x) - noise_mean(x, y, outside)
            cost, exact, scale = cost_of(program.rule, residuals, tuple(intervals), y)
            if not exact and outside.any():
                cost += _bending_cost(program.rule, scale, float(np.std(y[outside])))
        # Numbers may be too large for the misfit to be one.
        return -math.inf if math.isnan(cost) else -cost - _UNDEFINED_COST * float(surprises)


def _bending_cost(rule: Rule, scale: float, spread: float) -> float:
    """Returns what odd constants cost, in nats, that make a rule more precise than noise or an approximation."""
    noise, reached = (math.log(max(size, sys.float_info.min)) for size in (_BENT_SHARE * spread, scale))
    return odd_constants(rule) * min(max(0.0, noise - reached), ODD_CONSTANT)


def _run(inside: NDArray[np.bool_]) -> tuple[int, int]:
    """Returns where a run of inputs begins and ends."""
    places = np.flatnonzero(inside)
    return (int(places[0]), int(places[-1]) + 1) if places.size else (0, 0)
