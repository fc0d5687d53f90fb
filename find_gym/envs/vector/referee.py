"""The work of vectorised environments that may be done in another process: drawing functions, judging descriptions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from find_gym.core.episode import Score
from find_gym.core.submissions import Submission
from find_gym.envs.base import FINDEnv
from find_gym.interfaces.tokens import TokensInterface


class DrawJob(NamedTuple):
    """The generator that the function of an episode is to be drawn with."""

    rng: np.random.Generator


class JudgeJob(NamedTuple):
    """A complete description, and what it is to be judged by."""

    draft: Any
    evidence: tuple[Any, Any]
    function: Any


class Referee:
    """Draws the functions and judges the descriptions of many episodes, each on its own.

    Args:
        env: a single environment with the interface `tokens`.
    """

    def __init__(self, env: FINDEnv) -> None:
        assert isinstance(env.codec, TokensInterface)
        self.env = env
        self.codec = env.codec

    def do(self, jobs: Sequence[Any], meanwhile: Callable[[int], None] | None = None) -> list[Any]:
        """Returns what `draw` returns for each job, or what `judge` returns; no result depends on the other jobs.

        Args:
            jobs: at least one, all of them a `DrawJob` or all a `JudgeJob`.
            meanwhile: see `judge`.
        """
        return self.judge(jobs, meanwhile) if isinstance(jobs[0], JudgeJob) else [self.draw(job) for job in jobs]

    def draw(self, job: DrawJob) -> tuple[Any, np.random.Generator]:
        """Returns a function, and the generator after it was drawn."""
        return self.env.draw(job.rng), job.rng

    def judge(
        self, jobs: Sequence[JudgeJob], meanwhile: Callable[[int], None] | None = None
    ) -> list[tuple[Score, Submission]]:
        """Returns the score of each description, and what it stands for.

        Args:
            jobs: the descriptions.
            meanwhile: where other threads have a part in this, it is called with the place of each job while they are
                at work; for what does not need the results.
        """
        score, submissions = self.env.examiner.score, []
        for job in jobs:
            program = self.codec.program(job.draft, *job.evidence)
            submissions.append(Submission(description=self.codec.written(job.draft), program=program))
        return [(score(job.function, one, job.evidence[0]), one) for job, one in zip(jobs, submissions, strict=True)]
