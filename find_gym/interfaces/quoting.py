r"""Values and texts of others within messages: nothing in them can be read as part of the protocol or of a template.

A function's outputs, a dataset's words and what an interpreter wrote are shown to language models. There "[CODE]" would
look like the begin of a submission, and "<|im_end|>" would become the token that ends a message. So the first character
of everything of that kind is written as JSON's escape of it, such as \u003c for "<": within a JSON string that reads
back as the same text, and a person can still read it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

# Tokens that chat templates are made of: <|im_start|>, <s>, </s>, <start_of_turn>, <<SYS>>, [INST], [/INST], [gMASK];
# not the markers of a submission.
_MARKER = r"\[(?=\s*(?i:description|domain|code)\s*\])"
_TOKENS = (
    r"<(?=[|<\uff5c]|/?[A-Za-z_][\w:.|=-]*[ ]?/?>|0x[0-9A-Fa-f]{2}>)"
    rf"|(?!{_MARKER})\[(?=[ ]*/?[A-Z][A-Z_]+[ ]*\]|gMASK\])"
)
_TEMPLATE_TOKENS = re.compile(_TOKENS)
# And what messages are read for: markers in any case, queries, fences. DEL is no character of the messages.
_CONTROLS = re.compile(rf"{_TOKENS}|{_MARKER}|(?i:Q(?=UERY\b))|`(?=``)|~(?=~~)|\x7f")


def quote_values(values: Iterable[Any]) -> str:
    """Writes strings, numbers and None as a JSON list of ASCII characters that reads back as the same values."""
    return f"[{', '.join(escape_controls(json.dumps(value)) for value in values)}]"


def escape_controls(text: str) -> str:
    """Escapes what could be read as a part of the protocol or of a chat template."""
    return _CONTROLS.sub(_escape, text)


def shorten(text: str, length: int = 80) -> str:
    """Returns text as a Python literal in ASCII, cut if it is long; nothing in it can pass for a marker."""
    return escape_controls(ascii(text if len(text) <= length else f"{text[:length]}..."))


def escape_template_tokens(text: str) -> str:
    """Escapes what could be read as a token of a chat template; a submission remains one."""
    return _TEMPLATE_TOKENS.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"
