"""Submissions of atom-fit: the best hypothesis, or a piecewise linear function, in English and as code."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.category import MAX_NUMERIC_COMPLEXITY
from find_gym.categories.numeric.fitting.regions import REGION_STD, covered
from find_gym.categories.numeric.fitting.skeletons import RuleFit, assemble, fit_rule
from find_gym.categories.numeric.function import NumericFunction, NumericSpec
from find_gym.categories.numeric.rules import AtomRule
from find_gym.categories.numeric.sampling import domain_mean
from find_gym.scoring import MalformedError, Submission, prepare_code
from find_gym_agents.interpreters.atom_fit.pieces import MAX_POINTS, fit_pieces, score_weights, tolerance
from find_gym_agents.interpreters.atom_fit.search import Hypothesis
from find_gym_agents.interpreters.knots import longest_that_fits

# Parts in which the evidence is left out in turn to compare a formula with pieces.
_FOLDS = 4
# Widths of rectangles that differ in their mean over the domain, with their shares; 0 stands for a constant, of which
# one in 200 is 0. Below so many outputs, nothing can be said of their mean.
_HIDDEN_WIDTHS = ((0.0, 0.07), (1.5, 0.1), (4.0, 0.45), (8.0, 0.45))
_HIDDEN_SIZE = 10
# Without any evidence, the most common of all outputs.
_NOTHING = NumericSpec(AtomRule("constant", (0,)), (-100.0, 100.0))


def report(hypotheses: list[Hypothesis], x: FloatArray, y: FloatArray) -> Submission:
    """Writes the best hypothesis as a submission.

    Args:
        hypotheses: the best first.
        x: inputs in ascending order, shape `(n,)`.
        y: outputs, shape `(n,)`.
    """
    if not hypotheses:
        return write_spec(_NOTHING, x, y)
    best = hypotheses[0]
    fit = best.fit
    if not best.exact:
        # The residuals are those of the outputs that were fitted, the mean of the noise taken off.
        outside = ~covered(best.intervals, x.size) & np.isfinite(fit.residuals)
        with np.errstate(all="ignore"):
            fitted = np.where(outside, rules.evaluate(fit.rule, x) + fit.residuals, 0.0)
        fit = fit_rule(best.skeleton, x, fitted, outside, plain=True)
    else:
        fit = _hidden_pulse(best, y)
    spec = assemble(fit.rule, list(best.intervals), x, y)
    return write_spec(spec, x, y)


def _hidden_pulse(hypothesis: Hypothesis, y: FloatArray) -> RuleFit:
    """Returns the fit, or that of a rectangle in place of 0 where an exception hides what is around 0.

    Of all rules that are 0 elsewhere, rectangles are the most common; the mean inside the exception is that of their
    values over the domain, so it tells the width.
    """
    fit = hypothesis.fit
    if fit.rule != AtomRule("constant", (0.0,)) or not hypothesis.exact:
        return fit
    for interval in hypothesis.intervals:
        values = y[interval.start : interval.stop]
        hidden = fit.residuals[interval.start : interval.stop]
        if values.size < _HIDDEN_SIZE or not np.array_equal(values, hidden):
            continue
        odds = []
        for width, prior in _HIDDEN_WIDTHS:
            rule = AtomRule("rectangle", (width,)) if width else AtomRule("constant", (0,))
            mean = domain_mean(rule, rules.domain(rule)) or 0.0
            misfit = (float(values.mean()) - mean) ** 2 * values.size / REGION_STD**2 / 2
            odds.append((misfit - math.log(prior), rule))
        best = min(odds, key=lambda pair: pair[0])[1]
        return replace(fit, skeleton=best.name, constants=[best.constants])
    return fit


def approximate(hypotheses: list[Hypothesis], x: FloatArray, y: FloatArray) -> Submission:
    """Writes the better of a formula and a piecewise linear function for a function that is in no library."""
    unique, first = np.unique(x, return_index=True)
    values = y[first]
    if not hypotheses:
        return report(hypotheses, x, y)
    weights = score_weights(unique, values)
    allowed = tolerance(values)
    predicted = rules.evaluate(hypotheses[0].rule, unique)
    formula = float(weights @ (np.abs(predicted - values) <= allowed))
    pieces = 0.0
    for fold in range(_FOLDS):
        held = np.arange(unique.size) % _FOLDS == fold
        if (~held).sum() < 2:
            continue
        guess = fit_pieces(unique[~held], values[~held]).evaluate(unique[held])
        pieces += float(weights[held] @ (np.abs(guess - values[held]) <= allowed[held]))
    if formula >= pieces:
        return report(hypotheses, x, y)
    return write_pieces(unique, values)


def write_spec(spec: NumericSpec, x: FloatArray, y: FloatArray) -> Submission:
    """Writes a rule with its exceptions, or straight lines in its place where its code is beyond the cap on complexity.

    Args:
        spec: the rule with its exceptions.
        x: inputs in ascending order, shape `(n,)`.
        y: outputs, shape `(n,)`.
    """
    function = NumericFunction(spec)
    code = function.source()
    try:
        prepare_code(code, cap=MAX_NUMERIC_COMPLEXITY)
    except MalformedError:
        return _short(spec, x, y)
    return Submission(function.describe(), domain_text(spec), code)


def _short(spec: NumericSpec, x: FloatArray, y: FloatArray) -> Submission:
    """Writes a rule whose code is beyond the cap on complexity by pieces between which the lines are straight."""
    regionless = NumericFunction(replace(spec, regions=()))
    grid = np.unique(np.concatenate([x, np.linspace(-128, 128, 129)]))
    values = regionless.truth(grid)
    keep = np.isfinite(values)
    if keep.sum() < 2:
        return Submission(regionless.describe(), "", "def f(x):\n    return 0.0\n")
    return write_pieces(grid[keep], values[keep], regionless.describe(), domain_text(spec))


def write_pieces(
    x: FloatArray, y: FloatArray, description: str | None = None, domain: str = "No exception."
) -> Submission:
    """Writes straight lines between as many points as the cap on complexity lets pass.

    Args:
        x: inputs in ascending order, shape `(n,)`, none twice.
        y: outputs, shape `(n,)`, finite.
        description: what is said in English; by default it names the points.
        domain: where the description holds.
    """

    def write(count: int) -> Submission:
        found = fit_pieces(x, y, max(count, 2))
        return Submission(found.describe() if description is None else description, domain, found.source())

    return longest_that_fits(write, MAX_POINTS, MAX_NUMERIC_COMPLEXITY)


def domain_text(spec: NumericSpec) -> str:
    """Says where the rule does not hold, and where it is not defined."""
    if spec.regions:
        text = (
            "It departs from the rule where " + " or where ".join(region.condition() for region in spec.regions) + "."
        )
    else:
        text = "No exception."
    guards = {text for _, text in rules.guards(spec.rule)}
    names = {"x >= 0": "It is undefined for negative inputs.", "x > 0": "It is undefined unless the input is positive."}
    # Inequalities are kept for exceptions, the only intervals that this part is read for.
    return " ".join([text, *(names.get(guard, "It is undefined at poles.") for guard in sorted(guards))])
