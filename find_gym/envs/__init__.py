"""The step loop: episode rules, interfaces, the environments, rendering."""

from find_gym.envs.entities import EntityEnv
from find_gym.envs.episode import Episode, Rules
from find_gym.envs.numeric import NumericEnv
from find_gym.envs.relations import RelationEnv
from find_gym.envs.strings import StringEnv

__all__ = ["EntityEnv", "Episode", "NumericEnv", "RelationEnv", "Rules", "StringEnv"]
