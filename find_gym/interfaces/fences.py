"""Code within Markdown: fenced blocks and inline spans, by the rules of CommonMark where models keep to them.

A fence has three or more backticks or tildes and is closed by one of its kind that is as long. Beyond CommonMark, a
block may begin after a label ("[CODE]: ```python") and close before a tag ("```</code>").
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CONTAINER = r"[ \t]*(?:(?:>|[-*+](?=[ \t])|\d{1,3}[.)])[ \t]*){0,6}"
_OPEN = re.compile(rf"(?P<lead>{_CONTAINER}|[^\n`~]{{0,80}}[:\]>*][ \t]*)(?P<fence>`{{3,}}|~{{3,}})(?P<info>[^\n]*)")
_CLOSE = re.compile(
    r"(?P<lead>[ \t]*(?:>[ \t]*){0,6})(?P<fence>`{3,}|~{3,})[ \t]*"
    r"(?:</?[\w|]{1,20}>|<\|\w{1,20}\|>|\[/\w{1,20}\])*[ \t]*"
)
_QUOTED_LINE = re.compile(r"^[ \t]*> ?", re.MULTILINE)
_RUN = re.compile(r"`+")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        start: where its opening line begins.
        inside: where its content begins.
        outside: where its content ends.
        end: where the line that closes it ends.
        info: what stands after the opening fence.
        content: its lines, without the marks of a quotation; indented as they are.
        closed: whether there is a closing fence.
    """

    start: int
    inside: int
    outside: int
    end: int
    info: str
    content: str
    closed: bool


def fenced_blocks(text: str) -> list[Block]:
    """Returns the fenced blocks of a text in order."""
    blocks: list[Block] = []
    opening: re.Match[str] | None = None
    opened_at = inside = place = 0
    for line in text.split("\n"):
        start, place = place, min(place + len(line) + 1, len(text))
        if opening is None:
            found = _OPEN.match(line)
            if found and not (found.group("fence")[0] == "`" and "`" in found.group("info")):
                opening, opened_at = found, start
                inside = place
        elif _closes(line, opening):
            blocks.append(_block(text, opening, opened_at, inside, start, place, True))
            opening = None
    if opening is not None:
        blocks.append(_block(text, opening, opened_at, inside, len(text), len(text), False))
    return blocks


def inline_spans(text: str) -> list[str]:
    """Returns the contents of inline code: what stands between two runs of equally many backticks."""
    runs = list(_RUN.finditer(text))
    later: dict[int, list[int]] = {}
    for index in range(len(runs) - 1, -1, -1):
        later.setdefault(len(runs[index].group()), []).append(index)
    spans: list[str] = []
    index = 0
    while index < len(runs):
        same = later[len(runs[index].group())]
        while same and same[-1] <= index:
            same.pop()
        if same:
            spans.append(text[runs[index].end() : runs[same[-1]].start()].strip())
            index = same[-1]
        index += 1
    return spans


def without_fences(text: str, block: Block) -> str:
    """Returns a text in which the two fences of a block are blank lines; labels before the opening one remain."""
    opening = text[block.start : block.inside]
    label = opening[: _OPEN.match(opening).end("lead")]  # type: ignore[union-attr]
    return f"{text[: block.start]}{label}\n{text[block.inside : block.outside]}\n{text[block.end :]}"


def unquoted(text: str) -> str:
    """Returns a text without the ">" of quotations at the begin of its lines."""
    return _QUOTED_LINE.sub("", text)


def _closes(line: str, opening: re.Match[str]) -> bool:
    found = _CLOSE.fullmatch(line)
    if found is None:
        return False
    fence, own = opening.group("fence"), found.group("fence")
    return own[0] == fence[0] and len(own) >= len(fence) and _width(found) <= _width(opening) + 3


def _width(found: re.Match[str]) -> int:
    """Returns the indentation of a fence; behind a label it is that of the label."""
    lead = found.group("lead").expandtabs(4)
    return len(lead) if not lead.strip(" >-*+.)0123456789") else len(lead) - len(lead.lstrip())


def _block(text: str, opening: re.Match[str], start: int, inside: int, outside: int, end: int, closed: bool) -> Block:
    content = text[inside:outside]
    if ">" in opening.group("lead") and not opening.group("lead").strip(" \t>"):
        content = unquoted(content)
    return Block(start, inside, outside, end, opening.group("info").strip(), content, closed)
