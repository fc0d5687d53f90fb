"""Dialogues as requests have them: checked, measured, without a system role, without tools, cut to a window."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from find_gym.language.protocols import Message

ROLES = ("system", "user", "assistant", "tool")
# For the estimate of tokens: what a chat template adds to a message and to a dialogue (Llama's and SmolLM's system
# prompt, role marks), the bytes of a token of words, and what is taken as a token each: ASCII's digits and marks.
_TOKENS_OF_MESSAGE = 8
_TOKENS_OF_DIALOGUE = 32
_BYTES_OF_TOKEN = 3
_SINGLE = re.compile(r"[!-@\[-`{-~]")
_CUT = "\n(... a part was left out here for want of room ...)\n"


def check_messages(messages: Sequence[Message]) -> None:
    """Checks that a dialogue is one.

    Raises:
        ValueError: it is empty, or a message has an unknown role or a content that is no text.
    """
    if not messages:
        raise ValueError("expected at least one message, actual: none")
    for message in messages:
        if message["role"] not in ROLES:
            raise ValueError(f"expected a role among {', '.join(ROLES)}, actual value: {message['role']!r}")
        if not isinstance(message["content"], str):
            raise ValueError(f"expected a message's content as text, actual: {type(message['content']).__name__}")


def estimate_tokens(messages: Sequence[Message]) -> int:
    """Returns an estimate of the length of a dialogue as a prompt, rather too high than too low.

    Each digit and each mark of ASCII counts as a token, as in the tokenizers that split numbers; of all else three
    bytes of UTF-8; and there is what chat templates add.
    """
    return _TOKENS_OF_DIALOGUE + sum(_estimate_message(message) for message in messages)


def _estimate_message(message: Message) -> int:
    calls = "".join(
        call["function"]["name"] + str(call["function"]["arguments"]) for call in message.get("tool_calls", ())
    )
    return _estimate(message["content"] + calls) + _TOKENS_OF_MESSAGE


def _estimate(text: str) -> int:
    rest, single = _SINGLE.subn("", text)
    return single + math.ceil(len(rest.encode("utf-8", "replace")) / _BYTES_OF_TOKEN)


def merged(entries: Iterable[Message]) -> list[Message]:
    """Joins neighbours of one role into one message, so that roles alternate; calls of tools and answers stay apart."""
    messages: list[Message] = []
    for entry in entries:
        before = messages[-1] if messages else None
        plain = set(entry) == {"role", "content"}
        if before is not None and plain and set(before) == {"role", "content"} and before["role"] == entry["role"]:
            messages[-1] = {**before, "content": f"{before['content']}\n\n{entry['content']}"}
        else:
            messages.append(entry)
    return messages


def merge_system(messages: Sequence[Message]) -> list[Message]:
    """Returns a dialogue whose system prompt stands at the beginning of the first message of the user."""
    system = [Message(role="user", content=each["content"]) for each in messages if each["role"] == "system"]
    return merged([*system, *(message for message in messages if message["role"] != "system")])


def without_tool_roles(messages: Sequence[Message]) -> list[Message]:
    """Returns a dialogue in which calls of tools are text of the assistant, and their answers the user's."""
    if all(set(message) == {"role", "content"} and message["role"] != "tool" for message in messages):
        return list(messages)
    plain = []
    for message in messages:
        calls = [
            f"{call['function']['name']}({call['function']['arguments']})" for call in message.get("tool_calls", ())
        ]
        role = "user" if message["role"] == "tool" else message["role"]
        plain.append(Message(role=role, content="\n".join(text for text in (message["content"], *calls) if text)))
    return merged(plain)


def fit(messages: Sequence[Message], limit: int) -> list[Message]:
    """Returns a dialogue of no more tokens than a limit (as far as can be), its longest messages cut in the middle."""
    fitted = list(messages)
    while (beyond := estimate_tokens(fitted) - limit) > 0:
        place = max(range(len(fitted)), key=lambda index: _estimate(fitted[index]["content"]))
        content = fitted[place]["content"].replace(_CUT, "")
        kept = int(len(content) * (1 - (beyond + _estimate(_CUT)) / max(_estimate(content), 1)))
        kept = min(kept, len(content) - len(_CUT) - 1)
        if kept <= 0:
            break
        half = kept // 2
        fitted[place] = {**fitted[place], "content": f"{content[: kept - half]}{_CUT}{content[len(content) - half :]}"}
    return fitted
