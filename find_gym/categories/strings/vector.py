"""The vectorised `FIND-strings-v1`."""

from __future__ import annotations

from find_gym.categories.strings.env import StringEnv
from find_gym.envs.vector.base import FINDVectorEnv


class StringVectorEnv(FINDVectorEnv):
    """N string functions at once; see `FINDVectorEnv` and, for the arguments, `StringEnv`."""

    single = StringEnv
