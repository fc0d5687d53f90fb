"""The system prompts, in sections that stand only where they are of use."""

from __future__ import annotations

from functools import cache
from importlib import resources

from find_gym_agents.categories import agent_category

_SECTION = "%%"


@cache
def system_prompt(category: str, *, tools: bool = False, asks: bool = True) -> str:
    """Returns the system prompt of a category.

    A line of the text that begins with "%%" begins a section; the words on it say when it stands: "asks" where the
    model can query, "shown" where it can't, "tools" and "text" by how it speaks; without words it always stands.

    Args:
        category: the category of functions.
        tools: whether the model calls tools.
        asks: whether it can query.
    """
    text = agent_category(category).language_model.prompt
    if text is None:
        text = resources.files("find_gym_agents.interpreters.lm").joinpath("prompt.md").read_text(encoding="utf-8")
    given = {"asks" if asks else "shown", "tools" if tools else "text"}
    kept, stands = [], True
    for line in text.splitlines():
        if line.startswith(_SECTION):
            stands = given.issuperset(line.removeprefix(_SECTION).split())
        elif stands:
            kept.append(line)
    return "\n".join(kept).strip()
