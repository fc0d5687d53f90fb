"""Where a policy comes from: a file of a training run, a zip, or a function."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from find_gym_agents.base import PolicyError
from find_gym_agents.checks import nearest
from find_gym_agents.loading import load_named, search_in


@dataclass(frozen=True)
class PolicySource:
    """Where a policy comes from.

    Attributes:
        checkpoint: as the command line names it.
        kind: "trained" (a file of `find-gym train`), "zip" (of Stable-Baselines3), or "function".
        file: the file; that of the module for a function.
        name: the name of the function; empty for files.
    """

    checkpoint: str
    kind: str
    file: Path
    name: str = ""

    @staticmethod
    def of(checkpoint: str) -> PolicySource:
        """Returns the source that a file, or `FILE.py:NAME` or `package.module:NAME`, stands for.

        Raises:
            PolicyError: there is no such file or module.
        """
        path = Path(checkpoint)
        if path.is_file():
            return PolicySource(checkpoint, "zip" if path.suffix == ".zip" else "trained", path)
        place, _, name = checkpoint.rpartition(":")
        if not place or not name.isidentifier():
            raise PolicyError(
                f"expected the file of a policy, FILE.py:NAME, or 'pretrained', actual: there is none at {checkpoint!r}"
                + nearest(checkpoint, ["pretrained"])
            )
        file = Path(place) if place.endswith(".py") else _file_of_module(place)
        if file is None or not file.is_file():
            raise PolicyError(f"expected a Python file or module with {name!r}, actual: there is none at {place!r}")
        return PolicySource(checkpoint, "function", file, name)

    @property
    def digest(self) -> str:
        """The SHA-256 of the file, which tells policies of the same name apart."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()

    @property
    def label(self) -> str:
        """How the policy is called in results: by its folder, where runs differ, and its own name."""
        folder = self.file.absolute().parent.name
        if self.kind == "function":
            return f"{self.file.stem}/{self.name}"
        return folder if self.file.stem == "policy" else f"{folder}/{self.file.stem}"

    def load_function(self) -> Any:
        """Returns what the function makes; its file is run.

        Raises:
            PolicyError: the module has nothing of that name, or it is not callable.
        """
        try:
            make = load_named(self.checkpoint)
        except ValueError as error:
            raise PolicyError(str(error)) from error
        if not callable(make):
            raise PolicyError(f"expected a function {self.name!r} in {str(self.file)!r}, actual: {make!r}")
        return make()


def _file_of_module(name: str) -> Path | None:
    search_in(os.getcwd())
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    return None if found is None or found.origin is None else Path(found.origin)
