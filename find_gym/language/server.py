"""Language models behind a server that speaks OpenAI's protocol."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.language.protocols import Message, MissingModelError

_TOP = 20
# What an option gets that is not among the likeliest tokens, below the least likely of those; and where the server has
# no log-probabilities, that of all options that were not answered.
_BELOW = 1.0
_UNSAID = -20.0


class ServerLM:
    """A language model on a server: a local one (vLLM, llama.cpp, `transformers serve`), or a remote one.

    Args:
        model: the model's name on the server.
        base_url: the server's address, ending in /v1; by default `$OPENAI_BASE_URL`, or OpenAI's own.
        api_key: by default `$OPENAI_API_KEY`; servers on this machine need none.
        timeout: seconds to wait for an answer.
        retries: how often a failed request is sent again.

    Raises:
        MissingModelError: the package openai is not installed.

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
        retries: int = 2,
    ) -> None:
        try:
            import openai
        except ImportError as error:
            raise MissingModelError(f"expected the package openai: pip install 'find-gym[lm]' ({error})") from error
        if not model:
            raise ValueError("expected a model's name, as in 'http://localhost:8000/v1#NAME', actual: none")
        self.name = model
        key = api_key or os.environ.get("OPENAI_API_KEY") or ("none" if base_url else None)
        try:
            self._client: Any = openai.OpenAI(base_url=base_url, api_key=key, timeout=timeout, max_retries=retries)
        except openai.OpenAIError as error:
            raise MissingModelError(f"expected a base_url or an API key in $OPENAI_API_KEY, actual: {error}") from error
        self._errors = openai.APIError

    def option_logprobs(self, prompt: str | Sequence[Message], options: Sequence[str]) -> NDArray[np.float64]:
        """Returns how likely each option is as the first token of the answer, float64 of shape `(n,)`.

        The protocol tells the log-probabilities of the twenty likeliest tokens; an option that is none of them is rated
        below all of them. A server that tells none is asked for an answer: the option that it begins with gets 0, the
        others -20.

        Raises:
            ConnectionError: the server did not answer.
        """
        messages = [Message(role="user", content=prompt)] if isinstance(prompt, str) else list(prompt)
        choice = self._ask(messages, max_tokens=1, temperature=0.0, logprobs=True, top_logprobs=_TOP)
        content = getattr(getattr(choice, "logprobs", None), "content", None)
        if content and content[0].top_logprobs:
            found: dict[str, float] = {}
            for entry in content[0].top_logprobs:
                token = entry.token.strip()
                found[token] = float(np.logaddexp(found.get(token, -np.inf), entry.logprob))
            floor = min(entry.logprob for entry in content[0].top_logprobs) - _BELOW
            return np.array([found.get(option.strip(), floor) for option in options])
        answer = self.generate(messages, max_tokens=8).strip()
        fits = [answer.startswith(option.strip()) for option in options]
        return np.where(fits, 0.0, _UNSAID)

    def generate(self, messages: Sequence[Message], *, max_tokens: int = 512, temperature: float = 0.0) -> str:
        """Returns an answer to messages; see `CausalLM`.

        Raises:
            ConnectionError: the server did not answer.
        """
        choice = self._ask(messages, max_tokens=max_tokens, temperature=temperature)
        return str(choice.message.content or "")

    def _ask(self, messages: Sequence[Message], **options: Any) -> Any:
        try:
            answer = self._client.chat.completions.create(model=self.name, messages=list(messages), **options)
        except self._errors as error:
            raise ConnectionError(f"expected an answer from {self._client.base_url}, actual: {error}") from error
        if not answer.choices:
            raise ConnectionError(f"expected an answer from {self._client.base_url}, actual: one without choices")
        return answer.choices[0]
