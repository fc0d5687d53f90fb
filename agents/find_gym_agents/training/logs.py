"""Where the figures of a training go: TensorBoard and the other loggers of Stable-Baselines3.

Imitation is counted in examples, reinforcement learning in steps; so each has tags of its own, and no axis mixes them:
`imitation/...` over examples; `rollout/...`, `train/...` and `validation/...` over steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from stable_baselines3.common.logger import KVWriter, Logger, make_output_format


def make_logger(kinds: Sequence[str], folder: Path, segment: int) -> Logger:
    """Makes the logger of a run.

    Args:
        kinds: "tensorboard", "csv", "json", "log", "stdout", or "none".
        folder: the folder of the run.
        segment: the segment that it goes on from, which files of text are called after; 0 at the start.

    Raises:
        ImportError: TensorBoard is asked for and not installed.
    """
    suffix = f"-{segment}" if segment else ""
    formats: list[KVWriter] = []
    for kind in kinds:
        if kind != "none":
            place = folder / ("tensorboard" if kind == "tensorboard" else "logs")
            place.mkdir(parents=True, exist_ok=True)
            try:
                formats.append(make_output_format(kind, str(place), suffix))
            except (AssertionError, ImportError) as error:
                raise ImportError(f"expected what the logger {kind} needs, actual: {error}") from error
    return Logger(str(folder), formats)


def record_validation(logger: Logger, row: Mapping[str, Any], names: Sequence[str]) -> None:
    """Writes a validation: of imitation over the examples, of reinforcement learning over the steps."""
    imitating = row["phase"] == "imitation"
    for name in names:
        logger.record(f"imitation/validation_{name}" if imitating else f"validation/{name}", row[name])
    logger.dump(row["examples"] if imitating else row["timesteps"])


def record_rollout(logger: Logger, episodes: Sequence[Mapping[str, Any]], stage: int, timesteps: int) -> None:
    """Writes a rollout, with what the algorithm has recorded of its update.

    Args:
        logger: the logger.
        episodes: the last episodes, with their rewards `r` and their lengths `l`.
        stage: the place of the stage of the curriculum.
        timesteps: the steps so far.
    """
    if episodes:
        logger.record("rollout/ep_rew_mean", float(np.mean([episode["r"] for episode in episodes])))
        logger.record("rollout/ep_len_mean", float(np.mean([episode["l"] for episode in episodes])))
    logger.record("rollout/stage", stage)
    logger.dump(timesteps)
