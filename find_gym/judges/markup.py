"""Removes from a description what is not prose: code, tags, keys, addresses, and the names of speakers.

Their words say nothing of a function, but a judge would find them similar to some concepts. What stands between tags,
or as the value of a key, is kept. Each pattern reads a text in time proportional to its length.
"""

from __future__ import annotations

import re

# Blocks of code with a language; fences without one hold anything.
_CODE = re.compile(r"^```[ \t]*(?!(?:text|txt|markdown|md)?[ \t]*$)[^\n`]*\n.*?(?:^```|\Z)", re.M | re.S)
_FENCES = re.compile(r"^```[^\n`]*$", re.M)
_ADDRESSES = re.compile(r"\b(?:https?://|www\.)[^\s)\]>\"']*", re.I)
_SPEAKERS = r"(?:system|user|assistant|developer|human|ai)"
_TAGS = re.compile(rf"<\|[^|<>\n]{{0,40}}\|>{_SPEAKERS}?|</?[a-z!?][^<>]{{0,200}}>|\[/?INST\]", re.I)
_TURNS = re.compile(rf"^[ \t#*>]*{_SPEAKERS}[ \t*]*:", re.M | re.I)
_BLOCKS = re.compile(r"\{[^{}]*\}")
_KEYS = re.compile(r"""(?<=[{,\n])\s{0,40}(?:"[^"\n]{1,60}"|'[^'\n]{1,60}'|\w{1,60})\s{0,9}:""")
# Blocks within blocks: so many levels are read.
_DEPTH = 3


def remove_markup(text: str) -> str:
    """Returns a description without its markup; a space stands in its place, so that "not <b>golf</b>" is denied.

    Example:
        >>> remove_markup('{"score": 1.0, "description": "It responds to golf."}').split()
        ['1.0,', '"It', 'responds', 'to', 'golf."']
        >>> remove_markup("SYSTEM: <b>golf</b>, see https://example.org/tennis").split()
        ['golf', ',', 'see']
    """
    for pattern in (_CODE, _FENCES, _ADDRESSES, _TAGS, _TURNS):
        text = pattern.sub(" ", text)
    for _ in range(_DEPTH if "{" in text else 0):
        text = _BLOCKS.sub(_read_block, text)
    return text


def _read_block(block: re.Match[str]) -> str:
    """Returns what is within braces without its keys."""
    return f" {_KEYS.sub(' ', block.group())[1:-1]} "
