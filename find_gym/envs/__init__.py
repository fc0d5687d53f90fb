"""The environments: single, vectorised, rendered. Each category's own are imported when they are first named."""

from typing import TYPE_CHECKING, Any

from find_gym.core.category import load_reference
from find_gym.core.episode import Episode, Rules
from find_gym.core.registry import categories_by_name
from find_gym.envs.wrappers import ActionMask, ScalarInfo

if TYPE_CHECKING:
    from find_gym.categories.entities.env import EntityEnv
    from find_gym.categories.neurons.env import NeuronEnv
    from find_gym.categories.numeric.env import NumericEnv
    from find_gym.categories.relations.env import RelationEnv
    from find_gym.categories.strings.env import StringEnv

__all__ = [
    "ActionMask",
    "EntityEnv",
    "Episode",
    "NeuronEnv",
    "NumericEnv",
    "RelationEnv",
    "Rules",
    "ScalarInfo",
    "StringEnv",
]


def __getattr__(name: str) -> Any:
    # The environments of the categories build on this package, so it can't import them first.
    for category in categories_by_name().values():
        if category.environment.endswith(f":{name}"):
            return load_reference(category.environment)
    raise AttributeError(f"expected an attribute of {__name__} among {__all__}, actual: {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
