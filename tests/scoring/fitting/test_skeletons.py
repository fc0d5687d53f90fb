"""Fitting a rule without constants to the evidence of an episode."""

from __future__ import annotations

import numpy as np

from find_gym.functions import NumericFunction
from find_gym.scoring.fitting import fit_skeleton


def test_a_line_is_found_exactly() -> None:
    x = np.linspace(-20, 20, 41)
    spec = fit_skeleton("linear", (), x, 2.5 * x - 1)
    assert spec is not None
    assert NumericFunction(spec).describe() == "f(x) = 2.5x - 1, a linear function."
