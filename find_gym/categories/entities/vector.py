"""The vectorised `FIND-entities-v1`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.entities.banks import WordBank, probe_bank
from find_gym.categories.entities.env import EntityEnv
from find_gym.categories.entities.exemplars import draw_exemplars
from find_gym.envs.vector.activations import ActivationAnswers
from find_gym.envs.vector.answers import Integers
from find_gym.envs.vector.base import FINDVectorEnv


class EntityAnswers(ActivationAnswers):
    """The answers of N entity functions; see `ActivationAnswers`."""

    def _tabulate(self, env: int, function: Any, entropy: int) -> bool:
        if self._exemplar is not None:
            chosen = set(draw_exemplars(function, tuple(self._probes)))
            self._exemplar[env] = [probe in chosen for probe in self._probes]
        # A language model is asked no more than it has to be.
        if not WordBank.knows(function):
            return False
        self._table[env] = probe_bank().truth(function)
        return True

    def _outputs_of(self, envs: Integers, probes: Integers) -> NDArray[np.float64]:
        outputs = super()._outputs_of(envs, probes)
        for place, output in self._answer_untabled(envs, probes):
            outputs[place] = output
        return outputs


class EntityVectorEnv(FINDVectorEnv):
    """N entity functions at once; see `FINDVectorEnv` and, for the arguments, `EntityEnv`.

    Infos have no `exemplars`: the observation has them.
    """

    single = EntityEnv
    answers = EntityAnswers
