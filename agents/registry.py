"""The table of agents: a name on the command line, where the class is, what it can interpret.

To add an agent, append an entry to `_TABLE`. An agent of one's own needs none: "package.module:Class" is a name, too.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from find_gym_agents.base import Agent


@dataclass(frozen=True)
class AgentEntry:
    """One agent of the table.

    Attributes:
        name: its name on the command line.
        classes: for each category of functions that it can interpret, its class, or a function that makes one, as
            "module:Class" within `find_gym_agents.interpreters`; imported only when the agent is made.
        summary: what it does, in a few words.
        options: the fields of `EvaluationConfig` that its class takes as keyword arguments.
        in_threads: whether its episodes run in threads of one process, because they share something large.
    """

    name: str
    classes: Mapping[str, str]
    summary: str
    options: tuple[str, ...] = ()
    in_threads: bool = False

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories of functions that it can interpret."""
        return tuple(self.classes)


_TABLE = (
    AgentEntry(
        "blind",
        {
            "numeric": "blind:BlindNumericAgent",
            "strings": "blind:BlindStringAgent",
            "entities": "blind:BlindEntityAgent",
            "relations": "blind:BlindRelationAgent",
        },
        "the best fixed submission; asks nothing",
    ),
    AgentEntry(
        "random",
        {"numeric": "random_agent:RandomAgent", "strings": "random_agent:RandomStringAgent"},
        "random probes, then a random description",
    ),
    AgentEntry(
        "constant",
        {"numeric": "constant:ConstantAgent", "strings": "string_baselines:ConstantStringAgent"},
        "the best constant of 16 queries",
    ),
    AgentEntry("identity", {"strings": "string_baselines:IdentityAgent"}, "leaves the input as it is; asks nothing"),
    AgentEntry(
        "lookup",
        {"numeric": "lookup:LookupAgent", "strings": "string_baselines:LookupStringAgent"},
        "the exploit: a table of its queries as code",
    ),
    AgentEntry("interpolation", {"numeric": "interpolation:InterpolationAgent"}, "straight lines between even queries"),
    AgentEntry("piecewise", {"numeric": "interpolation:PiecewiseAgent"}, "straight lines between well-chosen queries"),
    AgentEntry("operon", {"numeric": "operon:OperonAgent"}, "symbolic regression with pyoperon, 3 s (extra sr)"),
    AgentEntry("atom-fit", {"numeric": "atom_fit.agent:AtomFit"}, "fits every atom and compound, picks by BIC"),
    AgentEntry(
        "enumeration", {"strings": "enumeration.agent:EnumerationAgent"}, "searches programs by indexed enumeration"
    ),
    AgentEntry(
        "exemplar-embedding",
        {"entities": "exemplar_embedding:ExemplarEmbeddingAgent"},
        "asks near what activates, names the nearest concepts",
    ),
    AgentEntry("table-lookup", {"relations": "table_lookup:TableLookupAgent"}, "asks what tells the relations apart"),
    AgentEntry(
        "lm",
        {
            "numeric": "lm.agent:NumericLanguageModelAgent",
            "strings": "lm.agent:StringLanguageModelAgent",
            "entities": "lm.agent:EntityLanguageModelAgent",
            "relations": "lm.agent:RelationLanguageModelAgent",
        },
        "a language model, see --model",
        options=("language_model",),
        in_threads=True,
    ),
    AgentEntry(
        "policy",
        {name: "policies:make_policy_agent" for name in ("numeric", "strings", "entities", "relations")},
        "a policy that was trained, here or elsewhere, see --checkpoint",
        options=("policy",),
    ),
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


def option_names(name: str) -> tuple[str, ...]:
    """Returns the names of the options that an agent takes; those of one's own take none."""
    return AGENTS[name].options if name in AGENTS else ()


def agent_label(name: str, options: Mapping[str, Any]) -> str:
    """Returns how an agent is called in results: its name and, after a colon, what its options say of themselves.

    Args:
        name: the agent's name.
        options: its options, each with an attribute `label`.
    """
    return f"{name}:{'+'.join(value.label for value in options.values())}" if options else name


def make_agent(name: str, category: str | None = None, **options: Any) -> Agent:
    """Makes an agent.

    Args:
        name: a key of `AGENTS`, or "package.module:Class", looked for in the working directory as well.
        category: the category of functions that it is to interpret; by default the first of its entry.
        options: the options that the agent's entry names.

    Raises:
        ValueError: there is no such agent, or it can't interpret the category.
        ImportError: something that it needs is not installed.
    """
    if ":" in name:
        path = name
        if os.getcwd() not in sys.path:
            sys.path.append(os.getcwd())
    else:
        first = AGENTS[name].categories[0] if name in AGENTS else ""
        check_agent(name, category or first)
        path = f"find_gym_agents.interpreters.{AGENTS[name].classes[category or first]}"
    module_name, _, class_name = path.partition(":")
    module = importlib.import_module(module_name)
    made = getattr(module, class_name, None)
    if made is None:
        raise ValueError(f"expected a class {class_name!r} in {module_name}, actual: there is none")
    return cast(Agent, made(**options))
