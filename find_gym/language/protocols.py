"""What the rest of the project needs of language models: two small protocols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NotRequired, Protocol, TypedDict

import numpy as np
from numpy.typing import NDArray


class MissingModelError(ImportError):
    """A model, or what is needed to run it, is not there: the message says which package or path to give."""


class Message(TypedDict):
    """A message of a conversation.

    Attributes:
        role: "system", "user", "assistant" or "tool".
        content: its text.
        tool_calls: of an assistant, the tools that it called, as OpenAI's protocol has them.
        tool_call_id: of a tool, which call it answers.
    """

    role: str
    content: str
    tool_calls: NotRequired[list[dict[str, Any]]]
    tool_call_id: NotRequired[str]


class Embedder(Protocol):
    """Maps texts to vectors whose dot products say how much the texts have to do with each other."""

    @property
    def name(self) -> str:
        """What identifies the model: vectors of different names are never mixed."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns unit vectors, float32 of shape `(n, d)`, one for each of `n` texts."""


class CausalLM(Protocol):
    """A language model that continues a conversation.

    A model that answers faster side by side may have `option_logprobs_many(prompts, options)` besides, which returns
    the same for many prompts, float64 of shape `(m, n)`.
    """

    @property
    def name(self) -> str:
        """What identifies the model, for reports."""

    def option_logprobs(self, prompt: str | Sequence[Message], options: Sequence[str]) -> NDArray[np.float64]:
        """Returns how likely each option is as the continuation.

        Args:
            prompt: a text to be continued as it stands, or messages to be answered.
            options: different texts.

        Returns:
            Natural logarithms of probabilities, not normalised over the options, float64 of shape `(n,)`.
        """

    def generate(self, messages: Sequence[Message], *, max_tokens: int = 512, temperature: float = 0.0) -> str:
        """Returns an answer to messages; with a temperature of 0 always the likeliest token."""
