"""An episode around which a model's messages or tool calls turn."""

from __future__ import annotations

from typing import Any

from inspect_ai.util import StoreModel, store_as
from pydantic import Field

from find_gym.adapters.inspect._functions import Functions
from find_gym.envs.episode import Refuse
from find_gym.envs.text import read_submission, write_query
from find_gym.scoring import Submission


class EnvironmentFailedError(RuntimeError):
    """The environment itself failed; never the model's fault, so the sample gets no score."""


class Interpretation(StoreModel):
    """What is kept of a sample for its scorers; it never has the truth.

    Attributes:
        submission: description, domain and code; None as long as there is none.
        asked: inputs that were answered, in order.
        queries: inputs that were charged.
        ending: why there will be no submission; empty otherwise.
    """

    submission: dict[str, str] | None = Field(default=None)
    asked: list[Any] = Field(default_factory=list)
    queries: int = Field(default=0)
    ending: str = Field(default="")


class HiddenFunction:
    """One function, being interpreted: the environment's own episode, whose submission the scorers judge.

    Args:
        functions: the functions of the task.
        index: the function's place.

    Attributes:
        task: the first message of the interface `text`.
        over: whether nothing is left to do.
    """

    def __init__(self, functions: Functions, index: int) -> None:
        self._env, self.task, _ = functions.open(index)
        self._kept = store_as(Interpretation)
        self.over = False

    @property
    def steps_left(self) -> int:
        """The steps that are left: queries, failed ones included, and messages that are neither."""
        return int(self._env.unwrapped.episode.steps_left)  # type: ignore[attr-defined]

    def query(self, inputs: list[Any]) -> str:
        """Asks, and returns the outputs or what was wrong with the query."""
        return self._step(write_query(inputs))

    def submit(self, submission: Submission) -> None:
        """Takes the submission, which ends the episode; the scorers judge it."""
        self._kept.submission = {
            "description": submission.description,
            "domain": submission.domain,
            "code": submission.code,
        }
        self.over = True

    def read(self, message: str) -> str:
        """Takes a message of the interface `text`, and returns the answer; an empty one to a submission."""
        submission = read_submission(message)
        if submission is None:
            return self._step(message)
        self.submit(submission)
        return ""

    def refuse(self, reason: str) -> None:
        """Counts a step in which nothing was done."""
        episode = self._env.unwrapped.episode  # type: ignore[attr-defined]
        self._note(episode.step(Refuse(reason)).terminated)

    def stop(self, reason: str) -> None:
        """Ends the episode without a submission."""
        self._kept.ending = reason
        self.over = True

    def _step(self, message: str) -> str:
        try:
            observation, _, terminated, _, info = self._env.step(message)
        except Exception as error:
            # Inspect takes some kinds of error for answers to the model.
            raise EnvironmentFailedError(f"the environment failed: {type(error).__name__}: {error}") from error
        self._kept.asked = [*self._kept.asked, *info["inputs"]]
        self._kept.queries += len(info["inputs"])
        self._note(terminated)
        return str(observation)

    def _note(self, terminated: bool) -> None:
        if terminated:
            self.stop("all messages were spent without a submission")
