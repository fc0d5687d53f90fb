"""The options of the agent `lm`: which model, how it replies, what it is told."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from find_gym_agents.checks import check_choice, check_integers

STARTS = ("exemplars",)
PROTOCOLS = ("auto", "tools", "text")
PRECISIONS = ("float32", "bfloat16", "float16")


def read_extra_body(text: str) -> str:
    """Reads fields of requests from the command line, and returns them as JSON in one form.

    Raises:
        ValueError: it is no JSON object.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ValueError(f"expected a JSON object, actual value: {text!r} ({error})") from error
    if not isinstance(data, dict):
        raise ValueError(f"expected a JSON object, actual value: {text!r}")
    return json.dumps(data, sort_keys=True)


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
    dtype: str | None = field(default=None, metadata={"metavar": "PRECISION"})
    """In this process: the precision of the weights, float32, bfloat16 or float16; by default float32 on the processor
    (bfloat16 is much faster on those with AMX), and the model's own on a GPU."""
    patience: float = 600.0
    """With a server: the seconds for which a failing call is tried again; the episode is then unscored."""
    requests_per_minute: float | None = None
    """With a server: the greatest rate of requests; by default any."""
    extra_body: str | None = field(default=None, metadata={"metavar": "JSON", "parse": read_extra_body})
    """With a server: fields that are added to each request as they stand, as a JSON object."""
    reasoning_effort: str | None = field(default=None, metadata={"metavar": "EFFORT"})
    """With a server: how much a reasoning model thinks, such as low, medium or high."""
    protocol: str = field(default="auto", metadata={"metavar": "HOW"})
    """How the model asks and submits: tools (the calls of tools that the server offers), text (lines of text), or auto
    (tools where a trial shows that server and model call them, else text; in this process always text)."""
    system_prompt: str | None = field(default=None, metadata={"metavar": "FILE"})
    """A file with the system prompt, in place of the category's own."""
    price_in: float | None = field(default=None, metadata={"metavar": "PRICE"})
    """The price of a million tokens of prompts, in any currency; with --price-out the table tells what a run costs."""
    price_out: float | None = field(default=None, metadata={"metavar": "PRICE"})
    """The price of a million tokens of replies, reasoning included."""
    max_cost: float | None = field(default=None, metadata={"metavar": "COST"})
    """The budget of the run in the currency of the prices: once it is spent no further episode begins. The same command
    with a greater budget goes on."""
    max_tokens: int | None = field(default=None, metadata={"metavar": "N"})
    """The budget of the run in tokens of prompts and replies together; kept as --max-cost is."""
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
        check_integers(self, connections=1, batch_size=1, reply_tokens=1, context_tokens=1, rounds=1, max_tokens=1)
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
        if self.start is not None:
            check_choice("a start", self.start, STARTS)
        if self.milan and (self.reflection or self.rounds not in (None, 1)):
            raise ValueError("expected neither reflection nor rounds with milan, which has one round, actual: both")
        check_choice("a protocol", self.protocol, PROTOCOLS)
        if self.dtype is not None:
            check_choice("a dtype", self.dtype, PRECISIONS)
            if self.on_server:
                raise ValueError("expected a model in this process for dtype, actual: one on a server")
        self._check_server_options()
        self._check_budget()
        if self.system_prompt is not None and not Path(self.system_prompt).is_file():
            raise ValueError(f"expected a file with a system prompt, actual: there is none at {self.system_prompt!r}")
        for address in (self.base_url, self.model if "://" in (self.model or "") else None):
            _check_address(address)

    def _check_server_options(self) -> None:
        if self.extra_body is not None:
            read_extra_body(self.extra_body)
        if self.on_server or self.model is None:
            return
        given = [name for name in ("extra_body", "reasoning_effort") if getattr(self, name) is not None]
        given += ["the protocol 'tools'"] if self.protocol == "tools" else []
        if given:
            raise ValueError(f"expected a server (base_url) for {' and '.join(given)}, actual: a model in this process")

    def _check_budget(self) -> None:
        for name in ("price_in", "price_out", "max_cost"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < math.inf:
                raise ValueError(f"expected {name} to be a number >= 0, actual value: {value!r}")
        if (self.price_in is None) != (self.price_out is None):
            raise ValueError("expected price_in and price_out together, actual: one of them")
        if self.max_cost is not None and self.price_in is None:
            raise ValueError("expected price_in and price_out for max_cost, actual: none")

    @property
    def on_server(self) -> bool:
        """Whether the model is on a server."""
        return self.base_url is not None or "://" in (self.model or "")

    @property
    def request_fields(self) -> dict[str, Any]:
        """The fields that are added to each request."""
        fields: dict[str, Any] = {} if self.reasoning_effort is None else {"reasoning_effort": self.reasoning_effort}
        return fields if self.extra_body is None else fields | json.loads(self.extra_body)

    @property
    def system_text(self) -> str | None:
        """The system prompt from the file, None for the category's.

        Raises:
            OSError: the file can't be read.
        """
        return None if self.system_prompt is None else Path(self.system_prompt).read_text(encoding="utf-8").strip()

    def cost(self, prompt_tokens: float, completion_tokens: float) -> float | None:
        """Returns what tokens cost, None where there are no prices."""
        if self.price_in is None or self.price_out is None:
            return None
        return (prompt_tokens * self.price_in + completion_tokens * self.price_out) / 1e6

    @property
    def round_limit(self) -> int | None:
        """The number of messages that the model may send, None for as many as the environment takes."""
        return 1 if self.milan else self.rounds

    @property
    def threads(self) -> int:
        """The number of episodes that run side by side."""
        return self.connections if self.on_server else self.batch_size

    @property
    def label(self) -> str:
        """The model's short name and what makes the agent behave in another way, such as "SmolLM2+reflection"."""
        name = (self.model or "").rpartition("#")[2].rstrip("/\\").replace("\\", "/").rpartition("/")[2]
        parts = [name.removesuffix(".gguf")]
        parts += ["milan"] if self.milan else [self.start] if self.start else []
        parts += ["reflection"] if self.reflection else []
        parts += [f"{self.rounds}-rounds"] if self.rounds is not None and not self.milan else []
        parts += [f"temperature-{self.temperature:g}"] if self.temperature else []
        parts += [self.protocol] if self.protocol != "auto" else []
        parts += [self.dtype] if self.dtype is not None else []
        parts += [f"effort-{self.reasoning_effort}"] if self.reasoning_effort else []
        parts += [f"prompt-{_digest(self.system_text)}"] if self.system_text is not None else []
        parts += [f"body-{_digest(self.extra_body)}"] if self.extra_body is not None else []
        return "+".join(parts)

    def identity(self) -> dict[str, Any]:
        """Returns what results depend on: neither where the model runs nor how many are asked at once."""
        names = (
            *("model", "temperature", "reply_tokens", "context_tokens", "rounds", "start", "milan", "reflection"),
            *("protocol", "reasoning_effort", "extra_body"),
        )
        own = None if self.system_text is None else _digest(self.system_text)
        # Runs from before there was a choice go on.
        precision = {} if self.dtype is None else {"dtype": self.dtype}
        return {name: getattr(self, name) for name in names} | {"system_prompt": own} | precision

    def settings(self) -> dict[str, Any]:
        """Returns the other options."""
        names = (
            *("base_url", "connections", "batch_size", "patience", "requests_per_minute"),
            *("price_in", "price_out", "max_cost", "max_tokens"),
        )
        return {name: getattr(self, name) for name in names}


def _digest(text: str | None) -> str:
    return hashlib.sha256((text or "").encode()).hexdigest()[:8]


def _check_address(address: str | None) -> None:
    """Refuses an address with a secret in it: addresses are written into the run's files."""
    if address is None:
        return
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"expected an address such as http://localhost:8000/v1, actual value: {address!r}")
    if parts.username is not None or parts.password is not None or parts.query:
        raise ValueError("expected an address without a user or a query; a key is read from $OPENAI_API_KEY")
