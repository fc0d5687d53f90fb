"""The registry of agents: their names on the command line, their classes, and what they can interpret.

An agent of this package is one entry of `_BUILT_IN`. Another distribution adds its own by the entry point group
`find_gym.agents`, a program by `register_agent`. Any other class is named by its place: `package.module:Class` or
`path/to/file.py:Class`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, cast

from find_gym.core.entry_points import register_entry_points
from find_gym_agents.base import Agent
from find_gym_agents.checks import nearest
from find_gym_agents.loading import load_named

GROUP = "find_gym.agents"
"""The entry point group by which other distributions register agents: each names an `AgentEntry`."""
ANY = "any"
"""In place of a category: all of them."""
_HERE = "find_gym_agents.interpreters"


@dataclass(frozen=True)
class AgentEntry:
    """An agent.

    Attributes:
        name: its name on the command line.
        classes: for each category of functions that it can interpret, or for `ANY`, the place "module:Class" of its
            class or of a function that makes one; imported when the agent is made.
        summary: what it does, in a few words.
        options: the fields of `EvaluationConfig` that its class takes as keyword arguments.
        in_threads: whether its episodes run in threads of one process, because they share something large.
        takes_category: whether its class takes the name of the category as the argument `category`.
    """

    name: str
    classes: Mapping[str, str]
    summary: str = ""
    options: tuple[str, ...] = ()
    in_threads: bool = False
    takes_category: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise TypeError(f"expected the name of an agent, actual value: {self.name!r}")
        places = list(self.classes.values()) if isinstance(self.classes, Mapping) else []
        if not places or not all(isinstance(place, str) and ":" in place for place in places):
            raise TypeError(
                f'expected the classes of the agent {self.name!r} as "module:Class" for each category, '
                f"actual value: {self.classes!r}"
            )

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories of functions that it can interpret; `ANY` for all of them."""
        return tuple(self.classes)

    def check(self, category: str) -> None:
        """Checks that the agent can interpret a category; imports nothing.

        Raises:
            ValueError: it can't.
        """
        if category not in self.classes and ANY not in self.classes:
            raise ValueError(
                f"expected an agent for {category} functions, actual: {self.name!r} is for {', '.join(self.categories)}"
            )

    def load(self, category: str) -> Any:
        """Returns the class for a category, or the function that makes one.

        Raises:
            ValueError: there is none.
            ImportError: something that it needs is not installed.
        """
        self.check(category)
        return load_named(self.classes.get(category) or self.classes[ANY])

    def make(self, category: str | None = None, **options: Any) -> Agent:
        """Makes the agent.

        Args:
            category: the category of functions; by default the first of `classes`.
            **options: the options that `options` names.

        Raises:
            ValueError: it can't interpret the category.
            ImportError: something that it needs is not installed.
        """
        category = category or self.categories[0]
        given = {"category": category} if self.takes_category else {}
        return cast(Agent, self.load(category)(**given, **options))


def _entry(name: str, summary: str, /, **classes: str) -> AgentEntry:
    return AgentEntry(name, {category: f"{_HERE}.{place}" for category, place in classes.items()}, summary)


