"""Stand-ins for models in tests: quick, deterministic, nothing to install."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from find_gym.language.chat import ChatOptions, Reply
from find_gym.language.messages import check_messages
from find_gym.language.protocols import Message


class HashingEmbedder:
    """Embeds a text as the sum of fixed random vectors of its words, so that texts with common words are similar.

    Args:
        dimension: the length of the vectors.

    Attributes:
        name: "hashing" with the dimension.
        texts: all texts that were embedded so far.
    """

    def __init__(self, dimension: int = 64) -> None:
        self.name = f"hashing-{dimension}"
        self.texts: list[str] = []
        self._dimension = dimension

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Returns unit vectors, float32 of shape `(n, d)`."""
        self.texts += texts
        vectors = np.zeros((len(texts), self._dimension))
        for place, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()) or [""]:
                seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
                vectors[place] += np.random.default_rng(seed).normal(size=self._dimension)
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


class ScriptedModel:
    """A language model that answers by a script.

    Args:
        answers: generated texts, in the order in which they are asked for; the last one is repeated.
        logprob: rates an option as the continuation of the prompt (messages are joined by newlines); by default all
            options are alike.

    Attributes:
        name: "scripted".
        prompts: all prompts so far, as text.
    """

    def __init__(self, answers: Sequence[str] = ("",), logprob: Callable[[str, str], float] | None = None) -> None:
        self.name = "scripted"
        self.prompts: list[str] = []
        self._answers = list(answers)
        self._logprob = logprob
        self._given = 0

    def option_logprobs(self, prompt: str | Sequence[Message], options: Sequence[str]) -> NDArray[np.float64]:
        """Returns the script's log-probabilities, float64 of shape `(n,)`."""
        text = prompt if isinstance(prompt, str) else "\n".join(message["content"] for message in prompt)
        self.prompts.append(text)
        if self._logprob is None:
            return np.full(len(options), -np.log(len(options)))
        return np.array([self._logprob(text, option) for option in options], dtype=np.float64)

    def generate(self, messages: Sequence[Message], *, max_tokens: int = 512, temperature: float = 0.0) -> str:
        """Returns the script's next answer."""
        self.prompts.append("\n".join(message["content"] for message in messages))
        answer = self._answers[min(self._given, len(self._answers) - 1)]
        self._given += 1
        return answer


class ScriptedChatModel:
    """A chat model that answers by a function; a word counts as a token.

    Args:
        answer: maps the messages to the answer's text, to a whole reply, or to an error that is raised (such as
            `ModelError`). It may be called from many threads at once.
        name: what the model is called.
        context_tokens: the window it claims to have; longer prompts are refused as by a real model.
        tools: whether it claims to call tools.

    Attributes:
        name: as given.
        context_tokens: as given.
        calls: the messages and options of all calls so far.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[Message]], str | Reply | Exception],
        *,
        name: str = "scripted",
        context_tokens: int | None = None,
        tools: bool = False,
    ) -> None:
        self.name = name
        self.context_tokens = context_tokens
        self.calls: list[tuple[list[Message], ChatOptions]] = []
        self._answer = answer
        self._tools = tools
        self._lock = threading.Lock()

    def reply(self, messages: Sequence[Message], options: ChatOptions) -> Reply:
        """Returns the function's answer as it stands, however long; see `ChatModel`."""
        tokens = self.count_tokens(messages)
        if self.context_tokens is not None and tokens >= self.context_tokens:
            raise ValueError(f"expected a prompt shorter than {self.context_tokens} tokens, actual length: {tokens}")
        with self._lock:
            self.calls.append((list(messages), options))
        answer = self._answer(messages)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Reply):
            return answer
        return Reply(answer, tokens, len(answer.split()), seconds=0.0, retries=0, finish_reason="stop")

    def takes_tools(self) -> bool:
        """Returns what it claims."""
        return self._tools

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Returns the number of words of all contents."""
        check_messages(messages)
        return sum(len(message["content"].split()) for message in messages)

    def close(self) -> None:
        """Does nothing: there is nothing to give back."""
