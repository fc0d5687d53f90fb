"""The vectorised `FIND-neurons-v0`."""

from __future__ import annotations

from typing import Any

from find_gym.categories.neurons.env import NeuronEnv
from find_gym.categories.neurons.function import NeuronFunction
from find_gym.categories.neurons.tokens import exemplar_probes, probe_places
from find_gym.envs.vector.activations import ActivationAnswers
from find_gym.envs.vector.base import FINDVectorEnv


class NeuronAnswers(ActivationAnswers):
    """The answers of N units; see `ActivationAnswers`."""

    def _tabulate(self, env: int, function: Any, entropy: int) -> bool:
        outputs = function.bank_outputs()
        if self._exemplar is not None:
            self._exemplar[env] = exemplar_probes(outputs)
        self._table[env] = outputs[probe_places()]
        # A callable can't be sent to the processes that score.
        return isinstance(function, NeuronFunction)


class NeuronVectorEnv(FINDVectorEnv):
    """N units at once; see `FINDVectorEnv` and, for the arguments, `NeuronEnv`.

    Infos have no `exemplars`: the observation has them.
    """

    single = NeuronEnv
    answers = NeuronAnswers
