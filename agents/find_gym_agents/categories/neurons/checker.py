"""How likely evidence is under a description of a unit: as the agent `feature-search` has it."""

from __future__ import annotations

from typing import Any

from find_gym.categories.neurons.bank import open_places
from find_gym.categories.neurons.programs import NeuronProgram
from find_gym_agents.categories.checking import Checker, Evidence
from find_gym_agents.interpreters.feature_search import CLAUSE_COST, Answers, open_place


class NeuronChecker(Checker):
    """Whether a word is active is a straight line of the program's output, with normal noise.

    What was asked beside the open words of the bank, of which the probes are some, tells nothing here.
    """

    def log_likelihood(self, program: Any, bits: float, evidence: Evidence) -> float:
        """Returns the log-likelihood less what the clauses cost."""
        assert isinstance(program, NeuronProgram)
        known = {place: output for word, output in evidence if (place := open_place(word)) is not None}
        answers = Answers.of(list(known), list(known.values()), [])
        outputs = program.bank_outputs()[open_places()].astype("float32")
        return float(answers.likelihoods(outputs[answers.places])) - CLAUSE_COST * len(program.clauses)
