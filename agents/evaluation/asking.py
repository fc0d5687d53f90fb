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


def with_queries(agent: Agent, inputs: Sequence[Any], env: Any) -> Agent:
    """Returns an agent that asks given inputs and concludes as another does; that one has been reset.

    Args:
        agent: the agent.
        inputs: what is asked, as far as the budget goes; of an agent with the interface `tokens`, probes.
        env: the environment.
    """
    if isinstance(agent, ScriptedAgent):
        agent.ask_instead(inputs)
        return agent
    return GivenProbes(agent, inputs, env.unwrapped.codec.probes)


class GivenProbes:
    """Asks given probes in place of those that an agent with the interface `tokens` would ask.

    The agent sees the answers as if it had asked; what it does after the last of them is its own.

    Args:
        agent: the agent.
        inputs: what is asked.
        probes: the bank.
    """

    interface = "tokens"

    def __init__(self, agent: Agent, inputs: Sequence[Any], probes: Sequence[Any]) -> None:
        self._agent = agent
        self._actions = [probes.index(value) for value in inputs]

    def reset(self, seed: int) -> None:
        """Forgets the last episode."""
        self._agent.reset(seed)

    def act(self, observation: Any, info: dict[str, Any]) -> Any:
        """Returns the next of the given queries, or what the agent does once they are asked."""
        action = self._agent.act(observation, info)
        return self._actions.pop(0) if self._actions and info["budget"] > 0 else action
