"""What a server does not take of a request, learnt from its refusals, and how a request does without it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from find_gym.language.messages import estimate_tokens, fit, merge_system, without_tool_roles
from find_gym.language.protocols import Message

# OpenAI's newer models refuse the limit's first name, which other servers expect, and ask for this one.
_LIMIT, _NEW_LIMIT = "max_tokens", "max_completion_tokens"
# A window below this has no room for a task and its answer: no shorter prompt is tried.
_LEAST_WINDOW = 256
# A prompt that was shortened to a window and is still too long was estimated too low.
_SHRINK = 0.8

_WINDOW = re.compile(
    r"(?:context (?:length|window|size|limit)|n_ctx|model[ _]len(?:gth)?)\D{0,40}?(\d{3,9})"
    r"|(\d{3,9})[- ]tokens? (?:context|maximum)|> (\d{3,9}) maximum",
    re.IGNORECASE,
)
_NAMED_WINDOW = re.compile(r"n_ctx\W{1,4}(\d{3,9})", re.IGNORECASE)
_REPLY = re.compile(r"at most (\d{1,9}) (?:completion|output) tokens", re.IGNORECASE)
_MOST = re.compile(
    r"(?:at most|less than or equal to|maximum(?: allowed)?(?: of| is)?|max of|<=|\[0,) ?(\d{1,2})\b", re.I
)
_NO_SYSTEM = re.compile(
    r"system.{0,20}(?:role|message|prompt)|role.{0,20}system|roles must alternate|only user and", re.I
)
_NO_TOOLS = re.compile(r"\btools?\b|tool_c|only user and|function call", re.IGNORECASE)


@dataclass(frozen=True)
class Adaptation:
    """How requests to a server depart from those that every server of the protocol should take.

    Attributes:
        newer_limit: whether the reply is limited by `max_completion_tokens`.
        merged_system: whether the system prompt stands in the first message of the user.
        left_out: fields of the request that are not sent.
        top_logprobs: the greatest number of tokens whose log-probabilities are asked for; 0 for none.
        window: the tokens of prompt and reply together, as a refusal has named them; None where none has.
        longest_reply: the greatest length of a reply, as a refusal has named it; None where none has.
    """

    newer_limit: bool = False
    merged_system: bool = False
    left_out: frozenset[str] = frozenset()
    top_logprobs: int = 20
    window: int | None = None
    longest_reply: int | None = None

    def apply(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Returns a request as the server takes it.

        Args:
            request: the fields of the protocol, with the limit under its first name; "messages" and "max_tokens" are
                needed.
        """
        changed = {name: value for name, value in request.items() if name not in self.left_out}
        messages: Sequence[Message] = changed["messages"]
        if "tools" in self.left_out:
            messages = without_tool_roles(messages)
        if self.merged_system:
            messages = merge_system(messages)
        limit = min(changed.pop(_LIMIT), self.longest_reply or request[_LIMIT])
        if self.window is not None:
            limit = min(limit, self.window // 2)
            messages = fit(messages, self.window - limit)
        if "top_logprobs" in changed:
            if self.top_logprobs:
                changed["top_logprobs"] = min(changed["top_logprobs"], self.top_logprobs)
            else:
                del changed["logprobs"], changed["top_logprobs"]
        return changed | {"messages": list(messages), _NEW_LIMIT if self.newer_limit else _LIMIT: limit}

    def describe(self, request: Mapping[str, Any]) -> tuple[str, ...]:
        """Returns how a request is changed, in words, for the record of its answer."""
        words = [f"{name} was left out" for name in sorted(self.left_out) if name in request]
        if self.merged_system and request["messages"][0]["role"] == "system":
            words.append("the system prompt stood in the first message of the user")
        sent = self.apply(request)
        limit = sent[_NEW_LIMIT if self.newer_limit else _LIMIT]
        if limit < request[_LIMIT]:
            words.append(f"the reply was limited to {limit} tokens")
        if self.window is not None and estimate_tokens(request["messages"]) > self.window - limit:
            words.append(f"the prompt was cut to the window of {self.window} tokens")
        return tuple(words)

    def learn(self, refusal: str, sent: Mapping[str, Any]) -> Callable[[Adaptation], Adaptation] | None:
        """Reads what would cure a refusal.

        Args:
            refusal: the server's words.
            sent: the request as this adaptation had made it.

        Returns:
            What to do to the adaptation that is current by then; None where another request would not help. The cure
            takes away something that `sent` has, so that no request is cured twice of the same.
        """
        window = _named_window(refusal)
        if window is not None:
            if self.window is not None:
                window = min(window, int(self.window * _SHRINK))
            return _at_most("window", window) if window >= _LEAST_WINDOW else None
        reply = _REPLY.search(refusal)
        limit = sent.get(_LIMIT, sent.get(_NEW_LIMIT))
        if reply is not None and limit is not None and int(reply[1]) < limit:
            return _at_most("longest_reply", int(reply[1]))
        if _NEW_LIMIT in refusal and _LIMIT in sent:
            return lambda current: replace(current, newer_limit=True)
        if "logprobs" in refusal and "top_logprobs" in sent:
            most = _MOST.search(refusal)
            fewer = int(most[1]) if most is not None and 0 < int(most[1]) < sent["top_logprobs"] else 0
            return _at_most("top_logprobs", fewer)
        for name in ("temperature", "seed"):
            if name in refusal and name in sent:
                return _without(name)
        if _NO_SYSTEM.search(refusal) and any(message["role"] == "system" for message in sent["messages"]):
            return lambda current: replace(current, merged_system=True)
        if _NO_TOOLS.search(refusal) and "tools" in sent:
            return _without("tools", "tool_choice")
        return None


def _at_most(name: str, value: int) -> Callable[[Adaptation], Adaptation]:
    def cure(current: Adaptation) -> Adaptation:
        before = getattr(current, name)
        least: Any = {name: value if before is None else min(before, value)}
        return replace(current, **least)

    return cure


def _without(*names: str) -> Callable[[Adaptation], Adaptation]:
    return lambda current: replace(current, left_out=current.left_out | set(names))


def _named_window(refusal: str) -> int | None:
    """Returns the window that a refusal names; a field `n_ctx` tells it where the sentence has the prompt's length."""
    found = _NAMED_WINDOW.search(refusal) or _WINDOW.search(refusal)
    return None if found is None else int(next(group for group in found.groups() if group))


def refusal_text(error: Any) -> str:
    """Returns all that a server said in refusing a request: the message, and the fields beside it."""
    body = getattr(error, "body", None)
    try:
        return f"{error} {json.dumps(body)}" if body else str(error)
    except (TypeError, ValueError):
        return f"{error} {body}"
