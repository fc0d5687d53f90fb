"""Which of several options an answer in words names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from find_gym.interfaces import set_reasoning_aside


def named_option(answer: str, options: Sequence[str]) -> int | None:
    """Returns the place of the option that an answer names, None where it names none.

    Reasoning before the answer does not count. An option counts where the answer begins with it; else where it is
    emphasised (bold type, a box, quotation marks) or follows the word "answer"; else where it is the last one named.

    Example:
        >>> named_option("<think>1 or 2?</think>The answer is **2**, not 3.", ["1", "2", "3"])
        1
    """
    parts = set_reasoning_aside(answer)
    text = parts.text
    if parts.cut_off:
        return None
    places = {option.strip(): place for place, option in enumerate(options)}
    option = rf"(?<![\w.-])({'|'.join(re.escape(name) for name in sorted(places, key=len, reverse=True))})(?!\w|\.\d)"
    for pattern in (
        rf"[\s\W]{{0,20}}?{option}",
        rf"(?:\*\*|__|\\boxed\{{|[\"'`(\[])\s{{0,4}}{option}\s{{0,4}}(?:\.?\*\*|__|\}}|[\"'`)\]])",
        rf"\banswer\b\W{{0,8}}(?:is|would be|should be)?\W{{0,8}}(?:option |number |word |no\. ?)?{option}",
    ):
        find = re.match if pattern.startswith("[") else re.search
        found = find(pattern, text, re.IGNORECASE)
        if found:
            return places[_key(found[1], places)]
    named = re.findall(option, text)
    return places[named[-1]] if named else None


def _key(found: str, places: dict[str, int]) -> str:
    """Returns the option as it was given, whose case an answer need not keep."""
    return found if found in places else next(name for name in places if name.casefold() == found.casefold())
