"""Queries and submissions as JSON objects or in XML's tags, and submissions as the rows of a table."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from find_gym.core.message_rules import MessageRules
from find_gym.interfaces.calls import INPUT_NAMES, plain_key, submission_of
from find_gym.interfaces.found import Found
from find_gym.interfaces.queries import item_value, list_of
from find_gym.interfaces.tool_calls import objects_in

_TAG = re.compile(
    r"(?<![\"'`\\])<(?P<end>/?)(?P<name>description|domain|code|query|inputs)(?:\s[^<>\n]{0,60})?>:?(?![\"'`](?!``))",
    re.I,
)
_ITEM = re.compile(r"<(?P<tag>input|item|value|word)>(?P<text>[^<]*)</(?P=tag)>", re.I)
_CDATA = re.compile(r"\A\s*<!\[CDATA\[(.*?)(?:\]\]>\s*\Z|\Z)", re.DOTALL)
_MOST_NESTED = 3
_ROW = re.compile(
    r"^[ \t]{0,8}\|[ \t*_`\[]{0,12}(?P<name>description|domain|code)[ \t*_`\]:]{0,12}\|(?P<cell>[^\n]*)$",
    re.I | re.MULTILINE,
)
_LINE_BREAK = re.compile(r"[ \t]?<br[ \t]?/?>", re.I)


def read_table(text: str, rules: MessageRules) -> Found | None:
    """Reads a submission whose parts are rows of a Markdown table, `| CODE | ... |`, with `<br>` for line breaks."""
    parts = {}
    for row in _ROW.finditer(text):
        cell = row.group("cell").rstrip().removesuffix("|").replace("\\|", "|").strip()
        cell = html.unescape(_LINE_BREAK.sub("\n", cell)).replace("\u00a0", " ")
        parts[row.group("name").lower()] = cell.strip("`").strip("\n")
    if not all(parts.get(part) for part in rules.required):
        return None
    return Found(submission=submission_of(parts, rules), whole=True)


def read_objects(text: str, rules: MessageRules) -> Found | None:
    """Reads JSON objects with the keys of a query or of a submission, or XML with tags of these names."""
    found = Found(whole=True)
    for value in objects_in(text):
        _read_object(value, found, rules, _MOST_NESTED)
    if not found.queries and found.submission is None:
        _read_tags(text, found, rules)
    return found if found.queries or found.submission else None


def _read_object(value: Any, found: Found, rules: MessageRules, depth: int) -> None:
    if not isinstance(value, Mapping):
        return
    keys = {plain_key(key): each for key, each in value.items()}
    if keys.get("description") or keys.get("code"):
        found.submission = submission_of(keys, rules)
        return
    for name in INPUT_NAMES:
        if isinstance(keys.get(name), list):
            found.queries.append(keys[name])
            return
    for each in keys.values() if depth else ():
        _read_object(each, found, rules, depth - 1)


def _read_tags(text: str, found: Found, rules: MessageRules) -> None:
    parts: dict[str, str] = {}
    opened: tuple[str, int] | None = None
    tags = list(_TAG.finditer(text))
    closed = {tag.group("name").lower() for tag in tags if tag.group("end")}
    for tag in tags:
        name = tag.group("name").lower()
        if opened is not None and opened[0] not in closed and not tag.group("end") and name != "inputs":
            _take(opened[0], text[opened[1] : tag.start()], parts, found)
            opened = None
        if opened is None and not tag.group("end"):
            opened = name, tag.end()
        elif opened is not None and name == opened[0] and tag.group("end"):
            _take(name, text[opened[1] : tag.start()], parts, found)
            opened = None
        elif opened is not None and name == "inputs" and opened[0] == "query" and not tag.group("end"):
            opened = name, tag.end()
    if opened is not None:
        found.whole = False
        _take(*(opened[0], text[opened[1] :]), parts, found)
    if "description" in parts or "code" in parts:
        found.submission = submission_of(parts, rules)


def _take(name: str, content: str, parts: dict[str, str], found: Found) -> None:
    cdata = _CDATA.match(content)
    content = cdata.group(1) if cdata else content
    if name in ("query", "inputs"):
        items = list_of(content.strip()) or [item_value(item.group("text")) for item in _ITEM.finditer(content)] or None
        found.queries.append(content.strip() if items is None else items)
    else:
        # Code that compares is escaped in XML by some models, and not by others.
        parts[name] = html.unescape(content) if "&lt;" in content or "&gt;" in content else content
