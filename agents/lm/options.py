"""The options of the agent `lm`: which model, how it replies, what it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

STARTS = ("exemplars",)


@dataclass(frozen=True)
class LanguageModelOptions:
    """Language models (agent lm)."""

    model: str | None = field(default=None, metadata={"metavar": "NAME"})
    """The language model: a folder, a GGUF file, a name that transformers finds, or, with --base-url, the name that the
    server knows it by."""
    base_url: str | None = field(default=None, metadata={"metavar": "URL"})
    """The address of a server that speaks OpenAI's protocol, ending in /v1; a key is read from $OPENAI_API_KEY. By
    default the model runs in this process."""
    connections: int = 8
    """With a server: the number of episodes that run, and ask it, side by side."""
    batch_size: int = 8
    """In this process: the number of episodes that run, and are answered, side by side."""
    patience: float = 600.0
    """With a server: the seconds for which a failing call is tried again; the episode is then unscored."""
    requests_per_minute: float | None = None
    """With a server: the greatest rate of requests; by default any."""
    temperature: float = 0.0
    """The sampling temperature; with 0 always the likeliest token."""
    reply_tokens: int = 1024
    """The greatest length of one reply of the model, in tokens."""
    context_tokens: int | None = None
    """The length of prompt and reply together, in tokens; by default the model's own where it is known, else 8192.
    Where a dialogue is longer, its oldest outputs are left out, never the task."""
    rounds: int | None = None
    """The number of messages that the model may send, the submission among them; by default the environment's."""
    start: str | None = field(default=None, metadata={"metavar": "WHAT"})
    """What an episode starts with: exemplars, which are ten inputs that are asked for the model (numeric, strings), or
    words to begin with (entities, relations)."""
    milan: bool = False
    """Whether the model sees exemplars with their outputs only, and has to describe the function at once."""
    reflection: bool = False
    """Whether a part of the outputs is held back, and the model may revise its first submission after seeing them."""

    def __post_init__(self) -> None:
        self.validate()

    def validate(self) -> None:
        """Checks the values.

        Raises:
            ValueError: one can't be used, or two do not go together.
        """
        for name in ("connections", "batch_size", "reply_tokens", "context_tokens", "rounds"):
            value = getattr(self, name)
            if value is None and name in ("context_tokens", "rounds"):
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"expected {name} to be an integer >= 1, actual value: {value!r}")
        if not 0 <= self.temperature < float("inf"):
            raise ValueError(f"expected a temperature >= 0, actual value: {self.temperature!r}")
        if not 0 <= self.patience < float("inf"):
            raise ValueError(f"expected patience to be a number of seconds >= 0, actual value: {self.patience!r}")
        if self.requests_per_minute is not None and not 0 < self.requests_per_minute < float("inf"):
            raise ValueError(f"expected requests_per_minute above 0, actual value: {self.requests_per_minute!r}")
        if self.context_tokens is not None and self.context_tokens <= self.reply_tokens:
            raise ValueError(
                f"expected context_tokens above reply_tokens ({self.reply_tokens}), actual value: {self.context_tokens}"
            )
        if self.start is not None and self.start not in STARTS:
            raise ValueError(f"expected a start among {', '.join(STARTS)}, actual value: {self.start!r}")
        if self.milan and (self.reflection or self.rounds not in (None, 1)):
            raise ValueError("expected neither reflection nor rounds with milan, which has one round, actual: both")
        for address in (self.base_url, self.model if "://" in (self.model or "") else None):
            _check_address(address)

    @property
    def round_limit(self) -> int | None:
        """The number of messages that the model may send, None for as many as the environment takes."""
        return 1 if self.milan else self.rounds

    @property
    def threads(self) -> int:
        """The number of episodes that run side by side."""
        return self.batch_size if self.base_url is None and "://" not in (self.model or "") else self.connections

    @property
    def label(self) -> str:
        """The model's short name and what makes the agent behave in another way, such as "SmolLM2+reflection"."""
        name = (self.model or "").rpartition("#")[2].rstrip("/\\").replace("\\", "/").rpartition("/")[2]
        parts = [name.removesuffix(".gguf")]
        parts += ["milan"] if self.milan else [self.start] if self.start else []
        parts += ["reflection"] if self.reflection else []
        parts += [f"{self.rounds}-rounds"] if self.rounds is not None and not self.milan else []
        parts += [f"temperature-{self.temperature:g}"] if self.temperature else []
        return "+".join(parts)

    def identity(self) -> dict[str, Any]:
        """Returns what results depend on: neither where the model runs nor how many are asked at once."""
        names = ("model", "temperature", "reply_tokens", "context_tokens", "rounds", "start", "milan", "reflection")
        return {name: getattr(self, name) for name in names}

    def settings(self) -> dict[str, Any]:
        """Returns the other options."""
        names = ("base_url", "connections", "batch_size", "patience", "requests_per_minute")
        return {name: getattr(self, name) for name in names}


def _check_address(address: str | None) -> None:
    """Refuses an address with a secret in it: addresses are written into the run's files."""
    if address is None:
        return
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"expected an address such as http://localhost:8000/v1, actual value: {address!r}")
    if parts.username is not None or parts.password is not None or parts.query:
        raise ValueError("expected an address without a user or a query; a key is read from $OPENAI_API_KEY")
