"""FIND as Gymnasium environments: train and evaluate automated interpreters of black-box functions.

Importing this package registers the environments:

    >>> import gymnasium as gym
    >>> import find_gym
    >>> env = gym.make("FIND-numeric-v0")
"""

from gymnasium.envs.registration import register, registry

__version__ = "0.1.0"

_ENTRY_POINTS = {
    "FIND-numeric-v0": "find_gym.envs.numeric:NumericEnv",
    "FIND-strings-v0": "find_gym.envs.strings:StringEnv",
    "FIND-entities-v0": "find_gym.envs.entities:EntityEnv",
    "FIND-relations-v0": "find_gym.envs.relations:RelationEnv",
}
ENVIRONMENT_IDS = tuple(_ENTRY_POINTS)

for _identifier, _entry_point in _ENTRY_POINTS.items():
    if _identifier not in registry:
        register(id=_identifier, entry_point=_entry_point)
