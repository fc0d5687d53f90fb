"""How far a training is: what a checkpoint keeps of it, and what the progress bar shows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass
class Progress:
    """How far a run is; what a checkpoint holds beside the weights.

    Attributes:
        phase: -1 for imitation, otherwise the place of the stage of the curriculum; beyond the last one at the end.
        segment: the segments begun so far.
        examples: pieces of evidence that the teacher has shown so far.
        timesteps: steps of reinforcement learning so far.
        phase_timesteps: those of this stage.
        rollouts: rollouts of this stage.
        updates: rollouts and gradient steps of imitation from which the policy has learned.
        seconds: time spent on training so far.
        curve: a row for each validation.
        best: the row of the best policy, None before anything was learned.
        notes: what did not go as planned.
    """

    phase: int = -1
    segment: int = 0
    examples: int = 0
    timesteps: int = 0
    phase_timesteps: int = 0
    rollouts: int = 0
    updates: int = 0
    seconds: float = 0.0
    curve: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, Any] | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Status:
    """What there is to show of a run.

    Attributes:
        phase: the name of what it does.
        share: the share of the run that is over, in [0, 1].
        skill: that of the last validation, None before the first.
        seconds_left: how long it will take, None where that can't be told yet.
    """

    phase: str
    share: float
    skill: float | None
    seconds_left: float | None

    def __str__(self) -> str:
        parts = [self.phase]
        parts += [] if self.skill is None else [f"skill {self.skill:.3f}"]
        if self.seconds_left is not None:
            minutes, seconds = divmod(round(self.seconds_left), 60)
            parts.append(f"{minutes}:{seconds:02} left")
        return ", ".join(parts)


class Show(Protocol):
    """Shows how far a run is."""

    def __call__(self, status: Status) -> None:
        """Shows it."""


def share_done(planned: float, work: float, least: float) -> float:
    """Returns the share of a phase that is over: that of its time, but no phase ends before its least work is done.

    Args:
        planned: the share of its time that is over, also beyond 1.
        work: the work that it has done.
        least: the work that it does in any case.
    """
    return max(planned, 0.0) if work >= least else max(min(planned, work / least), 0.0)


@contextmanager
def bar(shown: bool) -> Iterator[Show]:
    """Yields what shows phase, skill and remaining time as a progress bar on standard error.

    Raises:
        ImportError: tqdm is not installed.
    """
    try:
        from tqdm import tqdm
    except ImportError as error:
        raise ImportError("expected tqdm for the progress bar: pip install 'find-gym[report]'") from error
    with tqdm(
        total=1.0,
        bar_format="training: {percentage:3.0f}% |{bar:20}| {desc}",
        disable=not shown,
        # One that is not on a terminal is written anew only now and then.
        mininterval=0.2 if sys.stderr.isatty() else 10.0,
        miniters=0,
        file=sys.stderr,
    ) as drawn:

        def show(status: Status) -> None:
            drawn.set_description_str(str(status), refresh=False)
            drawn.update(status.share - drawn.n)

        yield show
