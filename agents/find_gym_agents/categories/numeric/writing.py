"""How the neural interpreter of numbers writes: the chosen formula, or straight lines where there seems to be none."""

from __future__ import annotations

import numpy as np

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import FloatArray
from find_gym.categories.numeric.function import NumericSpec
from find_gym.core.submissions import Submission
from find_gym_agents.categories.checking import Checked, Evidence
from find_gym_agents.categories.numeric.telling import changes, explains, pairs_of
from find_gym_agents.interpreters.atom_fit.pieces import tolerance
from find_gym_agents.interpreters.atom_fit.report import report, write_pieces, write_spec


def write(checked: Checked, evidence: Evidence) -> Submission:
    """Writes a description in English and as code.

    A formula that does not explain the answers exactly is that of a noisy function, or of one that has no formula, such
    as a network. Inputs that were asked again tell: where each was answered alike, there is no noise, and straight
    lines are nearer, unless the formula is near to all answers as it stands, without exceptions.

    Args:
        checked: the formula, its constants fitted.
        evidence: what was asked and answered, None or NaN where undefined.
    """
    x, y = pairs_of(evidence)
    repeated = changes(x, y)
    x, y = x[order := np.argsort(x, kind="stable")], y[order]
    spec = checked.program
    if spec is None:
        return report([], x, y)
    assert isinstance(spec, NumericSpec)
    if repeated and not any(repeated) and not explains(spec, x, y) and not _is_near(spec, x, y):
        x, first = np.unique(x, return_index=True)
        return write_pieces(x, y[first])
    return write_spec(spec, x, y)


def write_as_it_is(checked: Checked, evidence: Evidence) -> Submission:
    """Writes a formula in English and as code; see `write`."""
    assert isinstance(checked.program, NumericSpec)
    return write_spec(checked.program, *pairs_of(sorted(evidence)))


def _is_near(spec: NumericSpec, x: FloatArray, y: FloatArray) -> bool:
    """Whether a formula without exceptions is within the score's tolerance of all outputs, or some are undefined."""
    with np.errstate(all="ignore"):
        errors = np.abs(rules.evaluate(spec.rule, x) - y)
    return not np.isfinite(y).all() or (not spec.regions and bool((errors <= tolerance(y)).all()))
