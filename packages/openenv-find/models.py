"""The models that go over the wire."""

from find_gym.adapters.openenv import FindAction, FindObservation, FindState

__all__ = ["FindAction", "FindObservation", "FindState"]
