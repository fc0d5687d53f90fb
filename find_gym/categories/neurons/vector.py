"""The vectorised `FIND-neurons-v0`."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.categories.neurons.env import NeuronEnv
from find_gym.categories.neurons.function import NeuronFunction
from find_gym.categories.neurons.tokens import exemplar_probes, probe_places
from find_gym.core.episode import Examiner
from find_gym.envs.vector.answers import BatchAnswers, Integers
from find_gym.envs.vector.base import FINDVectorEnv
from find_gym.envs.vector.features import Features
from find_gym.interfaces.tokens import TokensInterface


class NeuronAnswers(BatchAnswers):
    """The answers of N units; see `BatchAnswers`."""

    names = ("activation",)

    def __init__(self, codec: TokensInterface, examiner: Examiner, features: Features) -> None:
        super().__init__(codec, examiner, features)
        self._table = np.zeros((features.count, self._count))
        self._outputs = np.zeros(self._history.shape)
        # Words to start from are shown where the environment has them; they are no answers, and not cleared as such.
        has_exemplars = "exemplar" in codec.observation_space.spaces
        self._exemplar = features["exemplar"] if has_exemplars else None

    def _tabulate(self, env: int, function: Any, entropy: int) -> bool:
        outputs = function.bank_outputs()
        if self._exemplar is not None:
            self._exemplar[env] = exemplar_probes(outputs)
        self._table[env] = outputs[probe_places()]
        # A callable can't be sent to the processes that score.
        return isinstance(function, NeuronFunction)

    def _forget(self, envs: Integers) -> None:
        """Nothing is left to forget."""

    def _widen(self) -> None:
        self._outputs = np.concatenate([self._outputs, np.zeros_like(self._outputs)], axis=1)

    def evidence(self, env: int) -> tuple[list[str], list[float]]:
        """Returns the inputs that were asked in an episode and their outputs, in order."""
        queries = self._queries(env)
        return [self._probes[probe] for probe in queries], self._outputs[env, : len(queries)].tolist()

    def ask(self, envs: Integers, probes: Integers) -> None:
        """Answers one query in each of some episodes."""
        flat = self._rows.take(envs) + probes
        outputs = self._table.take(flat)
        places = self._remember(envs, probes)
        self._outputs.reshape(-1)[places] = outputs
        self._show_asked(flat)
        self._flat["activation"][flat] = outputs
        self._all_features.touch_rows("activation", 1, flat)


class NeuronVectorEnv(FINDVectorEnv):
    """N units at once; see `FINDVectorEnv` and, for the arguments, `NeuronEnv`.

    Infos have no `exemplars`: the observation has them.
    """

    single = NeuronEnv
    answers = NeuronAnswers
