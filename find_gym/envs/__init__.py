"""The environments: single, vectorised, rendered. Each category's own are imported when they are first named."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from find_gym.core.episode import Episode, Rules

if TYPE_CHECKING:
    from find_gym.categories.entities.env import EntityEnv
    from find_gym.categories.numeric.env import NumericEnv
    from find_gym.categories.relations.env import RelationEnv
    from find_gym.categories.strings.env import StringEnv

__all__ = ["EntityEnv", "Episode", "NumericEnv", "RelationEnv", "Rules", "StringEnv"]

# They build on this package, so it can't import them first.
_CATEGORIES = {"EntityEnv": "entities", "NumericEnv": "numeric", "RelationEnv": "relations", "StringEnv": "strings"}


def __getattr__(name: str) -> Any:
    if name in _CATEGORIES:
        return getattr(import_module(f"find_gym.categories.{_CATEGORIES[name]}.env"), name)
    raise AttributeError(f"expected an attribute of {__name__} among {__all__}, actual: {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
