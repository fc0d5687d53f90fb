"""Weights that come with the package: a file for each environment, and beside it how it was made and what it earns."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from find_gym_agents.base import PolicyError

PRETRAINED = "pretrained"
"""In place of a file: the weights that come with the package."""


def pretrained_file(env: str) -> Path:
    """Returns the weights of an environment.

    Args:
        env: the environment's id.

    Raises:
        PolicyError: there are none.
    """
    folder = Path(str(files(__package__).joinpath("weights")))
    path = folder / f"{env}.pt"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in folder.glob("*.pt"))) or "none"
        raise PolicyError(f"expected an environment with pretrained weights ({known}), actual value: {env!r}")
    return path
