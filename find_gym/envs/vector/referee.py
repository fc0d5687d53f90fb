"""The work of vectorised environments that may be done in another process: drawing functions, judging descriptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from find_gym.core.episode import Score
from find_gym.core.submissions import Submission
from find_gym.envs.base import FINDEnv
from find_gym.interfaces.tokens import TokensInterface


class Beginning(NamedTuple):
    """The generator that the function of an episode is to be drawn with."""

    rng: np.random.Generator


class Ending(NamedTuple):
    """A complete description, and what it is to be judged by."""

    draft: Any
    evidence: tuple[Sequence[Any], Sequence[Any]]
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

    def do(self, jobs: Sequence[Any]) -> list[Any]:
        """Returns what `draw` returns for each beginning, or `judge` for endings; no result depends on the other jobs.

        Args:
            jobs: at least one, all of them a `Beginning` or all an `Ending`.
        """
        return self.judge(jobs) if isinstance(jobs[0], Ending) else [self.draw(job) for job in jobs]

    def draw(self, beginning: Beginning) -> tuple[Any, np.random.Generator]:
        """Returns a function, and the generator after it was drawn."""
        return self.env.draw(beginning.rng), beginning.rng

    def judge(self, endings: Sequence[Ending]) -> list[tuple[Score, Submission]]:
        """Returns the score of each description, and what it stands for."""
        submissions = [
            Submission(description=self.codec.written(ending.draft), program=program)
            for ending, program in zip(endings, self.programs(endings), strict=True)
        ]
        return list(zip(self.scores(endings, submissions), submissions, strict=True))

    def programs(self, endings: Sequence[Ending]) -> list[Any]:
        """Returns the programs that descriptions stand for."""
        return [self.codec.program(ending.draft, *ending.evidence) for ending in endings]

    def scores(self, endings: Sequence[Ending], submissions: Sequence[Submission]) -> list[Score]:
        """Scores the submissions that were made of descriptions."""
        score = self.env.examiner.score
        return [
            score(ending.function, one, ending.evidence[0]) for ending, one in zip(endings, submissions, strict=True)
        ]
