"""What other distributions register by their entry points."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any


def register_entry_points(group: str, kind: str, register: Callable[[Any], object]) -> None:
    """Registers what the entry points of a group name; a warning names those that can't be.

    Args:
        group: the group.
        kind: what its entry points are, for the warning: "category".
        register: registers one, and raises where it can't.
    """
    for entry in entry_points(group=group):
        try:
            register(entry.load())
        except Exception as error:
            warnings.warn(
                f"the {kind} {entry.name!r} ({entry.value}) can't be registered: {type(error).__name__}: {error}",
                stacklevel=3,
            )
