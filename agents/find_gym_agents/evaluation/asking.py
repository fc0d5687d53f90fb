"""Agents that ask given inputs in place of their own queries, and conclude from the answers as they always do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from find_gym_agents.base import Agent, ScriptedAgent


def check_separable(agent: Agent, name: str) -> None:
    """Checks that what an agent asks can be taken from elsewhere.

    Raises:
        ValueError: it can't.
    """
    scripted = isinstance(agent, ScriptedAgent) and type(agent).conclude is not ScriptedAgent.conclude
    if agent.interface != "tokens" and not scripted:
        raise ValueError(
            "expected an agent whose queries can be replaced (a scripted one with a method conclude, or one with the "
            f"interface tokens), actual: {name}"
        )


def with_queries(agent: Agent, queries: Sequence[Any]) -> Agent:
    """Returns an agent that asks given queries and concludes as another does; that one has been reset.

    Args:
        agent: the agent.
        queries: what is asked, as far as the budget goes: inputs, or actions of the interface `tokens`.
    """
    if isinstance(agent, ScriptedAgent):
        agent.ask_instead(queries)
        return agent
    return GivenActions(agent, queries)


class GivenActions:
    """Takes given actions, all of them queries, in place of those that an agent with the interface `tokens` would take.

    The agent sees the answers as if it had asked, and no refusal of what it did not ask; what it does after the last of
    them is its own.

    Args:
        agent: the agent.
        actions: the actions.
    """

    interface = "tokens"

    def __init__(self, agent: Agent, actions: Sequence[int]) -> None:
        self._agent = agent
        self._actions = list(actions)
        self._given = False

    def reset(self, seed: int) -> None:
        """Forgets the last episode."""
        self._agent.reset(seed)

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        """Returns the next of the given actions, or what the agent does once they are taken."""
        action = self._agent.act(observation, info | {"message": ""} if self._given else info)
        self._given = bool(self._actions) and info["budget"] > 0
        return self._actions.pop(0) if self._given else action
