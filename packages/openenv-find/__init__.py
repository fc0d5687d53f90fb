"""FIND as an environment of OpenEnv; all of it is in find_gym.adapters.openenv."""

from find_gym.adapters.openenv import FindAction, FindClient, FindObservation, FindState

__all__ = ["FindAction", "FindClient", "FindObservation", "FindState"]
