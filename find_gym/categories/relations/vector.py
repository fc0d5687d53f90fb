"""The vectorised `FIND-relations-v1`."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.relations.answers import UNDEFINED
from find_gym.categories.relations.catalogue import RELATIONS
from find_gym.categories.relations.conditions import Condition
from find_gym.categories.relations.env import RelationEnv
from find_gym.categories.relations.function import RelationFunction, RelationSpec
from find_gym.categories.relations.probes import probe_words
from find_gym.categories.relations.tokens import LETTERS, encode_answer
from find_gym.core.episode import Examiner
from find_gym.envs.vector.answers import Integers, ListedAnswers
from find_gym.envs.vector.base import FINDVectorEnv
from find_gym.envs.vector.features import Features
from find_gym.interfaces.tokens import TokensInterface


class RelationAnswers(ListedAnswers):
    """The answers of N relations; see `BatchAnswers`.

    All relations without exceptions are one table, made once; an episode names its relation and excepts probes.
    """

    names = ("undefined", "answer")

    def __init__(self, codec: TokensInterface, examiner: Examiner, features: Features) -> None:
        super().__init__(codec, examiner, features)
        self._relation = np.zeros(features.count, dtype=np.int64)
        self._excepted = np.zeros((features.count, self._count), dtype=np.bool_)
        self._shown = self._features["answer"].reshape(-1, LETTERS)

    def _tabulate(self, env: int, function: Any, entropy: int) -> bool:
        if type(function) is not RelationFunction:
            return False
        spec = function.spec
        self._relation[env] = list(RELATIONS).index(spec.relation)
        self._excepted[env] = False
        for condition in spec.exceptions:
            self._excepted[env] |= _met(spec.relation, condition)
        return True

    def _looked_up(self, env: int, probe: int) -> str:
        if self._excepted[env, probe]:
            return UNDEFINED
        return _outputs(tuple(RELATIONS)[self._relation[env]])[probe]

    def ask(self, envs: Integers, probes: Integers) -> None:
        """Answers one query in each of some episodes."""
        undefined, letters = _table()
        missing = undefined[self._relation[envs], probes] | self._excepted[envs, probes]
        shown = letters[self._relation[envs], probes]
        shown[missing] = 0.0
        for place, output in self._answer_untabled(envs, probes):
            missing[place], shown[place] = encode_answer(output)
        self._remember(envs, probes)
        flat = self._rows.take(envs) + probes
        self._show_asked(flat)
        self._flat["undefined"][flat] = missing
        self._shown[flat[~missing]] = shown[~missing]


@cache
def _outputs(relation: str) -> list[str]:
    """Returns the outputs of a relation without exceptions at all probes."""
    return RelationFunction(RelationSpec(relation)).truth(probe_words())


@cache
def _met(relation: str, condition: Condition) -> NDArray[np.bool_]:
    """Returns which probes meet a condition, bool of shape `(probes,)`."""
    return np.array(RelationFunction(RelationSpec(relation, (condition,))).sides(probe_words()))[:, 0]


@cache
def _table() -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Returns the features of all relations' answers at all probes: `(relations, probes)`, and one axis for letters."""
    encoded = [[encode_answer(output) for output in _outputs(name)] for name in RELATIONS]
    undefined = np.array([[missing for missing, _ in row] for row in encoded])
    return undefined, np.array([[letters for _, letters in row] for row in encoded], dtype=np.float32)


class RelationVectorEnv(FINDVectorEnv):
    """N relations at once; see `FINDVectorEnv` and, for the arguments, `RelationEnv`.

    Infos have no `exemplars`; `functions` has them, which are privileged otherwise.
    """

    single = RelationEnv
    answers = RelationAnswers
