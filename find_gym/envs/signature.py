"""The arguments that the environments of all categories share, for type checkers and for `help`."""

from __future__ import annotations

import inspect
import os
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from find_gym.core.episode import Reward

if TYPE_CHECKING:
    from find_gym.core.dataset import FINDDataset


class EnvArguments(TypedDict, total=False):
    """The keyword arguments of `find_gym.envs.base.FINDEnv`."""

    interface: str
    split: str | None
    difficulty: Any
    function: Any
    dataset: FINDDataset | str | os.PathLike[str] | None
    max_queries: int
    max_steps: int | None
    given: int | Sequence[int]
    query_cost: float
    reward: Reward
    render_mode: str | None
    version: int | None


def unexpected(unknown: Collection[str], expected: Collection[str]) -> TypeError:
    """Returns the error that names keyword arguments which there are not, and those which there are."""
    # In Python's own words first: there are libraries that look for them.
    return TypeError(
        f"unexpected keyword argument {min(unknown)!r}: expected keyword arguments among {list(expected)}, "
        f"actual: {sorted(unknown)}"
    )


def whole_signature(made: type, base: type) -> inspect.Signature:
    """Returns the signature of a class whose `**arguments` are those of its base.

    Args:
        made: the class.
        base: its base.
    """
    shared, own = (named_parameters(each) for each in (base, made))
    parameters = [*own, *(one for one in shared if one.name not in {each.name for each in own})]
    return inspect.Signature(parameters)


def named_parameters(one: type) -> list[inspect.Parameter]:
    """Returns the parameters that a class has itself."""
    parameters = list(inspect.signature(one.__init__).parameters.values())[1:]  # type: ignore[misc]
    return [parameter for parameter in parameters if parameter.kind is not inspect.Parameter.VAR_KEYWORD]
