"""`FIND-strings-v0`: interpret black-box functions from strings to strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from find_gym.envs.base import FINDEnv
from find_gym.envs.interfaces import Interface
from find_gym.envs.strings_category import StringCategory, string_text
from find_gym.functions.strings.custom import CallableStringFunction
from find_gym.functions.strings.difficulty import StringDifficulty
from find_gym.functions.strings.function import StringBlackBox, StringFunction, StringSpec
from find_gym.functions.strings.published import PublishedStringFunction, PublishedStringSpec
from find_gym.functions.strings.sampling import sample_string


class StringEnv(FINDEnv):
    """String functions of FIND as an environment.
    """

    category = StringCategory()
    interfaces = ("tokens", "text")

    def _read_difficulty(self, difficulty: Any) -> StringDifficulty:
        return StringDifficulty.of(difficulty)

    def _sample(self, rng: np.random.Generator, split: str | None, level: Any) -> StringFunction:
        return StringFunction(sample_string(rng, split=split, difficulty=level))

    def _read_function(self, named: Any) -> StringBlackBox | None:
        if isinstance(named, (StringFunction, CallableStringFunction, PublishedStringFunction)):
            return named
        if isinstance(named, StringSpec):
            return StringFunction(named)
        if isinstance(named, PublishedStringSpec):
            return PublishedStringFunction(named)
        if isinstance(named, Mapping):
            return StringFunction(StringSpec.from_json(named))
        return CallableStringFunction(named) if callable(named) else None

    def _make_codec(self, max_queries: int, level: Any) -> Interface:
        return string_text(max_queries)
