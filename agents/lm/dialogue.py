"""The dialogue of an episode: every message in order, and in turns of which the oldest may be left out of a prompt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from find_gym.envs.quoting import escape_template_tokens
from find_gym.language import Message, Reply

KINDS = ("system", "task", "exemplars", "outputs", "reply", "reflection", "notice")

# Reasoning comes first; some templates put its opening tag into the prompt, so that only the closing one is left, then
# at the end of a line. A reply that was cut off within its reasoning has nothing else.
_REASONING = re.compile(
    r"\A\s*<(think|thinking)>.*?(?:</\1>|\Z)|\A(?:(?!<think).)*?</(?:think|thinking)>[ \t]*(?:\n|\Z)", re.DOTALL
)
# Some servers refuse messages without content.
_SILENCE = "(no answer)"


@dataclass(frozen=True)
class Entry:
    """One message.

    Attributes:
        role: "system", "user" or "assistant".
        content: its text, as it was answered or sent.
        kind: one of `KINDS`.
        facts: of replies, what the model's reply says beside its text, and what was left out of its prompt.
    """

    role: str
    content: str
    kind: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def prompt_text(self) -> str:
        """The text as later prompts have it: replies without their reasoning and without tokens of templates."""
        if self.kind != "reply":
            return self.content
        return escape_template_tokens(without_reasoning(self.content)).strip() or _SILENCE

    def to_json(self) -> dict[str, Any]:
        """Returns the message as JSON-serialisable data."""
        return {"role": self.role, "content": self.content, "kind": self.kind, **self.facts}


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
        """Adds a message of the user: an answer of the environment with the pairs in it, or a notice."""
        if not self.turns:
            if kind == "notice":
                self.head.append(Entry("user", content, kind))
                return
            self.turns.append(Turn())
        self.turns[-1].entries.append(Entry("user", content, kind))
        self.turns[-1].pairs += pairs

    def say(self, reply: Reply, dropped_before: int) -> None:
        """Adds a reply of the model; `dropped_before` messages were left out of its prompt."""
        names = ("prompt_tokens", "completion_tokens", "seconds", "retries", "finish_reason")
        facts = {name: getattr(reply, name) for name in names} | {"dropped_before": dropped_before}
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


def without_reasoning(text: str) -> str:
    """Returns a reply without the block of reasoning that it begins with."""
    return _REASONING.sub("", text, count=1)


def merged(entries: Iterable[tuple[str, str]]) -> list[Message]:
    """Joins neighbours of one role into one message, so that roles alternate."""
    messages: list[Message] = []
    for role, content in entries:
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"] += f"\n\n{content}"
        else:
            messages.append({"role": role, "content": content})
    return messages
