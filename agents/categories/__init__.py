"""What agents and their tools know about each category of functions: one package for each, and usable defaults.

Everything outside this package asks `agent_category` and names no category itself.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from find_gym_agents.categories.record import AgentCategory

__all__ = ["AgentCategory", "agent_category"]


@cache
def agent_category(name: str) -> AgentCategory:
    """Returns the record of a category: that of its package here, or else one of defaults.

    Args:
        name: the category's name.
    """
    module = f"{__name__}.{name}"
    if find_spec(module) is None:
        return AgentCategory(name)
    record: AgentCategory = import_module(module).CATEGORY
    return record
