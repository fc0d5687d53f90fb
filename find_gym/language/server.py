"""Language models behind a server that speaks OpenAI's protocol."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.interfaces import set_reasoning_aside
from find_gym.language.answers import Said, read_choice
from find_gym.language.chat import ChatOptions, ModelError, Reply
from find_gym.language.endpoint import Endpoint
from find_gym.language.messages import check_messages, estimate_tokens, merged
from find_gym.language.named_options import named_option
from find_gym.language.protocols import Message

_log = logging.getLogger(__name__)
_TOP = 20
# What an option gets that is not among the likeliest tokens, below the least likely of those; and where an answer in
# words is read, that of all options that it does not name.
_BELOW = 1.0
_UNSAID = -20.0
# Requests of one caller that a server gets at once.
_AT_ONCE = 8
# The room of an answer in words: models that think before they answer need it.
_ANSWER_TOKENS = 4096
_PLAINLY = "Answer with nothing but one of: {options}."
# What a server is asked to see whether its model calls tools.
_TRIAL = "Call the tool `ready` with the argument true. Write nothing else."
_TRIAL_TOOL = {
    "type": "function",
    "function": {
        "name": "ready",
        "description": "Tells that you can call tools.",
        "parameters": {"type": "object", "properties": {"ready": {"type": "boolean"}}, "required": ["ready"]},
    },
}
_TRIAL_TOKENS = 256
# Under these names servers tell the window of a model: vLLM and SGLang, OpenRouter, Groq, LM Studio.
_WINDOWS = ("max_model_len", "context_length", "context_window", "max_context_length")


def _messages(prompt: str | Sequence[Message]) -> list[Message]:
    return [Message(role="user", content=prompt)] if isinstance(prompt, str) else list(prompt)


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
        self._in_words = False
        self._lock = threading.Lock()

    def option_logprobs(self, prompt: str | Sequence[Message], options: Sequence[str]) -> NDArray[np.float64]:
        """Returns how likely each option is as the first token of the answer, float64 of shape `(n,)`.

        The protocol tells the log-probabilities of the twenty likeliest tokens, or as many as the server gives; an
        option that is none of them is rated below all of them. Where no option is among them (the server tells none,
        the model thinks before it answers, or answers in a sentence), the answer in words is read instead: the option
        that it names gets 0, the others -20. A model that has answered so is not asked for log-probabilities again.

        Raises:
            ModelError: the server did not answer, or names no option, however plainly it is asked.
        """
        messages = _messages(prompt)
        if not self._in_words:
            rated = self._first_token(messages, options)
            if rated is not None:
                return rated
        place, direct = self._answer_in_words(messages, options)
        if not direct or self._endpoint.adaptation.top_logprobs == 0:
            self._answers_in_words()
        return np.where(np.arange(len(options)) == place, 0.0, _UNSAID)

    def option_logprobs_many(
        self, prompts: Sequence[str | Sequence[Message]], options: Sequence[str]
    ) -> NDArray[np.float64]:
        """Returns what `option_logprobs` returns for each of m prompts in turn, float64 of shape `(m, n)`.

        The server is asked about several at once.

        Raises:
            ModelError: as `option_logprobs`.
        """
        if not prompts:
            return np.empty((0, len(options)))
        # From the first answer on it is known what the server can do.
        first, others = prompts[0], list(prompts[1:])
        rows = [self.option_logprobs(first, options)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            told: Sequence[NDArray[np.float64] | None] = [None] * len(others)
            if not self._in_words:
                told = list(pool.map(lambda prompt: self._first_token(_messages(prompt), options), others))
            for place, rated in enumerate(told):
                if self._in_words:
                    rows += pool.map(lambda prompt: self.option_logprobs(prompt, options), others[place:])
                    break
                rows.append(self.option_logprobs(others[place], options) if rated is None else rated)
        return np.array(rows)

    def _first_token(self, messages: list[Message], options: Sequence[str]) -> NDArray[np.float64] | None:
        """Returns the log-probabilities of the options as first tokens, None where the server tells none of them."""
        answer = self._endpoint.ask(messages, max_tokens=1, temperature=0.0, logprobs=True, top_logprobs=_TOP).answer
        content = getattr(getattr(answer.choices[0], "logprobs", None), "content", None)
        likeliest = getattr(content[0], "top_logprobs", None) if content else None
        found: dict[str, float] = {}
        for entry in likeliest or ():
            token = entry.token.strip()
            found[token] = float(np.logaddexp(found.get(token, -np.inf), entry.logprob))
        names = [option.strip() for option in options]
        if not likeliest or found.keys().isdisjoint(names):
            return None
        floor = min(entry.logprob for entry in likeliest) - _BELOW
        return np.array([found.get(name, floor) for name in names])

    def _answer_in_words(self, messages: list[Message], options: Sequence[str]) -> tuple[int, bool]:
        """Returns the place of the option that the answer names, and whether the answer is nothing else."""
        said = self._say(messages, _ANSWER_TOKENS)
        place = named_option(said.text, options)
        if place is not None:
            return place, said.text.strip() == options[place].strip()
        plainly = _PLAINLY.format(options=", ".join(option.strip() for option in options))
        again = self._say(merged([*messages, Message(role="user", content=plainly)]), _ANSWER_TOKENS)
        place = named_option(again.text, options)
        if place is None:
            raise ModelError(
                f"expected an answer of {self.name} that names one of {list(options)!r}, actual answers: "
                f"{_excerpt(said)}; and, when it was asked for nothing else: {_excerpt(again)}"
            )
        return place, False

    def _answers_in_words(self) -> None:
        """Notes that the model's log-probabilities are of no use, and says so once."""
        with self._lock:
            news, self._in_words = not self._in_words, True
        if news:
            _log.warning(
                "%s tells no log-probabilities of its options, or thinks before it answers: its answers in words are "
                "read instead, which are not graded by how sure it is",
                self.name,
            )

    def _say(self, messages: Sequence[Message], max_tokens: int, temperature: float = 0.0) -> Said:
        asked = self._endpoint.ask(messages, max_tokens=max_tokens, temperature=temperature)
        return read_choice(asked.answer.choices[0])

    def generate(self, messages: Sequence[Message], *, max_tokens: int = 512, temperature: float = 0.0) -> str:
        """Returns an answer to messages; see `CausalLM`.

        Raises:
            ModelError: the server did not answer.
        """
        return self._say(messages, max_tokens, temperature).text


