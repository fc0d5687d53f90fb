"""A neural interpreter whose network writes the constants of programs itself, so that nothing is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch as th
from numpy.typing import NDArray

from find_gym_agents.categories.checking import Checked
from find_gym_agents.interpreters.neural.agent import NeuralAgent
from find_gym_agents.interpreters.neural.category import neural_category
from find_gym_agents.interpreters.neural.writing import WritingAgent


class OwnConstantsAgent(NeuralAgent):
    """Interprets with a network that writes programs and their constants.

    It asks what the query head values most. Of each of the likeliest programs the network writes the likeliest
    constants, and others, drawn by their probabilities: as many as is the program's share of the proposals. The one is
    chosen that makes the evidence likeliest. What it writes is for the interface `text`: in `tokens`, the environment
    would fit the constants.
    """

    def reset(self, seed: int) -> None:
        """Forgets the last episode; the seed decides which constants are drawn."""
        super().reset(seed)
        self._generator = th.Generator(self.network.device).manual_seed(seed)

    def _told_apart(self, positions: Sequence[Any], budget: int) -> NDArray[np.float64]:
        # Programs are told apart by fitted constants.
        return np.zeros(len(positions))

    @th.no_grad()
    def conclude(self) -> Checked:
        """Returns the likeliest of the proposals, by the evidence."""
        writer, checker, evidence = self.network.constants, self._checker, self.evidence
        assert writer is not None
        programs, priors = self._propose(self._proposals)
        counts = shares(priors, self._proposals)
        numbers = [(place, number) for place, count in enumerate(counts) for number in range(count)]
        # The first of each program is the likeliest.
        sampled = th.tensor([number > 0 for _, number in numbers], device=self.network.device)
        features = self._features(evidence, len(numbers))
        chosen = [programs[place] for place, _ in numbers]
        written = writer.write(features, chosen, sampled, self._generator)
        best: Checked | None = None
        for (place, _), program, constants in zip(numbers, chosen, written, strict=True):
            description = writer.describe(program, constants)
            checked = checker.check(program, description, evidence).with_prior(priors[place])
            best = checked if best is None or checked.beats(best) else best
        assert best is not None
        return best

    def _features(self, evidence: Sequence[tuple[Any, Any]], times: int) -> dict[str, th.Tensor]:
        """Returns the features of the evidence, so many times."""
        features = self._record.encode(*zip(*evidence, strict=True)) if evidence else self._record.encode([], [])
        return {
            name: th.from_numpy(values).to(self.network.device).expand(times, *values.shape)
            for name, values in features.items()
        }


def writing_agent(interpreter: OwnConstantsAgent) -> WritingAgent:
    """Returns the agent that submits what an interpreter writes, as it is."""
    constants = neural_category(interpreter.category).constants
    assert constants is not None
    return WritingAgent(interpreter, constants.write)


def shares(log_probabilities: Sequence[float], total: int) -> list[int]:
    """Divides a number of proposals among programs by their probabilities.

    Args:
        log_probabilities: the programs' log-probabilities, the greatest first.
        total: the number of proposals.

    Returns:
        The number for each program, at least 1 as long as there are any.
    """
    probabilities = np.exp(np.array(log_probabilities) - max(log_probabilities))
    counts, left = list[int](), total
    for share in (probabilities / probabilities.sum()).tolist():
        counts.append(min(max(1, round(total * share)), left))
        left -= counts[-1]
    return counts
