"""The vectorised `FIND-strings-v1`."""

from __future__ import annotations

from typing import Any

import numpy as np

from find_gym.categories.strings.env import StringEnv
from find_gym.categories.strings.function import StringFunction
from find_gym.categories.strings.tokens import SHOWN, encode
from find_gym.core.episode import Examiner
from find_gym.envs.vector.answers import Integers, WordAnswers
from find_gym.envs.vector.base import FINDVectorEnv
from find_gym.envs.vector.features import Features
from find_gym.interfaces.tokens import TokensInterface


class StringAnswers(WordAnswers):
    """The answers of N string functions; see `BatchAnswers`."""

    names = ("characters", "length", "same")

    def __init__(self, codec: TokensInterface, examiner: Examiner, features: Features) -> None:
        super().__init__(codec, examiner, features)
        self._outputs: list[list[str]] = [[] for _ in range(features.count)]
        shape = (features.count, self._count)
        self._characters = np.zeros((*shape, SHOWN), dtype=np.float32)
        self._length, self._same = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
        self._shown = self._features["characters"].reshape(-1, SHOWN)

    def _tabulate(self, env: int, function: Any, entropy: int) -> bool:
        if type(function) is not StringFunction or function.is_stochastic:
            return False
        self._outputs[env] = outputs = function.truth(self._probes)
        self._characters[env], self._length[env], self._same[env] = encode(outputs, self._probes)
        return True

    def _looked_up(self, env: int, probe: int) -> str:
        return self._outputs[env][probe]

    def ask(self, envs: Integers, probes: Integers) -> None:
        """Answers one query in each of some episodes."""
        for place, output in self._answer_untabled(envs, probes):
            env, probe = int(envs[place]), int(probes[place])
            shown = encode([output], [self._probes[probe]])
            self._characters[env, probe], self._length[env, probe], self._same[env, probe] = (one[0] for one in shown)
        self._remember(envs, probes)
        flat = self._rows.take(envs) + probes
        self._show_asked(flat)
        self._shown[flat] = self._characters.reshape(-1, SHOWN).take(flat, axis=0)
        self._flat["length"][flat] = self._length.take(flat)
        self._flat["same"][flat] = self._same.take(flat)
        features = self._all_features
        features.touch_rows("characters", SHOWN, flat)
        features.touch_rows("length", 1, flat)
        features.touch_rows("same", 1, flat)


class StringVectorEnv(FINDVectorEnv):
    """N string functions at once; see `FINDVectorEnv` and, for the arguments, `StringEnv`."""

    single = StringEnv
    answers = StringAnswers
