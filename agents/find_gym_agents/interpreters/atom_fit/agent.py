"""atom-fit: fits FIND's atoms, sums and products to well-chosen queries and submits what explains them best."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.numeric.atoms import FloatArray
from find_gym.scoring import Submission
from find_gym_agents.base import ScriptedAgent, Solution
from find_gym_agents.interpreters.atom_fit.design import disagreement_inputs, edge_inputs, gap_inputs, rounded, spread
from find_gym_agents.interpreters.atom_fit.noise import explain_noise, is_noisy, telling_inputs
from find_gym_agents.interpreters.atom_fit.pieces import worst_gaps
from find_gym_agents.interpreters.atom_fit.report import approximate, report
from find_gym_agents.interpreters.atom_fit.search import (
    Hypothesis,
    odd_constants,
    ranked,
    reassess,
    search_exact,
    search_noisy,
)

# The share of the budget that is spread out before anything is fitted.
_FIRST_SHARE = 0.5
# With fewer inputs than this, all are spread: there is nothing to adapt to.
_FEW = 6
# Inputs asked again, to tell a noisy function from one that is not in the library.
_REPEATED = 3
# Inputs asked again to find out how far an exception reaches.
_MOST_REPEATED = 9
# Steps of a round under noise, after which rules are fitted anew.
_NOISY_ROUND = 3
# Once less than this share of the budget is left, jitter without a rule around it counts as noise.
_LAST_SHARE = 0.2
# Rounds in which the rest of the budget is spent.
_ROUNDS = 5
# Inputs in each round that settle which of the rival rules holds.
_SETTLING = 3
# Outputs inside an exception that leave no doubt that it is one.
_SURE = 3
# Rivals are compared if they are exact.
_RIVALS = 4

_Queries = Generator[list[float], NDArray[np.float64], None]


class _Evidence:
    """What was asked and answered.

    Args:
        budget: inputs that may be asked in all.

    Attributes:
        left: inputs that may still be asked.
    """

    def __init__(self, budget: int) -> None:
        self.left = budget
        self._x: list[float] = []
        self._y: list[float] = []

    def ask(self, inputs: list[float]) -> _Queries:
        """Asks inputs, as many as the budget allows."""
        inputs = inputs[: self.left]
        if inputs:
            outputs = yield inputs
            self.left -= len(inputs)
            self.add(inputs, outputs)

    def add(self, inputs: list[float], outputs: NDArray[np.float64]) -> None:
        """Takes note of inputs and their outputs."""
        self._x += inputs
        self._y += np.asarray(outputs, dtype=np.float64).tolist()

    @property
    def all_inputs(self) -> FloatArray:
        """All inputs, in the order in which they were asked."""
        return np.array(self._x, dtype=np.float64)

    def defined(self) -> tuple[FloatArray, FloatArray]:
        """Returns inputs, ascending, and outputs, where these are defined."""
        x, y = np.array(self._x, dtype=np.float64), np.array(self._y, dtype=np.float64)
        keep = np.isfinite(y)
        order = np.argsort(x[keep], kind="stable")
        return x[keep][order], y[keep][order]

    @property
    def is_short(self) -> bool:
        """Whether there is too little evidence to tell noise from a function in no library."""
        return not self.repeated()

    def repeated_inputs(self) -> list[float]:
        """Returns the inputs that were asked more than once."""
        values, counts = np.unique(self.defined()[0], return_counts=True)
        return values[counts > 1].tolist()

    def jitter(self) -> tuple[float, float] | None:
        """Returns the least and greatest input whose outputs differed when it was asked again, or None."""
        x, y = self.defined()
        at = x[1:][(np.diff(x) == 0) & (np.diff(y) != 0)]
        return (float(at.min()), float(at.max())) if at.size else None

    def repeated(self) -> list[tuple[float, float]]:
        """Returns the two outputs of each input that was asked twice."""
        first: dict[float, float] = {}
        pairs = []
        for x, y in zip(self._x, self._y, strict=True):
            if x in first and np.isfinite(y):
                pairs.append((first[x], y))
            first.setdefault(x, y)
        return pairs


class AtomFit(ScriptedAgent):
    """Interprets numeric functions by fitting every rule that FIND draws from.

    It spreads half of its budget over the query range, fits all atoms, sums and products, and spends the rest where it
    learns most: on inputs for which rival rules predict different outputs, on the bounds of an exception, in the widest
    gaps, or, where outputs are noisy, wherever the fit is least certain.
    """

    def solve(self, budget: int, rng: np.random.Generator) -> Solution:
        """Interprets one function; see `ScriptedAgent.solve`."""
        evidence = _Evidence(budget)
        first = budget if budget < _FEW else max(_FEW, round(budget * _FIRST_SHARE))
        yield from evidence.ask(spread(first, rng))
        step = max(1, -(-evidence.left // _ROUNDS))
        hypotheses = search_exact(*evidence.defined(), curved=False)
        noisy = False
        if not hypotheses:
            yield from evidence.ask(self._repeats(evidence))
            noisy = is_noisy(evidence.repeated())
            hypotheses = [] if noisy else search_exact(*evidence.defined(), jitter=evidence.jitter())
        while evidence.left > 0:
            if hypotheses:
                hypotheses = yield from self._confirm(evidence, hypotheses, step)
            elif noisy:
                x, y = evidence.defined()
                rivals = search_noisy(x, y, exceptions=False)
                yield from evidence.ask(telling_inputs(rivals, x, y, _NOISY_ROUND * step, rng))
            elif (jitter := evidence.jitter()) is not None:
                inputs = self._beyond(evidence, jitter) if len(evidence.repeated()) < _MOST_REPEATED else []
                if inputs:
                    yield from evidence.ask(inputs)
                    continue
                # Outputs jitter from here to there at least: the rule is to be found beyond.
                yield from evidence.ask(gap_inputs(evidence.all_inputs, step, avoid=jitter))
                hypotheses = search_exact(*evidence.defined(), jitter=jitter)
                noisy = not hypotheses and evidence.left < budget * _LAST_SHARE
            else:
                yield from evidence.ask(self._for_pieces(evidence, step))
        x, y = evidence.defined()
        if hypotheses:
            return report(hypotheses, x, y)
        if noisy or evidence.is_short:
            return report(explain_noise(x, y, evidence.repeated()), x, y)
        exact = search_exact(x, y, jitter=evidence.jitter())
        return report(exact, x, y) if exact else approximate(search_noisy(x, y, exceptions=False), x, y)

    def conclude(self, inputs: list[Any], outputs: Any, exemplars: list[str]) -> Submission:
        """Describes a function from evidence; see `ScriptedAgent.conclude`."""
        evidence = _Evidence(0)
        evidence.add(inputs, outputs)
        x, y = evidence.defined()
        noisy = is_noisy(evidence.repeated())
        exact = [] if noisy else search_exact(x, y, jitter=evidence.jitter())
        if exact:
            return report(exact, x, y)
        if noisy or evidence.is_short:
            return report(explain_noise(x, y, evidence.repeated()), x, y)
        return approximate(search_noisy(x, y, exceptions=False), x, y)

    def _repeats(self, evidence: _Evidence) -> list[float]:
        """Inputs to ask again, to see whether the function is noisy."""
        x, _ = evidence.defined()
        if x.size == 0 or evidence.left < _REPEATED:
            return []
        return x[np.linspace(0, x.size - 1, _REPEATED + 2).astype(np.intp)[1:-1]].tolist()

    def _beyond(self, evidence: _Evidence, jitter: tuple[float, float]) -> list[float]:
        """Inputs to ask again, halfway between what is known to jitter and what is known not to, or the ends."""
        x, _ = evidence.defined()
        steady = [at for at in evidence.repeated_inputs() if not jitter[0] <= at <= jitter[1]]
        below = x[(x < jitter[0]) & (x > max([at for at in steady if at < jitter[0]], default=-np.inf))]
        above = x[(x > jitter[1]) & (x < min([at for at in steady if at > jitter[1]], default=np.inf))]
        return [float(side[side.size // 2]) for side in (below, above) if side.size]

    def _confirm(
        self, evidence: _Evidence, hypotheses: list[Hypothesis], step: int
    ) -> Generator[list[float], NDArray[np.float64], list[Hypothesis]]:
        """Asks where exact rivals differ, at the bounds of exceptions, and in gaps; fits anew after a surprise."""
        x, y = evidence.defined()
        rivals = [h for h in hypotheses[:_RIVALS] if h.exact]
        inputs = disagreement_inputs(rivals, x, y, _SETTLING)
        inputs += self._doubtful(hypotheses[0], x)
        inputs += edge_inputs(hypotheses[0].intervals, x)
        inputs += gap_inputs(np.concatenate([evidence.all_inputs, inputs]), max(1, step // 2))
        yield from evidence.ask(inputs)
        x, y = evidence.defined()
        kept = [after for h in rivals if (after := reassess(h, x, y)) is not None]
        return ranked(kept) or search_exact(x, y)

    def _doubtful(self, hypothesis: Hypothesis, x: FloatArray) -> list[float]:
        """Inputs to ask again inside exceptions that may be none: there, two outputs are never alike."""
        inputs = []
        for interval in hypothesis.intervals:
            inside = x[interval.start : interval.stop]
            if (inside.size < _SURE or odd_constants(hypothesis.rule)) and np.unique(inside).size == inside.size:
                inputs.append(float(inside[inside.size // 2]))
        return inputs

    def _for_pieces(self, evidence: _Evidence, count: int) -> list[float]:
        """Inputs that tell most about a function without a formula."""
        x, y = evidence.defined()
        x, first = np.unique(x, return_index=True)
        inputs = rounded(worst_gaps(x, y[first], count))
        return inputs or gap_inputs(evidence.all_inputs, count)
