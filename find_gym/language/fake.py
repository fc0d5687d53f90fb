"""Stand-ins for models in tests: quick, deterministic, nothing to install."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

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
