"""Policies that are plain functions, such as those of a CleanRL script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from find_gym_agents.base import PolicyError
from find_gym_agents.interpreters.policies.legal import LegalActions
from find_gym_agents.interpreters.policies.terms import PolicyOptions, Terms


def function_terms(policy: Any) -> Terms:
    """Returns what a policy says that it was trained for, in attributes named like those of `Terms`.

    Raises:
        PolicyError: it is not callable.
    """
    if not callable(policy):
        raise PolicyError(f"expected a function that makes a policy (observation, info) -> action, actual: {policy!r}")
    names = [name for name in Terms.__dataclass_fields__ if name != "has_probabilities"]
    told: dict[str, Any] = {name: getattr(policy, name, None) for name in names}
    return Terms(**told)


class FunctionAgent:
    """Does what a function says.

    Args:
        policy: `(observation, info) -> action`; with the interface `tokens`, `info["action_mask"]` says which actions
            are legal (bool of shape `(actions,)`). A method `reset(seed)` is called before each episode.
        options: what it interprets.
    """

    def __init__(self, policy: Callable[[Any, dict[str, Any]], Any], options: PolicyOptions) -> None:
        self.interface = options.interface
        self._policy = policy
        self._legal = None
        if options.interface == "tokens":
            self._legal = LegalActions(options.env, options.difficulty)

    def reset(self, seed: int) -> None:
        """Tells the policy that an episode begins, if it wants to know."""
        begin = getattr(self._policy, "reset", None)
        if begin is not None:
            begin(seed)

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        """Returns the policy's action."""
        if self._legal is not None:
            info = info | {"action_mask": self._legal(observation)}
        return self._policy(observation, info)
