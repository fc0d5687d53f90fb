"""Messages of language models: their text, with what a server tells beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ToolCall:
    """One call of a tool.

    Attributes:
        name: the tool, "query" or "submit".
        arguments: its arguments by their names, or the same as JSON, as servers send them.
    """

    name: str
    arguments: Mapping[str, Any] | str

    def __str__(self) -> str:
        """Returns the call as one line."""
        arguments = self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments, default=repr)
        return f"{self.name} {arguments}"


class Message(str):
    """An action of the interfaces `text` and `tools`: a text that may have tool calls; a plain `str` does as well.

    It compares as its text alone does.

    Args:
        text: what the model wrote.
        tool_calls: the calls that the server found in it.
        truncated: whether the message was cut off, at the limit of tokens for instance.
        reasoning: what the server set aside as the model's reasoning; kept in the info, never read as the message.

    Example:
        >>> from find_gym.interfaces import Message, ToolCall
        >>> message = Message("Let me see.", [ToolCall("query", {"inputs": [1, 2]})])
        >>> message.tool_calls[0].name, message.truncated
        ('query', False)
    """

    tool_calls: tuple[ToolCall, ...]
    truncated: bool
    reasoning: str

    def __new__(
        cls, text: str = "", tool_calls: Iterable[ToolCall] = (), truncated: bool = False, reasoning: str = ""
    ) -> Message:
        """Makes the message; strings are made here, before `__init__`."""
        message = super().__new__(cls, text)
        message.tool_calls = tuple(tool_calls)
        message.truncated = truncated
        message.reasoning = reasoning
        return message

    def __getnewargs__(self) -> tuple[Any, ...]:
        """Returns the arguments for copies and pickles, which vector environments make."""
        return str(self), self.tool_calls, self.truncated, self.reasoning

    def __repr__(self) -> str:
        """Returns the call that makes this message."""
        return (
            f"Message({str(self)!r}, tool_calls={self.tool_calls!r}, truncated={self.truncated!r}, "
            f"reasoning={self.reasoning!r})"
        )