def _excerpt(said: Said) -> str:
    text = said.text or said.refusal or "nothing"
    return f"{text[:200]!r} ({said.finish_reason})"


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
        extra_body: fields that are added to each request as they stand, such as `{"reasoning_effort": "low"}`.
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
        extra_body: Mapping[str, Any] | None = None,
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
            extra_body=extra_body,
            generator=generator,
            clock=clock,
            sleep=sleep,
        )
        self._clock = clock
        self._lock = threading.Lock()
        self._description: dict[str, Any] | None = None
        self._takes_tools: bool | None = None
        self._cut_short = False

    @property
    def context_tokens(self) -> int | None:
        """The model's window: what the server's list of models tells, which is asked for once, or a refusal has named.

        Raises:
            ModelError: the server can't be reached.
        """
        with self._lock:
            if self._description is None:
                self._description = self._endpoint.describe_model()
        told = [self._description.get(name) for name in _WINDOWS] + [self._endpoint.adaptation.window]
        return min((window for window in told if isinstance(window, int)), default=None)

    def takes_tools(self) -> bool:
        """Returns whether the model calls a tool that it is given; asked once.

        Raises:
            ModelError: the server can't be reached.
        """
        with self._lock:
            if self._takes_tools is None:
                trial = [Message(role="user", content=_TRIAL)]
                asked = self._endpoint.ask(trial, max_tokens=_TRIAL_TOKENS, temperature=0.0, tools=[_TRIAL_TOOL])
                said = read_choice(asked.answer.choices[0])
                # One that was still thinking has not refused them; one that writes something else does not call them.
                thinking = said.finish_reason == "length" and not set_reasoning_aside(said.text).text.strip()
                refused = "tools" in self._endpoint.adaptation.left_out
                self._takes_tools = not refused and (bool(said.tool_calls) or thinking)
            return self._takes_tools

    def reply(self, messages: Sequence[Message], options: ChatOptions) -> Reply:
        """Returns the model's answer to a dialogue; see `ChatModel`.

        The seed is sent where it matters. An answer without content is an empty reply, whatever its reason: the same
        question would get it again. A prompt that the server calls too long is cut in the middle of its longest
        messages, and `context_tokens` tells the window from then on.
        """
        check_messages(messages)
        start = self._clock()
        more: dict[str, Any] = {"seed": options.seed} if options.temperature > 0 else {}
        if options.tools:
            more["tools"] = list(options.tools)
        asked = self._endpoint.ask(messages, max_tokens=options.max_tokens, temperature=options.temperature, **more)
        usage, said = getattr(asked.answer, "usage", None), read_choice(asked.answer.choices[0])
        if said.finish_reason == "length" and not said.text:
            self._warn_of_thought(options.max_tokens)
        return Reply(
            text=said.text,
            prompt_tokens=getattr(usage, "prompt_tokens", None),
            completion_tokens=getattr(usage, "completion_tokens", None),
            seconds=self._clock() - start,
            retries=asked.retries,
            finish_reason=said.finish_reason,
            reasoning=said.reasoning,
            refusal=said.refusal,
            tool_calls=said.tool_calls,
            adapted=asked.adapted,
        )

    def _warn_of_thought(self, max_tokens: int) -> None:
        with self._lock:
            news, self._cut_short = not self._cut_short, True
        if news:
            _log.warning(
                "%s thought until its reply was cut off at %d tokens and has said nothing: allow longer replies "
                "(--reply-tokens), or less thought (--reasoning-effort)",
                self.name,
                max_tokens,
            )

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Returns an estimate of the length of a dialogue as a prompt; see `estimate_tokens`."""
        check_messages(messages)
        return estimate_tokens(messages)

    def close(self) -> None:
        """Closes the connections; calls that wait for their next attempt get a `ModelError`."""
        self._endpoint.close()
