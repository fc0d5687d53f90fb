"""FIND as Gymnasium environments: train and evaluate automated interpreters of black-box functions.

Importing this package registers the environments:

    >>> import gymnasium as gym
    >>> import find_gym
    >>> env = gym.make("FIND-numeric-v1")

The environments explain themselves: `help(find_gym.envs.NumericEnv)`.
"""

from importlib import import_module
from typing import Any

from find_gym.categories.entities.category import CATEGORY as _ENTITIES
from find_gym.categories.neurons.category import CATEGORY as _NEURONS
from find_gym.categories.numeric.category import CATEGORY as _NUMERIC
from find_gym.categories.relations.category import CATEGORY as _RELATIONS
from find_gym.categories.strings.category import CATEGORY as _STRINGS
from find_gym.core.category import Category
from find_gym.core.entry_points import register_entry_points
from find_gym.core.registry import GROUP as _GROUP
from find_gym.core.registry import (
    LATEST_IDS,
    LATEST_VERSIONS,
    categories_by_name,
    category_named,
    earlier_ids,
    register_category,
)

__version__ = "0.2.0"

__all__ = [
    "LATEST_IDS",
    "LATEST_VERSIONS",
    "Category",
    "categories_by_name",
    "category_named",
    "register_category",
]

register_category(_NUMERIC)
register_category(_STRINGS)
register_category(_ENTITIES)
register_category(_RELATIONS)
register_category(_NEURONS)
register_entry_points(_GROUP, "category", register_category)

# They grow with each category that is registered.
EARLIER_IDS: tuple[str, ...]
"""The ids of all versions but the latest ones."""
ENVIRONMENT_IDS: tuple[str, ...]
"""The ids of all environments."""

# Packages that are imported when they are first named: to register environments needs none of them.
_PACKAGES = ("envs", "functions", "language", "sandbox", "scoring", "testing")


def __getattr__(name: str) -> Any:
    if name == "EARLIER_IDS":
        return earlier_ids()
    if name == "ENVIRONMENT_IDS":
        return (*LATEST_IDS.values(), *earlier_ids())
    if name in _PACKAGES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"expected an attribute of {__name__} or a package among {_PACKAGES}, actual: {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PACKAGES, "EARLIER_IDS", "ENVIRONMENT_IDS"})
