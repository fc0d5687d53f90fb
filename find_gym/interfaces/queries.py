"""Queries within a text: QUERY and a list, however it is dressed."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from find_gym.interfaces.literals import Brackets, read_value

# Repetitions that may begin anywhere are bounded: the time must not grow with the square of a message's length.
_QUERY = re.compile(r"(?<![\w\"'\u2018\u201c])(?:QUERY|QUERIES)\b", re.IGNORECASE)
# What may stand before a command on its line: signs of any kind, such as bullets, emoji and what can't be seen, but no
# words, quotation marks or brackets.
SIGNS = r"(?:[^\w\n\"'\u2018-\u201f\u00ab\u00bb\\\[\](){}<=,;.:`|~]|[>_])"
_BEFORE = re.compile(
    rf"(?:{SIGNS}|`){{0,40}}(?:\d{{1,3}}[.)][ \t]{{0,8}})?[ \t*`_#]{{0,8}}"
    r"(?:(?:you|me|assistant|model|interpreter|action|next|my|the|step[ \t]\d{1,3})[*_]{0,2}:?[ \t*_]{1,4}){0,3}"
    r"[<\[`*_]{0,4}\Z",
    re.IGNORECASE,
)
_TO_LIST = re.compile(
    r"(?:[*`_\]>]|[^\S\n]){0,12}[:\uff1a=]?(?:[*`_]|[^\S\n]){0,12}"
    r"(?:(?:inputs?|values|words)[ \t]?[=:][ \t]?[\"']?)?"
    r"(?:(?:json|python|text)?[ \t]{0,8}\n[ \t]{0,40}(?:(?:```|~~~)\w{0,10})?){0,4}(?=[\[({])"
)
_TO_LINE = re.compile(r"[*`_\]>]{0,6}[^\S\n]*[:\uff1a]?(?:[*`_]|[^\S\n])*")
_ITEM = re.compile(r"[ \t]{0,12}(?:[-*+\u2022]|\d{1,3}[.)])[ \t]{1,8}(?P<item>\S[^\n]*)(?:\n|\Z)")
_VALUE = re.compile(r"[\"'+.\d\u2212-]|\Z")
_REPORT = re.compile(
    r"[ \t`*]{0,8}(?:[-=]?>|=|:|[\u2192\u21d2\u21a6]|(?:gave|gives|returned|returns|yields|was|is)\b)"
    r"[ \t`*]{0,8}[^\s`*]"
)
_QUOTED = re.compile(r"\\.|\"(?:[^\"\\\n]|\\.)*\"|(?<!\w)'(?:[^'\\\n]|\\.)*'(?!\w)|`(?!QUERY)[^`\n]*`")
_FIRST = re.compile(r"\bfirst\b[^\n.]{0,40}\Z", re.IGNORECASE)
_LINE_END = re.compile(r"[ \t.*`_)>]{0,20}$", re.MULTILINE)
_LINE_START = 60


@dataclass(frozen=True)
class WrittenQuery:
    """A query as it is written.

    Attributes:
        start: where it begins.
        end: where its inputs end.
        argument: its inputs: a list, or the text of them.
        opens_line: whether its line begins with it, markup and names of speakers aside.
        listed: whether its inputs stand in brackets.
        ends_line: whether nothing follows its inputs on their line.
        capital: whether QUERY is in capitals.
        first: whether it is called the first thing to do.
        reported: whether its line goes on with what came of it.
    """

    start: int
    end: int
    argument: list[Any] | str
    opens_line: bool
    listed: bool
    ends_line: bool
    capital: bool
    first: bool
    reported: bool


def written_queries(text: str) -> list[WrittenQuery]:
    """Returns the queries of a text in order, candidates in prose included; none begins within another's inputs."""
    brackets = Brackets(text)
    quoted: list[tuple[int, int]] | None = None
    place = 0
    found: list[WrittenQuery] = []
    for match in _QUERY.finditer(text):
        if match.start() < place:
            continue
        line = text.rfind("\n", max(0, match.start() - _LINE_START), match.start()) + 1
        near = line or match.start() <= _LINE_START
        opens = bool(near and _BEFORE.match(text, line, match.start()))
        argument, end, listed = _argument(text, match.end(), brackets)
        capital = match.group() == "QUERY"
        labelled = capital or any(colon in text[match.end() : match.end() + 4] for colon in ":\uff1a")
        if opens and not (listed or labelled) and not _VALUE.match(str(argument)):
            # "Query small inputs first" is prose.
            continue
        if not opens:
            if not (listed and labelled):
                continue
            quoted = [each.span() for each in _QUOTED.finditer(text)] if quoted is None else quoted
            while quoted and quoted[0][1] <= match.start():
                quoted.pop(0)
            if quoted and quoted[0][0] < match.start():
                continue
        ends_line = _LINE_END.match(text, end) is not None
        first = _FIRST.search(text, max(0, match.start() - _LINE_START), match.start()) is not None
        reported = listed and _REPORT.match(text, end) is not None
        found.append(WrittenQuery(match.start(), end, argument, opens, listed, ends_line, capital, first, reported))
        place = end
    return found


def _argument(text: str, start: int, brackets: Brackets) -> tuple[list[Any] | str, int, bool]:
    """Returns the list that follows, over several lines if need be, or else the rest of the line; and where it ends."""
    to_list = _TO_LIST.match(text, start)
    if to_list and (end := brackets.end(to_list.end())) is not None:
        written = text[to_list.end() : end]
        items = list_of(written)
        if items is not None:
            return items, end, True
        if written[0] == "[":
            return written.replace("\n", " "), end, True
    begin = _TO_LINE.match(text, start).end()  # type: ignore[union-attr]
    end = text.find("\n", begin)
    end = len(text) if end < 0 else end
    line = html.unescape(text[begin:end]).strip(" \t\r*`")
    if not line and (items := _items(text, end + 1)):
        return [item_value(item.group("item")) for item in items], items[-1].end(), True
    return line, end, False


def _items(text: str, start: int) -> list[re.Match[str]]:
    """Returns the items of the list in Markdown that begins at a place."""
    items: list[re.Match[str]] = []
    while item := _ITEM.match(text, start):
        items.append(item)
        start = item.end()
    return items


def item_value(written: str) -> Any:
    """Returns an item of a list in Markdown: a value as JSON, or the words as they are."""
    written = written.strip(" \t\r`*")
    try:
        return read_value(written)
    except ValueError:
        return written


def list_of(written: str) -> list[Any] | None:
    """Returns a list written as JSON or Python, or as the one value of an object; None if it is none."""
    try:
        value = read_value(written)
    except ValueError:
        plain = html.unescape(written)
        return None if plain == written else list_of(plain)
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    return list(value) if isinstance(value, (list, tuple)) else None
