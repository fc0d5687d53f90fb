"""Trainings that run to their end, or are killed on the way."""

from typing import Any


class Killed(Exception):
    """Stands for a signal that ends the process."""


def train(training: type[Any], config: Any, killed_after: int | None = None) -> Any:
    """Runs a training of a class, or kills it when it has shown its progress so often."""
    shown = 0

    def show(status: object) -> None:
        nonlocal shown
        shown += 1
        if shown == killed_after:
            raise Killed

    config.folder.mkdir(parents=True, exist_ok=True)
    made = training(config, show)
    made.run()
    return made
