"""The dialogue of an episode: every message in order, and in turns of which the oldest may be left out of a prompt."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from find_gym.interfaces import set_reasoning_aside
from find_gym.interfaces.quoting import escape_template_tokens
from find_gym.language import Message, Reply

KINDS = ("system", "task", "exemplars", "outputs", "reply", "reflection", "notice")

# Some servers refuse messages without content.
_SILENCE = "(no answer)"
_WITH_THE_FIRST = "(answered together with the first call)"
# What a reply says beside its text; where it is empty, the record does without.
_FACTS = ("prompt_tokens", "completion_tokens", "seconds", "retries", "finish_reason")
_FURTHER_FACTS = ("reasoning", "refusal", "tool_calls", "adapted")


@dataclass(frozen=True)
class Entry:
    """One message.

    Attributes:
        role: "system", "user", "assistant" or "tool".
        content: its text, as it was answered or sent.
        kind: one of `KINDS`.
        facts: of replies, what the model's reply says beside its text, and what was left out of its prompt; of a tool's
            answers, the call that they answer.
    """

    role: str
    content: str
    kind: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The calls of tools that later prompts have as such: none where the arguments of one are no JSON object."""
        calls = [_escaped(call) for call in self.facts.get("tool_calls", ())]
        return calls if all(_is_object(call["function"]["arguments"]) for call in calls) else []

    @property
    def prompt_text(self) -> str:
        """The text as later prompts have it: replies without their reasoning and without tokens of templates."""
        if self.kind != "reply":
            return self.content
        text = escape_template_tokens(set_reasoning_aside(self.content).text).strip()
        if self.calls:
            return text
        functions = [call["function"] for call in self.facts.get("tool_calls", ())]
        said = [f"{function['name']}({escape_template_tokens(str(function['arguments']))})" for function in functions]
        return "\n".join(part for part in (text, *said) if part) or _SILENCE

    def as_message(self, text: str) -> Message:
        """Returns the message as prompts have it, with a text in place of its own, such as a part of that."""
        message = Message(role=self.role, content=text)
        if self.calls:
            message["tool_calls"] = self.calls
        if self.role == "tool":
            message["tool_call_id"] = self.facts["tool_call_id"]
        return message

    def to_json(self) -> dict[str, Any]:
        """Returns the message as JSON-serialisable data."""
        return {"role": self.role, "content": self.content, "kind": self.kind, **self.facts}


def _escaped(call: dict[str, Any]) -> dict[str, Any]:
    """Returns a call whose arguments have no tokens of templates; in JSON an escape is the same text."""
    function = call["function"]
    return {**call, "function": {**function, "arguments": escape_template_tokens(str(function["arguments"]))}}


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


@dataclass
class Turn:
    """A reply and what it led to; or, at the beginning, exemplars.

    Attributes:
        entries: its messages; the first may be a reply, all others are of the user.
        pairs: the inputs and outputs that its messages show.
    """

    entries: list[Entry] = field(default_factory=list)
    pairs: list[tuple[Any, Any]] = field(default_factory=list)


class Dialogue:
    """All messages of an episode.

    Attributes:
        head: the messages before the first turn: the system prompt and the task; they are in every prompt.
        turns: the turns, oldest first.
    """

    def __init__(self) -> None:
        self.head: list[Entry] = []
        self.turns: list[Turn] = []

    def begin(self, system: str, task: str) -> None:
        """Adds the system prompt and the task."""
        self.head = [Entry("system", system, "system"), Entry("user", task, "task")]

    def hear(self, content: str, kind: str, pairs: Iterable[tuple[Any, Any]] = ()) -> None:
        """Adds what the model is told: an answer of the environment with the pairs in it, or a notice.

        The first that it is told after it has called tools is what these answer.
        """
        if not self.turns:
            if kind == "notice":
                self.head.append(Entry("user", content, kind))
                return
            self.turns.append(Turn())
        entries = self.turns[-1].entries
        calls = entries[-1].calls if entries else []
        if calls:
            answers = [content, *[_WITH_THE_FIRST] * (len(calls) - 1)]
            for call, answer in zip(calls, answers, strict=True):
                entries.append(Entry("tool", answer, kind, {"tool_call_id": call["id"]}))
        else:
            entries.append(Entry("user", content, kind))
        self.turns[-1].pairs += pairs

    def say(self, reply: Reply, dropped_before: int) -> None:
        """Adds a reply of the model; `dropped_before` messages were left out of its prompt."""
        facts = {name: getattr(reply, name) for name in _FACTS} | {"dropped_before": dropped_before}
        further = {name: getattr(reply, name) for name in _FURTHER_FACTS}
        facts |= {name: list(value) if isinstance(value, tuple) else value for name, value in further.items() if value}
        self.turns.append(Turn([Entry("assistant", reply.text, "reply", facts)]))

    def entries(self) -> list[Entry]:
        """Returns all messages in order."""
        return [*self.head, *(entry for turn in self.turns for entry in turn.entries)]

    def usage(self) -> dict[str, Any]:
        """Returns the sums over the replies; None where no reply tells the figure."""
        replies = [entry.facts for entry in self.entries() if entry.kind == "reply"]
        sums: dict[str, Any] = {"calls": len(replies)}
        for name in ("retries", "prompt_tokens", "completion_tokens", "seconds"):
            known = [facts[name] for facts in replies if facts[name] is not None]
            sums[name] = sum(known) if known or not replies else None
        return sums
