"""Files of a training run: checkpoints, written beside and renamed, that hold numbers and no code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch as th

from find_gym_agents.base import PolicyError

CHECKPOINT, POLICY, LAST, UNTRAINED = "checkpoint.pt", "policy.pt", "policy_last.pt", "untrained.pt"
_FORMAT = 1


class CheckpointError(PolicyError):
    """A file that is no checkpoint of this package, or does not fit what it is used for."""


def save(path: Path, data: dict[str, Any]) -> None:
    """Writes a checkpoint: state dicts, numbers, texts."""
    beside = path.with_name(f"{path.name}.part")
    with open(beside, "wb") as file:
        th.save({"find_gym_checkpoint": _FORMAT, **data}, file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def load(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Reads a checkpoint; no code in it is run.

    Raises:
        CheckpointError: there is no such file, or it is not one.
    """
    if not Path(path).is_file():
        raise CheckpointError(f"expected the file of a trained policy, actual: there is none at {str(path)!r}")
    try:
        data = th.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        why = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise CheckpointError(f"expected a checkpoint of find-gym, actual: {str(path)!r} ({why})") from error
    if not isinstance(data, dict) or data.get("find_gym_checkpoint") != _FORMAT:
        raise CheckpointError(f"expected a checkpoint of find-gym (format {_FORMAT}), actual: {str(path)!r}")
    return dict(data)


def check_identity(before: Mapping[str, Any], now: Mapping[str, Any], folder: Path) -> None:
    """Checks that the run of a folder has the configuration with which it is to go on.

    Raises:
        CheckpointError: it has another one.
    """
    differing = [name for name in now if before.get(name) != now[name]]
    if differing:
        changes = "; ".join(f"{name} was {before.get(name)!r}, now {now[name]!r}" for name in differing)
        raise CheckpointError(
            f"expected the configuration of the run in {str(folder)!r}, actual: {changes}; choose another --out"
        )