_BUILT_IN = (
    AgentEntry(
        "blind",
        dict.fromkeys(("numeric", "strings", "entities", "relations", "neurons"), f"{_HERE}.blind:BlindAgent"),
        "the best fixed submission; asks nothing",
        takes_category=True,
    ),
    _entry(
        "random",
        "random probes, then a random description",
        numeric="random_agent:RandomAgent",
        strings="random_agent:RandomStringAgent",
    ),
    _entry(
        "constant",
        "the best constant of 16 queries",
        numeric="constant:ConstantAgent",
        strings="string_baselines:ConstantStringAgent",
    ),
    _entry("identity", "leaves the input as it is; asks nothing", strings="string_baselines:IdentityAgent"),
    _entry(
        "lookup",
        "the exploit: a table of its queries as code",
        numeric="lookup:LookupAgent",
        strings="string_baselines:LookupStringAgent",
    ),
    _entry("interpolation", "straight lines between even queries", numeric="interpolation:InterpolationAgent"),
    _entry("piecewise", "straight lines between well-chosen queries", numeric="interpolation:PiecewiseAgent"),
    _entry("operon", "symbolic regression with pyoperon, 3 s (extra sr)", numeric="operon:OperonAgent"),
    _entry("atom-fit", "fits every atom and compound, picks by BIC", numeric="atom_fit.agent:AtomFit"),
    _entry("enumeration", "searches programs by indexed enumeration", strings="enumeration.agent:EnumerationAgent"),
    _entry(
        "exemplar-embedding",
        "asks near what activates, names the nearest concepts",
        entities="exemplar_embedding:ExemplarEmbeddingAgent",
        neurons="exemplar_embedding:ExemplarEmbeddingAgent",
    ),
    _entry(
        "feature-search",
        "asks what the best programs disagree about, submits the best one",
        neurons="feature_search:FeatureSearchAgent",
    ),
    _entry("random-features", "random queries, then the best program", neurons="feature_search:RandomFeatureAgent"),
    _entry(
        "exemplar-features", "asks nothing, fits a program to exemplars", neurons="feature_search:ExemplarFeatureAgent"
    ),
    _entry("table-lookup", "asks what tells the relations apart", relations="table_lookup:TableLookupAgent"),
    AgentEntry(
        "lm",
        {ANY: f"{_HERE}.lm.agent:LanguageModelAgent"},
        "a language model, see --model",
        options=("language_model",),
        in_threads=True,
        takes_category=True,
    ),
    AgentEntry(
        "neural",
        {ANY: f"{_HERE}.neural:make_neural_agent"},
        "a network that asks and proposes programs, see --checkpoint",
        options=("policy",),
    ),
    AgentEntry(
        "policy",
        {ANY: f"{_HERE}.policies:make_policy_agent"},
        "a policy that was trained, here or elsewhere, see --checkpoint",
        options=("policy",),
    ),
)
_registered: dict[str, AgentEntry] = {}


def register_agent(entry: AgentEntry) -> AgentEntry:
    """Registers an agent; to register the same entry again changes nothing.

    Raises:
        TypeError: it is no `AgentEntry`.
        ValueError: another agent has the same name.
    """
    if not isinstance(entry, AgentEntry):
        raise TypeError(f"expected a find_gym_agents.registry.AgentEntry, actual value: {entry!r}")
    if _registered.setdefault(entry.name, entry) != entry:
        raise ValueError(f"expected an agent with a name that no other has, actual: {entry.name!r}")
    return entry


for _built_in in _BUILT_IN:
    register_agent(_built_in)


@cache
def _register_others() -> None:
    register_entry_points(GROUP, "agent", register_agent)


def agents_by_name() -> Mapping[str, AgentEntry]:
    """Returns all registered agents by their names: a live, read-only view.

    A warning names entry points of other distributions that are no agents, or whose names are taken.
    """
    _register_others()
    return MappingProxyType(_registered)


def find_agent(name: str) -> AgentEntry:
    """Returns the agent of a name; for the place of a class, an entry for all categories.

    Args:
        name: the name of a registered agent, "package.module:Class" or "path/to/file.py:Class".

    Raises:
        ValueError: there is no such agent.
    """
    known = agents_by_name()
    if name in known:
        return known[name]
    if ":" in name:
        _check_place(name)
        return AgentEntry(name, {ANY: name})
    raise ValueError(
        f"expected an agent among {', '.join(known)}, 'package.module:Class' or 'path/to/file.py:Class', actual value: "
        f"{name!r}{nearest(name, known)}"
    )


def _check_place(place: str) -> None:
    """Loads what is at a place, so that a mistake is told once and not by each worker."""
    try:
        found = load_named(place)
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(f"expected an agent at {place}, actual: {type(error).__name__}: {error}") from error
    if not callable(found):
        raise ValueError(f"expected a class, or a function that makes an agent, at {place}, actual value: {found!r}")


def make_agent(name: str, category: str | None = None, **options: Any) -> Agent:
    """Makes the agent of a name; see `find_agent` and `AgentEntry.make`."""
    return find_agent(name).make(category, **options)


def agent_label(name: str, options: Mapping[str, Any]) -> str:
    """Returns how an agent is called in results: its name and, after a colon, the labels of its options.

    Args:
        name: the agent's name.
        options: its options, each with an attribute `label`.
    """
    return f"{name}:{'+'.join(value.label for value in options.values())}" if options else name
