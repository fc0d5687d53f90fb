"""FIND as Gymnasium environments: train and evaluate automated interpreters of black-box functions.

Importing this package registers the environments:

    >>> import gymnasium as gym
    >>> import find_gym
    >>> env = gym.make("FIND-numeric-v0")

The environments explain themselves: `help(find_gym.envs.NumericEnv)`.
"""

from importlib import import_module
from typing import Any

from gymnasium.envs.registration import register, registry

__version__ = "0.1.0"

# For each category its environment, its vectorised class, and the latest version of its splits and draws.
_ENTRY_POINTS = {
    "numeric": ("NumericEnv", "NumericVectorEnv", 0),
    "strings": ("StringEnv", "StringVectorEnv", 1),
    "entities": ("EntityEnv", "EntityVectorEnv", 1),
    "relations": ("RelationEnv", "RelationVectorEnv", 1),
}
LATEST_VERSIONS = {category: latest for category, (_, _, latest) in _ENTRY_POINTS.items()}
LATEST_IDS = {category: f"FIND-{category}-v{latest}" for category, latest in LATEST_VERSIONS.items()}
EARLIER_IDS = tuple(f"FIND-{category}-v{n}" for category, latest in LATEST_VERSIONS.items() for n in range(latest))
ENVIRONMENT_IDS = (*LATEST_IDS.values(), *EARLIER_IDS)

for _identifier in ENVIRONMENT_IDS:
    _, _category, _version = _identifier.split("-")
    _single, _vector, _latest = _ENTRY_POINTS[_category]
    if _identifier not in registry:
        register(
            id=_identifier,
            entry_point=f"find_gym.categories.{_category}.env:{_single}",
            vector_entry_point=f"find_gym.categories.{_category}.vector:{_vector}",
            kwargs={"version": int(_version[1:])},
        )

# Packages that are imported when they are first named: to register environments needs none of them.
_PACKAGES = ("envs", "functions", "language", "sandbox", "scoring")


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"expected an attribute of {__name__} or a package among {_PACKAGES}, actual: {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PACKAGES})
