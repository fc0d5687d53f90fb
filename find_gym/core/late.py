"""Modules that are imported when they are first needed, as what they need takes long to import."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class LateModule:
    """Stands for a module, which it imports when one of its names is first read.

    From then on its names are those of the module itself, and found as fast. An import in a function takes ten times as
    long, which counts where one call does little.

    Args:
        name: the module's whole name.
    """

    __slots__ = ("__dict__", "_name")

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        module = import_module(self._name)
        self.__dict__ = vars(module)
        return getattr(module, name)
