"""The answers of vectorised environments whose functions return one number for a word."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from find_gym.core.episode import Examiner
from find_gym.envs.vector.answers import BatchAnswers, Integers
from find_gym.envs.vector.features import Features
from find_gym.interfaces.tokens import TokensInterface


class ActivationAnswers(BatchAnswers):
    """The activations of the probes in N episodes; see `BatchAnswers`.

    Subclasses fill a function's row of `_table`, and of `_exemplar` where the environment shows words to start from.
    """

    names = ("activation",)

    def __init__(self, codec: TokensInterface, examiner: Examiner, features: Features) -> None:
        super().__init__(codec, examiner, features)
        self._table = np.zeros((features.count, self._count))
        self._outputs = np.zeros(self._history.shape)
        # Words to start from are shown where the environment has them; they are no answers, and not cleared as such.
        has_exemplars = "exemplar" in codec.observation_space.spaces
        self._exemplar = features["exemplar"] if has_exemplars else None

    def _widen(self) -> None:
        self._outputs = np.concatenate([self._outputs, np.zeros_like(self._outputs)])

    def evidence(self, env: int) -> tuple[list[str], list[float]]:
        """Returns the inputs that were asked in an episode and their outputs, in order."""
        queries = self._queries(env)
        return [self._probes[probe] for probe in queries], self._outputs[: len(queries), env].tolist()

    def ask(self, envs: Integers, probes: Integers) -> None:
        """Answers one query in each of some episodes."""
        outputs = self._outputs_of(envs, probes)
        flat, places = self._note(envs, probes)
        self._outputs.reshape(-1)[places] = outputs
        self._flat["activation"][flat] = outputs

    def _outputs_of(self, envs: Integers, probes: Integers) -> NDArray[np.float64]:
        """Returns the outputs of probes."""
        return self._table[envs, probes]
