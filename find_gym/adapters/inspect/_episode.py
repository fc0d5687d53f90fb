"""An episode around which a model's messages or tool calls turn."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from inspect_ai.model import ModelOutput
from inspect_ai.util import StoreModel, store_as
from pydantic import Field

from find_gym.adapters.inspect._functions import Functions, Protocol
from find_gym.interfaces import Message, ToolCall


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
    """One function, being interpreted: all that a model does is a step of the environment, which alone scores it.

    Args:
        functions: the functions of the task.
        index: the function's place.
        protocol: the interface of the environment.

    Attributes:
        over: whether nothing is left to do.
    """

    def __init__(self, functions: Functions, index: int, protocol: Protocol) -> None:
        self._env, _, _ = functions.open(index, protocol)
        self._kept = store_as(Interpretation)
        self.over = False

    @property
    def steps_left(self) -> int:
        """The steps that are left."""
        return int(self._env.unwrapped.episode.steps_left)  # type: ignore[attr-defined]

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The tools `query` and `submit`, as JSON schemas in OpenAI's form."""
        return self._env.unwrapped.tools  # type: ignore[attr-defined, no-any-return]

    async def call(self, name: str, arguments: dict[str, Any]) -> tuple[str, bool]:
        """Takes one call of a tool; see `step`."""
        return await self._step(Message(tool_calls=[ToolCall(name, arguments)]))

    async def say(self, output: ModelOutput) -> tuple[str, bool]:
        """Takes a message in which the server found no call of a tool; see `step`."""
        return await self._step(Message(output.completion, truncated=output.stop_reason == "max_tokens"))

    def stop(self, reason: str) -> None:
        """Ends the episode without a submission."""
        self._kept.ending = reason
        self.over = True

    async def _step(self, message: Message) -> tuple[str, bool]:
        """Takes a step of the environment; returns its observation, and whether it was refused."""
        try:
            # To judge a submission takes a while, and other samples are waiting.
            observation, reward, terminated, _, info = await to_thread.run_sync(self._env.step, message)
        except Exception as error:
            # Inspect takes some kinds of error for answers to the model.
            raise EnvironmentFailedError(f"the environment failed: {type(error).__name__}: {error}") from error
        kept = self._kept
        kept.queries += len(info["inputs"])
        kept.reward += float(reward)
        if terminated and info["score"]:
            self.over = True
            score = self._env.unwrapped.episode.last.score  # type: ignore[attr-defined]
            kept.scores = {name: float(getattr(score, name)) for name in kept.scores}
            kept.score = info["score"]
            kept.answer = {name: info["submission"][name] for name in ("description", "domain", "code")}
        elif terminated:
            self.stop("all messages were spent without a submission")
        return str(observation), bool(info["message"]) and kept.score is None
