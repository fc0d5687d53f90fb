"""How likely evidence is under a description of an entity function."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from find_gym.categories.entities.function import EntityFunction, EntitySpec
from find_gym_agents.categories.checking import Checker, Evidence

# The least standard deviation of activations around what a formula gives: they are told to four decimals.
_LEAST_DEVIATION = 1e-3


class EntityChecker(Checker):
    """Activations have normal noise around the formula's, of the standard deviation that is likeliest."""

    def log_likelihood(self, program: Any, bits: float, evidence: Evidence) -> float:
        """Returns the log-likelihood less the length of the formula."""
        assert isinstance(program, EntitySpec)
        predicted = EntityFunction(program).truth([word for word, _ in evidence])
        errors = predicted - np.array([activation for _, activation in evidence], dtype=np.float64)
        variance = float(errors @ errors) / max(len(evidence), 1) + _LEAST_DEVIATION**2
        return -0.5 * len(evidence) * math.log(variance) - bits * math.log(2)
