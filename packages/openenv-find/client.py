"""The client."""

from find_gym.adapters.openenv import FindClient

__all__ = ["FindClient"]
