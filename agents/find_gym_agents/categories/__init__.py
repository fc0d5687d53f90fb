"""What agents and their tools know about each category of functions: one package for each, and usable defaults.

Everything outside this package asks `agent_category` and names no category itself.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

import find_gym  # noqa: F401  (registers the categories)
from find_gym.core.category import load_reference
from find_gym.core.registry import category_named
from find_gym_agents.categories.record import AgentCategory

__all__ = ["AgentCategory", "agent_category"]


@cache
def agent_category(name: str) -> AgentCategory:
    """Returns the record of a category: the one that `Category.agents` names, that of a package here, or the defaults.

    Args:
        name: the category's name.

    Raises:
        ValueError: there is no such category.
        TypeError: `Category.agents` names something else.
    """
    place = category_named(name).agents
    if place is None:
        package = find_spec(f"{__name__}.{name}")
        if package is None or package.submodule_search_locations is None:
            return AgentCategory(name)
        place = f"{package.name}:CATEGORY"
    record = load_reference(place)
    if not isinstance(record, AgentCategory) or record.name != name:
        raise TypeError(f"expected an AgentCategory named {name!r} at {place!r}, actual value: {record!r:.200}")
    return record
