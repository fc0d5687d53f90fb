"""Requests to a server that speaks OpenAI's protocol: adapted to what it takes, tried again where that may help."""

from __future__ import annotations

import email.utils
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from find_gym.language.adaptation import Adaptation, refusal_text
from find_gym.language.chat import ModelError
from find_gym.language.protocols import Message, MissingModelError

_log = logging.getLogger(__name__)
# Seconds of the first pause between attempts, doubled each time up to the longest.
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
# Statuses that may be different next time, beside those of 500 and more: time-out, too early, too many requests.
_PASSING = (408, 425, 429)
# Statuses that have nothing to do with how a request is written: no key, not allowed.
_FINAL = (401, 402, 403)


@dataclass(frozen=True)
class Asked:
    """A server's answer.

    Attributes:
        answer: the answer, which has a choice with a message.
        retries: the number of failed attempts before it.
        adapted: how the request was changed for the server to take it, in words.
    """

    answer: Any
    retries: int
    adapted: tuple[str, ...]


class _AdaptedError(Exception):
    """The server refused a request that can be written in another way."""


class _PassingError(Exception):
    """An attempt failed in a way that may be over at the next one.

    Attributes:
        retry_after: seconds that the server asks to wait, 0 where it does not.
    """

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Endpoint:
    """A model on a server, asked from many threads.

    A request that fails for the connection, a time-out, an overload or a fault of the server is sent again after a
    pause: the server's `Retry-After` where it sends one, else half a second, doubled each time up to 30 s, of which a
    random share of up to one half is left out so that callers do not come back together. Each such failure is logged
    as a warning. A request that the server refuses for a part of it is sent again without that part, at once, and so
    are all later ones from the beginning; see `Adaptation`.

    Args:
        model: the model's name on the server.
        base_url: the server's address, ending in /v1; by default `$OPENAI_BASE_URL`, or OpenAI's own.
        api_key: by default `$OPENAI_API_KEY`; servers on this machine need none.
        timeout: seconds until an attempt counts as failed.
        patience: seconds from a call's first failure for which it is tried again.
        connections: the greatest number of requests at once.
        requests_per_minute: the greatest rate of requests, attempts included, evenly spaced; None for any.
        extra_body: fields that are added to each request as they stand.
        generator: for the random part of pauses; by default one that no seed fixes, as no result depends on it.
        clock: tells seconds.
        sleep: waits for a number of seconds; by default it wakes up when the endpoint is closed.

    Raises:
        MissingModelError: the package openai or an API key is missing.

    Attributes:
        model: the model's name on the server.
        adaptation: what the server's refusals have taught so far.
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
        try:
            import openai
        except ImportError as error:
            raise MissingModelError(f"expected the package openai: pip install 'find-gym[api]' ({error})") from error
        if not model:
            raise ValueError("expected a model's name, as in 'http://localhost:8000/v1#NAME', actual: none")
        if connections < 1:
            raise ValueError(f"expected at least 1 connection, actual value: {connections}")
        if requests_per_minute is not None and not requests_per_minute > 0:
            raise ValueError(f"expected requests_per_minute above 0, actual value: {requests_per_minute}")
        self.model = model
        key = api_key or os.environ.get("OPENAI_API_KEY") or ("none" if base_url else None)
        try:
            self._client: Any = openai.OpenAI(base_url=base_url, api_key=key, timeout=timeout, max_retries=0)
        except openai.OpenAIError as error:
            raise MissingModelError(f"expected a base_url or an API key in $OPENAI_API_KEY, actual: {error}") from error
        self._openai: Any = openai
        self.adaptation = Adaptation()
        self._extra_body = dict(extra_body or {})
        self._patience = patience
        self._connections = threading.BoundedSemaphore(connections)
        self._spacing = 60.0 / requests_per_minute if requests_per_minute else 0.0
        self._next_request = -np.inf
        self._generator = np.random.default_rng() if generator is None else generator
        # Guards the adaptation, the time of the next request and the generator.
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._clock = clock
        self._sleep = self._closed.wait if sleep is None else sleep

    def ask(self, messages: Sequence[Message], max_tokens: int, **options: Any) -> Asked:
        """Returns the server's answer to messages.

        Args:
            messages: the dialogue.
            max_tokens: the greatest length of the answer.
            options: further fields of the request.

        Raises:
            ModelError: the server refused the request, or went on failing until patience ended.
        """
        request = {"model": self.model, "messages": list(messages), "max_tokens": max_tokens, **options}

        def attempt() -> tuple[Any, tuple[str, ...]]:
            # One that another thread replaces meanwhile is still what this request was made by.
            adaptation = self.adaptation
            sent = adaptation.apply(request)
            try:
                answer = self._client.chat.completions.create(**sent, extra_body=self._extra_body or None)
                return _check_answer(answer), adaptation.describe(request)
            except (self._openai.APIStatusError, _RefusedError) as error:
                self._learn(adaptation, error, sent)
                raise

        (answer, adapted), retries = self._try(attempt)
        return Asked(answer, retries, adapted)

    def _learn(self, adaptation: Adaptation, error: Any, sent: dict[str, Any]) -> None:
        """Adapts all later requests to a refusal; raises `_AdaptedError` where this one can be sent again."""
        if error.status_code in (*_PASSING, *_FINAL):
            return
        words = refusal_text(error)
        cure = adaptation.learn(words, sent)
        if cure is None:
            return
        with self._lock:
            before, self.adaptation = self.adaptation, cure(self.adaptation)
            news = self.adaptation != before
        if news:
            _log.warning("%s asks for other requests, which are sent from now on: %s", self._client.base_url, words)
        raise _AdaptedError from error

    def describe_model(self) -> dict[str, Any]:
        """Returns what the server's list of models tells of the model; nothing where it has no such list.

        Raises:
            ModelError: the server can't be reached.
        """

        def ask() -> dict[str, Any]:
            try:
                listed = self._client.models.list().data
            except (self._openai.APIStatusError, AttributeError):
                # Also an overloaded server has answered by this, and nothing depends on the list.
                return {}
            return next((entry.model_dump() for entry in listed or [] if entry.id == self.model), {})

        return self._try(ask)[0]

    def close(self) -> None:
        """Ends all pauses and closes the connections."""
        self._closed.set()
        self._client.close()

    def _try(self, attempt: Callable[[], Any]) -> tuple[Any, int]:
        """Returns an attempt's result, and how many failed before it."""
        first_failure: float | None = None
        retries = 0
        while True:
            try:
                return self._attempt(attempt), retries
            except _AdaptedError:
                continue
            except _PassingError as error:
                now = self._clock()
                first_failure = now if first_failure is None else first_failure
                left = first_failure + self._patience - now
                pause = max(error.retry_after, min(self._pause(retries), left))
                retries += 1
                if left <= 0 or pause > left or self._closed.is_set():
                    raise ModelError(
                        f"expected an answer from {self._client.base_url}, actual after {retries} attempts: {error}"
                    ) from error
                _log.warning("no answer from %s, tried again in %.1f s: %s", self._client.base_url, pause, error)
            self._sleep(pause)

    def _attempt(self, attempt: Callable[[], Any]) -> Any:
        """Sends a request when there is a connection for it, and tells failures that may pass from others."""
        if self._closed.is_set():
            raise ModelError(f"expected an open connection to {self._client.base_url}, actual: closed")
        openai = self._openai
        with self._connections:
            self._keep_rate()
            try:
                return attempt()
            except (openai.APIStatusError, _RefusedError) as error:
                # A spent account answers as an overloaded server does, and stays spent.
                passing = error.status_code >= 500 or error.status_code in _PASSING
                if passing and error.code != "insufficient_quota":
                    raise _PassingError(str(error), _retry_after(getattr(error, "response", None))) from error
                raise ModelError(f"expected an answer from {self._client.base_url}, actual: {error}") from error
            except (openai.APIError, json.JSONDecodeError, UnicodeDecodeError) as error:
                raise _PassingError(f"{type(error).__name__}: {error}") from error

    def _keep_rate(self) -> None:
        """Waits until the next request may be sent."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next_request)
            self._next_request = turn + self._spacing
        if turn > now:
            self._sleep(turn - now)

    def _pause(self, retries: int) -> float:
        with self._lock:
            share = self._generator.uniform(0.5, 1.0)
        # The exponent is limited, as a float is not endless and patience may be.
        return float(share * min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(retries, 16)))


class _RefusedError(Exception):
    """An answer that says by its content that it is none, as gateways do which had sent their status before.

    Attributes:
        status_code: the status that the content gives.
        code: the error's name, as the server gives it.
        body: the error.
    """

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__(str(body.get("message", body)))
        code = body.get("code")
        self.status_code = code if isinstance(code, int) else 502
        self.code = code
        self.body = body


def _check_answer(answer: Any) -> Any:
    """Returns an answer that has a choice with a message; its content may be empty, and would be so the next time."""
    error = getattr(answer, "error", None)
    if isinstance(error, Mapping):
        raise _RefusedError(error)
    choices = getattr(answer, "choices", None)
    if not choices or getattr(choices[0], "message", None) is None:
        raise _PassingError(f"an answer without choices: {str(answer)[:200]!r}")
    if choices[0].finish_reason == "error":
        raise _PassingError(f"an answer that was broken off: {str(choices[0])[:200]!r}")
    return answer


def _retry_after(response: Any) -> float:
    """Returns the seconds that a response asks to wait, by their number or as a date; 0 where it does not say."""
    asked = "" if response is None else str(response.headers.get("retry-after", ""))
    try:
        return max(0.0, float(asked))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(asked).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
