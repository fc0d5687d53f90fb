"""FIND as Gymnasium environments: train and evaluate automated interpreters of black-box functions.

Importing this package registers the environments:

    >>> import gymnasium as gym
    >>> import find_gym
    >>> env = gym.make("FIND-numeric-v0")
"""

from gymnasium.envs.registration import register, registry

__version__ = "0.1.0"

# For each id the environment and its vectorised class.
_ENTRY_POINTS = {
    "FIND-numeric-v0": ("numeric:NumericEnv", "numeric:NumericVectorEnv"),
    "FIND-strings-v0": ("strings:StringEnv", "strings:StringVectorEnv"),
    "FIND-entities-v0": ("entities:EntityEnv", "entities:EntityVectorEnv"),
    "FIND-relations-v0": ("relations:RelationEnv", "relations:RelationVectorEnv"),
}
ENVIRONMENT_IDS = tuple(_ENTRY_POINTS)

for _identifier, (_single, _vector) in _ENTRY_POINTS.items():
    if _identifier not in registry:
        register(
            id=_identifier,
            entry_point=f"find_gym.envs.{_single}",
            vector_entry_point=f"find_gym.envs.vector.{_vector}",
        )
