"""Judges: readers of descriptions in language, for unit tests. Import each from its own module."""

from find_gym.judges.protocol import Execution, Judge

__all__ = ["Execution", "Judge"]
