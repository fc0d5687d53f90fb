"""Functions that are named and not sampled: units of networks, and callables of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from find_gym.core.registry import category_named
from find_gym_agents.categories import agent_category
from find_gym_agents.loading import load_named
from find_gym_agents.runs.records import RunError

if TYPE_CHECKING:
    from find_gym_agents.evaluation.config import EvaluationConfig


@dataclass(frozen=True)
class CallableSpec:
    """A callable of one's own, by its place.

    Attributes:
        category: the category of functions that it is served as.
        callable: its place, "package.module:name" or "path/to/file.py:name".
    """

    category: str
    callable: str

    family = "callable"
    variant = "callable"

    def to_json(self) -> dict[str, Any]:
        """Returns the spec as JSON-serialisable data."""
        return asdict(self)

    def make(self) -> Any:
        """Returns the function; the callable's module is run.

        Raises:
            ValueError: there is no such callable, or it can't be served.
            TypeError: it is no callable of one argument, or returns something of another type.
            ImportError: there is no such module.
        """
        return category_named(self.category).wrap(load_named(self.callable))


def read_function(category: str, data: Mapping[str, Any]) -> tuple[Any, Any]:
    """Returns the spec that a run keeps of a function, and the function.

    Args:
        category: the category's name.
        data: what `to_json` of the spec wrote.
    """
    if "callable" in data:
        own = CallableSpec(category, data["callable"])
        return own, own.make()
    functions = category_named(category)
    spec = functions.read_spec(data)
    return spec, functions.make(spec)


def named_functions(config: EvaluationConfig) -> tuple[dict[str, Any], dict[str, str]]:
    """Returns the specs of the functions that a configuration names, and the reasons for those that can't be served.

    Raises:
        RunError: there is no such unit or callable, or it can't be served.
        ImportError: something that a network or a callable needs is not installed.
    """
    try:
        if config.function:
            own = {place: CallableSpec(config.category, place) for place in config.function}
            for spec in own.values():
                spec.make()
            return own, {}
        place = agent_category(config.category).units
        assert place is not None  # Configurations are checked when they are made.
        found, reasons = load_named(place)(config.units, config.seed)
    except (ValueError, TypeError) as error:
        raise RunError(str(error)) from error
    if not found:
        raise RunError(f"expected units that can be served, actual: none ({next(iter(reasons.values()), '')})")
    return found, reasons
