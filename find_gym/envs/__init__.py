"""The step loop: episode rules, interfaces, the environments, rendering."""

from find_gym.envs.episode import Episode, Rules
from find_gym.envs.numeric import NumericEnv
from find_gym.envs.strings import StringEnv

__all__ = ["Episode", "NumericEnv", "Rules", "StringEnv"]
