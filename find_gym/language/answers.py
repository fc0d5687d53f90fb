"""What a server's answer says: text, reasoning, calls of tools, a refusal, in the forms that servers give them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Under these names servers give a model's reasoning beside its content: vLLM, SGLang, DeepSeek; OpenRouter, Groq.
_REASONING = ("reasoning_content", "reasoning")


@dataclass(frozen=True)
class Said:
    """What a choice of an answer says.

    Attributes:
        text: the content, empty where there is none.
        reasoning: what the model thought before, where the server tells it apart from the content.
        refusal: why the model would not answer, empty where it did.
        tool_calls: the tools that it called, as the protocol has them.
        finish_reason: why it ended.
    """

    text: str
    reasoning: str
    refusal: str
    tool_calls: tuple[dict[str, Any], ...]
    finish_reason: str


def read_choice(choice: Any) -> Said:
    """Reads a choice of an answer, as the package openai gives it, whatever its content is made of."""
    message = choice.message
    texts: list[str] = []
    thoughts = [str(thought) for name in _REASONING if (thought := getattr(message, name, None))][:1]
    refusals = [str(message.refusal)] if getattr(message, "refusal", None) else []
    _sort_parts(getattr(message, "content", None), texts, thoughts, refusals)
    return Said(
        _sendable("".join(texts)),
        _sendable("\n".join(thoughts)),
        _sendable("\n".join(refusals)),
        tuple(_read_calls(getattr(message, "tool_calls", None))),
        choice.finish_reason or "stop",
    )


def _sort_parts(content: Any, texts: list[str], thoughts: list[str], refusals: list[str]) -> None:
    """Puts the parts of a content where they belong; Mistral's thinking parts hold parts themselves."""
    if content is None:
        return
    if isinstance(content, str):
        texts.append(content)
        return
    for part in content if isinstance(content, (list, tuple)) else [content]:
        if isinstance(part, Mapping):
            kind = str(part.get("type", "text"))
            if kind in ("thinking", "reasoning"):
                within = part.get(kind, part.get("text", part.get("summary")))
                _sort_parts(within, thoughts, thoughts, thoughts)
            elif kind == "refusal":
                refusals.append(str(part.get("refusal", "")))
            elif isinstance(part.get("text"), str):
                texts.append(part["text"])
        elif isinstance(part, str):
            texts.append(part)


def _read_calls(calls: Any) -> Iterable[dict[str, Any]]:
    """Returns calls of tools as later prompts have them; what is no call of a function is left out."""
    for place, call in enumerate(calls or ()):
        function = getattr(call, "function", None)
        name, arguments = getattr(function, "name", None), getattr(function, "arguments", None)
        if name:
            text = _sendable(arguments) if isinstance(arguments, str) else arguments
            identity = getattr(call, "id", None) or f"call_{place}"
            yield {"id": identity, "type": "function", "function": {"name": str(name), "arguments": text or "{}"}}


def _sendable(text: str) -> str:
    """Mends half of a surrogate pair, which JSON can hold, and which could not be sent back."""
    return text.encode("utf-8", "replace").decode()
