"""The registry of categories, and the ids of their environments."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gymnasium.envs.registration import register, registry

from find_gym.core.category import Category

GROUP = "find_gym.categories"
"""The entry point group by which other distributions register categories."""

LATEST_VERSIONS: dict[str, int] = {}
"""The latest version of each registered category."""
LATEST_IDS: dict[str, str] = {}
"""The id of each registered category's environment in its latest version."""

_registered: dict[str, Category] = {}


def register_category(category: Category) -> Category:
    """Registers a category, and with Gymnasium its environments, those of earlier versions included.

    Args:
        category: the record; to register the same one again changes nothing.

    Returns:
        The record.

    Raises:
        TypeError: it is no `Category`.
        ValueError: another category has the same name, or the same folder within a dataset.
    """
    if not isinstance(category, Category):
        raise TypeError(f"expected a find_gym.core.category.Category, actual value: {category!r}")
    if category is _registered.get(category.name):
        return category
    for other in _registered.values():
        for field in ("name", "folder"):
            value = getattr(category, field)
            if value == getattr(other, field):
                raise ValueError(
                    f"expected a category with a {field} that no other has, actual: {value!r}, that of {other!r}"
                )
    _registered[category.name] = category
    LATEST_VERSIONS[category.name] = category.latest
    LATEST_IDS[category.name] = category.environment_id()
    for version in range(category.latest + 1):
        identifier = category.environment_id(version)
        if identifier not in registry:
            register(
                id=identifier,
                entry_point=category.environment,
                vector_entry_point=category.vector,
                kwargs={"version": version},
            )
    return category


def unregister_category(name: str) -> None:
    """Takes a category and its environments out again, as the end of a test may ask for.

    Raises:
        ValueError: there is no category of that name.
    """
    category = category_named(name)
    for version in range(category.latest + 1):
        registry.pop(category.environment_id(version), None)
    for known in (_registered, LATEST_VERSIONS, LATEST_IDS):
        known.pop(name)  # type: ignore[attr-defined]


def categories_by_name() -> Mapping[str, Category]:
    """Returns the registered categories by their names, in the order of their registration: a live, read-only view."""
    return MappingProxyType(_registered)


def category_named(name: Any) -> Category:
    """Returns the registered category of a name.

    Raises:
        ValueError: there is none.
    """
    category = _registered.get(name) if isinstance(name, str) else None
    if category is None:
        raise ValueError(f"expected a category in {tuple(_registered)}, actual value: {name!r}")
    return category


def earlier_ids() -> tuple[str, ...]:
    """Returns the ids of all versions but the latest ones."""
    return tuple(one.environment_id(version) for one in _registered.values() for version in range(one.latest))


def category_of(environment: str) -> str:
    """Returns the category of an environment's id: "FIND-numeric-v1" is "numeric"."""
    return environment.rpartition(":")[2].split("-")[1]


def version_of(environment: str) -> int:
    """Returns the version of an environment's id: "FIND-numeric-v1" is 1."""
    return int(environment.rpartition("-v")[2])
