"""Reasoning within messages: what a model thinks is set aside before anything else is read.

Models write their reasoning under many names: tags (`<think>`, `<reasoning>`, `[THINK]`, ...), tokens of their own, or
channels. Some templates put the opening mark into the prompt, so that only the closing one is left; a message that was
cut off within its reasoning has only the opening one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from find_gym.interfaces.messages import ToolCall

_NAMES = (
    r"(?:seed:)?(?:ant)?(?:think|thinking|thoughts?|reasoning|reason|scratch_?pad|reflection|analysis"
    r"|inner_?monologue|chain_of_thought)"
)
# An opening mark is what the group "opens" has, a closing one "closes". A mark is quoted where a quotation begins just
# before it or ends just after it: `</think>`. One that ends before it, or begins after it, is another quotation.
_MARK = re.compile(
    rf"(?<!\\)(?<![\s(\[{{,:=\\][\"'`])(?<!\A[\"'`])(?:"
    rf"(?P<opens><{_NAMES}(?:\s[^<>\n]{{0,80}})?>|\[(?:THINK|THINKING|REASONING)\]|\u25c1think\u25b7"
    rf"|<\|begin_of_thought\|>|<\|START_THINKING\|>|<\|channel>thought\b|<unused94>(?:thought\b)?)"
    rf"|(?P<closes></{_NAMES}\s{{0,8}}>|\[/(?:THINK|THINKING|REASONING)\]|\u25c1/think\u25b7"
    rf"|<\|end_of_thought\|>|<\|END_THINKING\|>|<channel\|>|<unused95>)"
    rf")(?![\"'`](?:[\s)\]}},.;:!?]|\Z))",
    re.IGNORECASE,
)
_CHANNEL = re.compile(
    r"(?:<\|start\|>(?P<role>[^<\n]{0,120}))?<\|channel\|>(?P<channel>[^<\n]{0,120})"
    r"(?:<\|constrain\|>[^<\n]{0,40})?<\|message\|>"
)
_CHANNEL_END = re.compile(r"<\|(?:end|return|call|start|channel)\|>")
_RECIPIENT = re.compile(r"to=(?:functions\.)?(\w{1,40})")
# The same channels where the tokens were left out of the text.
_BARE_CHANNEL = re.compile(
    r"assistant(?:final|(?:commentary)? ?to=functions\.(?P<tool>\w{1,40})(?: ?commentary)? ?(?:json|code)?"
    r"(?=\s{0,8}\{))"
)


@dataclass(frozen=True)
class Parts:
    """A message without its reasoning.

    Attributes:
        text: what is left, to be read.
        reasoning: what was set aside, block after block.
        cut_off: whether the message ends within its reasoning.
        calls: tool calls that have a channel of their own.
    """

    text: str
    reasoning: str = ""
    cut_off: bool = False
    calls: tuple[ToolCall, ...] = ()


def set_reasoning_aside(text: str) -> Parts:
    """Takes the reasoning out of a message, in a time that grows with its length alone.

    Args:
        text: the message.

    Returns:
        The message without its reasoning, and the reasoning.

    Example:
        >>> set_reasoning_aside("<think>It may be a line.</think>QUERY [5]")
        Parts(text='QUERY [5]', reasoning='It may be a line.', cut_off=False, calls=())
    """
    thoughts: list[str] = []
    calls: list[ToolCall] = []
    if "<|channel|>" in text:
        text = _read_channels(text, thoughts, calls)
    elif text.startswith(("analysis", "commentary")) and (heads := list(_BARE_CHANNEL.finditer(text))):
        thoughts.append(text[: heads[-1].start()])
        text = text[heads[-1].end() :]
        if heads[-1].group("tool"):
            calls.append(ToolCall(heads[-1].group("tool"), text.strip()))
            text = ""
    kept: list[str] = []
    place, within = 0, False
    for mark in _MARK.finditer(text):
        piece = text[place : mark.start()]
        place = mark.end()
        if within:
            thoughts.append(piece)
        elif mark.group("opens"):
            kept.append(piece)
        else:
            # Opened in the prompt, or a second time by mistake: all that came before was reasoning.
            thoughts += [*kept, piece]
            kept = []
        within = bool(mark.group("opens"))
    rest = text[place:]
    (thoughts if within else kept).append(rest)
    # The place of a block separates what stands before and after it.
    left = "\n".join(piece for piece in kept if piece.strip()) if place else text
    reasoning = "\n".join(piece.strip() for piece in thoughts if piece.strip())
    return Parts(left, reasoning, within, tuple(calls))


def _read_channels(text: str, thoughts: list[str], calls: list[ToolCall]) -> str:
    """Returns the final channel and what has none; reasoning and calls are added to the lists."""
    heads = list(_CHANNEL.finditer(text))
    if not heads:
        return text
    kept: list[str] = []
    before = text[: heads[0].start()]
    # A part without a head is what the prompt has opened.
    (thoughts if "<|end|>" in before else kept).append(_CHANNEL_END.sub("", before))
    for head, following in zip(heads, [*(each.start() for each in heads[1:]), len(text)], strict=True):
        end = _CHANNEL_END.search(text, head.end(), following)
        body = text[head.end() : end.start() if end else following]
        recipient = _RECIPIENT.search(f"{head.group('role') or ''} {head.group('channel')}")
        if recipient:
            calls.append(ToolCall(recipient.group(1), body))
        elif head.group("channel").strip().lower().startswith("analysis"):
            thoughts.append(body)
        else:
            kept.append(body)
    return "\n".join(piece for piece in kept if piece.strip())
