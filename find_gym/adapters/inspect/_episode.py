"""An episode around which a model's messages or tool calls turn."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from inspect_ai.model import ModelOutput
from inspect_ai.util import StoreModel, store_as
from pydantic import Field

from find_gym.adapters.inspect._functions import Functions
from find_gym.interfaces import Message, ToolCall
from find_gym.tasks import Form


class EnvironmentFailedError(RuntimeError):
    """The environment itself failed; never the model's fault, so the sample gets no score."""


class Interpretation(StoreModel):
    """What is kept of a sample for its scorers; it never has the truth.

    Attributes:
        answer: description, domain and code that were judged; None as long as there is nothing.
        scores: "skill", "accuracy" and "paper_score" of the submission; 0 without one.
        score: all parts of the score, as in the environment's info; None without a submission.
        reward: the sum of all rewards.
        queries: inputs that were charged.
        ending: why there will be no submission; empty otherwise.
    """

    answer: dict[str, str] | None = Field(default=None)
    scores: dict[str, float] = Field(default_factory=lambda: {"skill": 0.0, "accuracy": 0.0, "paper_score": 0.0})
    score: dict[str, Any] | None = Field(default=None)
    reward: float = Field(default=0.0)
    queries: int = Field(default=0)
    ending: str = Field(default="")


class HiddenFunction:
    """One function, being interpreted: the episode of a task, whose course is kept for the scorers.

    Args:
        functions: the functions of the task.
        index: the function's place.
        protocol: whether the model calls tools.

    Attributes:
        over: whether nothing is left to do.
    """

    def __init__(self, functions: Functions, index: int, protocol: Form) -> None:
        self._episode = functions.open(index, protocol)
        self._kept = store_as(Interpretation)
        self.over = False

    @property
    def messages_left(self) -> int:
        """The messages that are left."""
        return self._episode.messages_left

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The tools `query` and `submit`, as JSON schemas in OpenAI's form."""
        return self._episode.tools

    async def call(self, name: str, arguments: dict[str, Any]) -> tuple[str, bool]:
        """Takes one call of a tool; see `find_gym.tasks.TaskEpisode.message`."""
        return await self._step(Message(tool_calls=[ToolCall(name, arguments)]))

    async def say(self, output: ModelOutput) -> tuple[str, bool]:
        """Takes a message in which the server found no call of a tool; see `find_gym.tasks.TaskEpisode.message`."""
        return await self._step(Message(output.completion, truncated=output.stop_reason == "max_tokens"))

    def stop(self, reason: str) -> None:
        """Ends the episode without a submission."""
        self._kept.ending = reason
        self.over = True

    async def _step(self, message: Message) -> tuple[str, bool]:
        """Sends a message; returns the answer, and whether the message was refused."""
        episode, kept = self._episode, self._kept
        try:
            # To judge a submission takes a while, and other samples are waiting.
            answer = await to_thread.run_sync(episode.message, message)
        except Exception as error:
            # Inspect takes some kinds of error for answers to the model.
            raise EnvironmentFailedError(f"the environment failed: {type(error).__name__}: {error}") from error
        metrics, info = episode.metrics, episode.info
        kept.queries, kept.reward = int(metrics["queries"]), episode.reward
        if episode.over and info["score"]:
            self.over = True
            kept.scores = {name: metrics[name] for name in kept.scores}
            kept.score = info["score"]
            kept.answer = {name: info["submission"][name] for name in ("description", "domain", "code")}
        elif episode.over:
            self.stop("all messages were spent without a submission")
        return answer, episode.refused
