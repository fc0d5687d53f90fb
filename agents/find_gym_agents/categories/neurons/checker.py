"""How likely evidence is under a description of a unit."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.categories.neurons.bank import open_places
from find_gym.categories.neurons.programs import NeuronProgram
from find_gym_agents.categories.checking import Checker, Evidence
from find_gym_agents.categories.neurons.expectation import expected_answers, known_outputs


class NeuronChecker(Checker):
    """A program is the likelier the better it tells words that are expected to be active from the others.

    Many programs explain a few answers, and most of them are wrong about other words. So a program is held against all
    open words, with the outputs that these answers and the units of `train` lead one to expect. Answers to texts that
    are no open words of the bank tell nothing here; no probe is such a text.
    """

    def log_likelihood(self, program: Any, bits: float, evidence: Evidence) -> float:
        """Returns the log-likelihood; see `Answers.likelihoods`."""
        assert isinstance(program, NeuronProgram)
        answers = expected_answers(*known_outputs(evidence))
        return float(answers.likelihoods(program.bank_outputs()[open_places()].astype(np.float32)))
