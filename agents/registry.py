"""The table of agents: a name on the command line, where the class is, what it can interpret.

To add an agent, append a line to `_TABLE`. An agent of one's own needs no line: "package.module:Class" is a name, too.
"""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import dataclass
from typing import cast

from find_gym_agents.base import Agent


@dataclass(frozen=True)
class AgentEntry:
    """One agent of the table.

    Attributes:
        name: its name on the command line.
        module: the module within this package; imported only when the agent is made.
        class_name: the class, made without arguments.
        categories: the categories of functions that it can interpret.
        summary: what it does, in a few words.
    """

    name: str
    module: str
    class_name: str
    categories: tuple[str, ...]
    summary: str


_NUMERIC = ("numeric",)
_ENTITIES = ("entities",)
_RELATIONS = ("relations",)

_TABLE = (
    AgentEntry("random", "random_agent", "RandomAgent", _NUMERIC, "random probes, then a random description"),
    AgentEntry("constant", "constant", "ConstantAgent", _NUMERIC, "the best constant of 16 queries"),
    AgentEntry("interpolation", "interpolation", "InterpolationAgent", _NUMERIC, "straight lines between queries"),
    AgentEntry("lookup", "lookup", "LookupAgent", _NUMERIC, "the exploit: a table of its queries as code"),
    AgentEntry("operon", "operon", "OperonAgent", _NUMERIC, "symbolic regression with pyoperon, 3 s (extra sr)"),
    AgentEntry("atom-fit", "atom_fit", "AtomFit", _NUMERIC, "fits every atom and compound, picks by BIC"),
    AgentEntry(
        "exemplar-embedding",
        "exemplar_embedding",
        "ExemplarEmbeddingAgent",
        _ENTITIES,
        "asks near what activates, names the nearest concepts",
    ),
    AgentEntry("table-lookup", "table_lookup", "TableLookupAgent", _RELATIONS, "asks what tells the relations apart"),
)
AGENTS: dict[str, AgentEntry] = {entry.name: entry for entry in _TABLE}


def check_agent(name: str, category: str) -> None:
    """Checks that an agent exists and can interpret a category; imports nothing from this package.

    Args:
        name: a key of `AGENTS`, or "package.module:Class" for an agent of one's own.
        category: the category of the environment, such as "numeric".

    Raises:
        ValueError: there is no such agent, or it can't.
    """
    if ":" in name:
        return
    if name not in AGENTS:
        raise ValueError(
            f"expected an agent among {', '.join(AGENTS)} or 'package.module:Class', actual value: {name!r}"
        )
    if category not in AGENTS[name].categories:
        raise ValueError(
            f"expected an agent for {category} functions, actual: {name!r} is for {', '.join(AGENTS[name].categories)}"
        )


def make_agent(name: str) -> Agent:
    """Makes an agent.

    Args:
        name: a key of `AGENTS`, or "package.module:Class", looked for in the working directory as well.

    Raises:
        ValueError: there is no such agent.
        ImportError: something that it needs is not installed.
    """
    if ":" in name:
        module_name, _, class_name = name.partition(":")
        if os.getcwd() not in sys.path:
            sys.path.append(os.getcwd())
    else:
        check_agent(name, AGENTS[name].categories[0] if name in AGENTS else "")
        module_name, class_name = f"find_gym_agents.{AGENTS[name].module}", AGENTS[name].class_name
    module = importlib.import_module(module_name)
    made = getattr(module, class_name, None)
    if made is None:
        raise ValueError(f"expected a class {class_name!r} in {module_name}, actual: there is none")
    return cast(Agent, made())
