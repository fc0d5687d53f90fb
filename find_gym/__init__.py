"""FIND as Gymnasium environments: train and evaluate automated interpreters of black-box functions.

Importing this package registers the environments:

    >>> import gymnasium as gym
    >>> import find_gym
    >>> env = gym.make("FIND-numeric-v0")
"""

from gymnasium.envs.registration import register, registry

__version__ = "0.1.0"

ENVIRONMENT_IDS = ("FIND-numeric-v0",)

if "FIND-numeric-v0" not in registry:
    register(id="FIND-numeric-v0", entry_point="find_gym.envs.numeric:NumericEnv")
