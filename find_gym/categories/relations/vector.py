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
        # Where the probes of each episode's relation begin in the table.
        self._first = np.zeros(features.count, dtype=np.int64)
        self._excepted = np.zeros((features.count, self._count), dtype=np.bool_)
        self._shown = self._features["answer"].reshape(-1, LETTERS)

    def _tabulate(self, env: int, function: Any, entropy: int) -> bool:
        if type(function) is not RelationFunction:
            return False
        spec = function.spec
        number, self._outputs[env] = _looked_up(spec.relation)
        self._first[env] = number * self._count
        self._excepted[env] = False
        if spec.exceptions:
            excepted = np.logical_or.reduce([_met(spec.relation, one) for one in spec.exceptions])
            self._excepted[env] = excepted
            self._outputs[env] = outputs = self._outputs[env].copy()
            for probe in excepted.nonzero()[0].tolist():
                outputs[probe] = UNDEFINED
        return True

    def ask(self, envs: Integers, probes: Integers) -> None:
        """Answers one query in each of some episodes."""
        undefined, letters = _table()
        places = self._first.take(envs) + probes
        missing = undefined.take(places) | self._excepted[envs, probes]
        shown = letters.take(places, axis=0)
        shown[missing] = 0.0
        for place, output in self._answer_untabled(envs, probes):
            missing[place], shown[place] = encode_answer(output)
        flat, _ = self._note(envs, probes)
        self._flat["undefined"][flat] = missing
        self._shown[flat] = shown


@cache
def _looked_up(relation: str) -> tuple[int, list[str]]:
    """Returns the number of a relation, and its outputs without exceptions at all probes."""
    return list(RELATIONS).index(relation), RelationFunction(RelationSpec(relation)).truth(probe_words())


@cache
def _met(relation: str, condition: Condition) -> NDArray[np.bool_]:
    """Returns which probes meet a condition, bool of shape `(probes,)`."""
    return np.array([met for (met,) in RelationFunction(RelationSpec(relation, (condition,))).sides(probe_words())])


@cache
def _table() -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Returns the features of the answers of all relations to all probes: of `(answers,)` and `(answers, letters)`."""
    encoded = [encode_answer(output) for name in RELATIONS for output in _looked_up(name)[1]]
    return np.array([missing for missing, _ in encoded]), np.array([row for _, row in encoded], dtype=np.float32)


class RelationVectorEnv(FINDVectorEnv):
    """N relations at once; see `FINDVectorEnv` and, for the arguments, `RelationEnv`.

    Infos have no `exemplars`; `functions` has them, which are privileged otherwise.
    """

    single = RelationEnv
    answers = RelationAnswers
