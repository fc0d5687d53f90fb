"""Language models behind a server that speaks OpenAI's protocol."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.language.chat import ChatOptions, Reply, check_messages
from find_gym.language.endpoint import Endpoint
from find_gym.language.protocols import Message

_TOP = 20
# What an option gets that is not among the likeliest tokens, below the least likely of those; and where the server has
# no log-probabilities, that of all options that were not answered.
_BELOW = 1.0
_UNSAID = -20.0
# Under these names servers tell the window of a model: vLLM and SGLang, OpenRouter, Groq, LM Studio.
_WINDOWS = ("max_model_len", "context_length", "context_window", "max_context_length")
# For the estimate of tokens: what a chat template adds to a message and to a dialogue (Llama's and SmolLM's system
# prompt, role marks), the bytes of a token of words, and what is taken as a token each: ASCII's digits and marks.
_TOKENS_OF_MESSAGE = 8
_TOKENS_OF_DIALOGUE = 32
_BYTES_OF_TOKEN = 3
_SINGLE = re.compile(r"[!-@\[-`{-~]")


class ServerLM:
    """A language model on a server: a local one (vLLM, llama.cpp, `transformers serve`), or a remote one.

    Args:
        model: the model's name on the server.
        base_url: the server's address, ending in /v1; by default `$OPENAI_BASE_URL`, or OpenAI's own.
        api_key: by default `$OPENAI_API_KEY`; servers on this machine need none.
        timeout: seconds until an attempt counts as failed.
        patience: seconds for which a failing request is sent again.

    Raises:
        MissingModelError: the package openai or an API key is missing.

    Attributes:
        name: the model's name.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = 120.0,
        patience: float = 30.0,
    ) -> None:
        self._endpoint = Endpoint(model, base_url=base_url, api_key=api_key, timeout=timeout, patience=patience)
        self.name = model

    def option_logprobs(self, prompt: str | Sequence[Message], options: Sequence[str]) -> NDArray[np.float64]:
        """Returns how likely each option is as the first token of the answer, float64 of shape `(n,)`.

        The protocol tells the log-probabilities of the twenty likeliest tokens; an option that is none of them is rated
        below all of them. A server that tells none is asked for an answer: the option that it begins with gets 0, the
        others -20.

        Raises:
            ModelError: the server did not answer.
        """
        messages = [Message(role="user", content=prompt)] if isinstance(prompt, str) else list(prompt)
        answer, _ = self._endpoint.ask(messages, max_tokens=1, temperature=0.0, logprobs=True, top_logprobs=_TOP)
        content = getattr(getattr(answer.choices[0], "logprobs", None), "content", None)
        if content and content[0].top_logprobs:
            found: dict[str, float] = {}
            for entry in content[0].top_logprobs:
                token = entry.token.strip()
                found[token] = float(np.logaddexp(found.get(token, -np.inf), entry.logprob))
            floor = min(entry.logprob for entry in content[0].top_logprobs) - _BELOW
            return np.array([found.get(option.strip(), floor) for option in options])
        text = self.generate(messages, max_tokens=8).strip()
        fits = [text.startswith(option.strip()) for option in options]
        return np.where(fits, 0.0, _UNSAID)

    def generate(self, messages: Sequence[Message], *, max_tokens: int = 512, temperature: float = 0.0) -> str:
        """Returns an answer to messages; see `CausalLM`.

        Raises:
            ModelError: the server did not answer.
        """
        answer, _ = self._endpoint.ask(messages, max_tokens=max_tokens, temperature=temperature)
        return str(answer.choices[0].message.content or "")


class ServerChatModel:
    """A chat model on a server: a local one (vLLM, llama.cpp, `transformers serve`), or a remote one.

    Calls of many threads go side by side, up to `connections` at once; see `Endpoint` for what is tried again. All
    settings are of this object: another one for the same server shares nothing with it.

    Args:
        model: the model's name on the server.
        base_url: the server's address, ending in /v1; by default `$OPENAI_BASE_URL`, or OpenAI's own.
        api_key: by default `$OPENAI_API_KEY`; servers on this machine need none.
        timeout: seconds until an attempt counts as failed.
        patience: seconds from a call's first failure for which it is tried again.
        connections: the greatest number of requests at once.
        requests_per_minute: the greatest rate of requests, None for any.
        generator: for the random part of pauses between attempts.
        clock: tells seconds.
        sleep: waits for a number of seconds.

    Raises:
        MissingModelError: the package openai or an API key is missing.

    Attributes:
        name: the model's name.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = 120.0,
        patience: float = 600.0,
        connections: int = 8,
        requests_per_minute: float | None = None,
        generator: np.random.Generator | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self.name = model
        self._endpoint = Endpoint(
            model,
            base_url=base_url,
            api_key=api_key,
            timeout=timeout,
            patience=patience,
            connections=connections,
            requests_per_minute=requests_per_minute,
            generator=generator,
            clock=clock,
            sleep=sleep,
        )
        self._clock = clock
        self._lock = threading.Lock()
        self._description: dict[str, Any] | None = None

    @property
    def context_tokens(self) -> int | None:
        """The model's window where the server's list of models tells it, which is asked for once.

        Raises:
            ModelError: the server can't be reached.
        """
        with self._lock:
            if self._description is None:
                self._description = self._endpoint.describe_model()
        told = (self._description.get(name) for name in _WINDOWS)
        return next((window for window in told if isinstance(window, int)), None)

    def reply(self, messages: Sequence[Message], options: ChatOptions) -> Reply:
        """Returns the model's answer to a dialogue; see `ChatModel`. The seed is sent where it matters."""
        check_messages(messages)
        start = self._clock()
        sampling = {"seed": options.seed} if options.temperature > 0 else {}
        answer, retries = self._endpoint.ask(
            messages, max_tokens=options.max_tokens, temperature=options.temperature, **sampling
        )
        choice, usage = answer.choices[0], getattr(answer, "usage", None)
        return Reply(
            # Half of a surrogate pair, which JSON can hold, could not be sent back.
            text=(choice.message.content or "").encode("utf-8", "replace").decode(),
            prompt_tokens=getattr(usage, "prompt_tokens", None),
            completion_tokens=getattr(usage, "completion_tokens", None),
            seconds=self._clock() - start,
            retries=retries,
            finish_reason=choice.finish_reason or "stop",
        )

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Returns an estimate of the length of a dialogue as a prompt, rather too high than too low.

        Each digit and each mark of ASCII counts as a token, as in the tokenizers that split numbers; of all else three
        bytes of UTF-8; and there is what chat templates add.
        """
        check_messages(messages)
        return _TOKENS_OF_DIALOGUE + sum(_estimate(message["content"]) + _TOKENS_OF_MESSAGE for message in messages)

    def close(self) -> None:
        """Closes the connections; calls that wait for their next attempt get a `ModelError`."""
        self._endpoint.close()


def _estimate(text: str) -> int:
    rest, single = _SINGLE.subn("", text)
    return single + math.ceil(len(rest.encode("utf-8", "replace")) / _BYTES_OF_TOKEN)
