"""A kit for authors of agents: `check_agent` plays episodes and lists what is wrong.

Example:
    >>> from find_gym_agents.testing import check_agent
    >>> check_agent("constant", max_queries=20)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import gymnasium as gym
import numpy as np

from find_gym import LATEST_IDS
from find_gym.functions import function_seed
from find_gym_agents.base import Agent
from find_gym_agents.registry import ANY, AgentEntry, find_agent


class AgentCheckError(AssertionError):
    """An agent that fails the check; the message lists everything that was found."""


@dataclass
class _Played:
    """An episode: what the agent was shown and what it did.

    Attributes:
        seed: the seed of the episode and of the agent.
        shown: observations with their infos.
        actions: the actions.
        problems: what was wrong.
    """

    seed: int
    shown: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)
    actions: list[Any] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def check_agent(
    agent: str | AgentEntry | Callable[..., Agent],
    categories: Sequence[str] = (),
    *,
    functions: int = 2,
    max_queries: int = 20,
    **options: Any,
) -> None:
    """Plays episodes of an agent and checks that it follows the rules.

    The agent has to speak an interface of the environment, to submit within the episode, to ask nothing beyond the
    budget, to leave observations and infos as they are, to do the same for the same seed whatever it played before, and
    to need nothing but its observations and infos: it is also shown recorded ones, with no environment behind them.

    Args:
        agent: the name of a registered agent, the place of a class ("path/to/file.py:Class"), an `AgentEntry`, or a
            class.
        categories: the categories to check; by default those that the agent claims.
        functions: the number of functions of each category, at least 2.
        max_queries: the budget.
        **options: what the agent is made with.

    Raises:
        AgentCheckError: something is wrong.
        ValueError: there is no such agent, or no category to check it in.
    """
    entry = _entry_of(agent)
    chosen = tuple(categories) or tuple(name for name in entry.categories if name != ANY)
    if not chosen or functions < 2:
        raise ValueError(
            f"expected categories to check {entry.name!r} in and at least 2 functions, actual: {chosen}, {functions}"
        )
    problems: dict[str, None] = {}
    for category in chosen:
        make = _maker(agent, entry, category, options)
        problems |= {f"{category}: {problem}": None for problem in _check(make, category, functions, max_queries)}
    if problems:
        raise AgentCheckError(f"{entry.name} fails the check:\n" + "\n".join(f"- {problem}" for problem in problems))


def _entry_of(agent: Any) -> AgentEntry:
    if isinstance(agent, AgentEntry):
        return agent
    if isinstance(agent, str):
        return find_agent(agent)
    name = getattr(agent, "__name__", repr(agent))
    return AgentEntry(name, {ANY: f"{getattr(agent, '__module__', '')}:{name}"})


def _maker(agent: Any, entry: AgentEntry, category: str, options: dict[str, Any]) -> Callable[[], Agent]:
    if isinstance(agent, str | AgentEntry):
        return lambda: entry.make(category, **options)
    return lambda: agent(**options)


def _check(make: Callable[[], Agent], category: str, functions: int, max_queries: int) -> Iterator[str]:
    """Yields what is wrong with an agent in a category."""
    try:
        agents = [make() for _ in range(3)]
        settings: dict[str, Any] = {"interface": agents[0].interface, "max_queries": max_queries, "difficulty": "easy"}
        settings |= getattr(agents[0], "environment_options", {})
        env = gym.make(LATEST_IDS[category], disable_env_checker=True, **settings)
    except Exception as error:
        yield f"no episode could begin: {type(error).__name__}: {error}"
        return
    seeds = [function_seed("train", category, 0, index) for index in range(functions)]
    played = [_play(agents[0], env, seed) for seed in seeds]
    again = [_play(agents[1], env, seed) for seed in reversed(seeds)][::-1]
    env.close()
    del env
    for first, second in zip(played, again, strict=True):
        yield from first.problems
        if not _same(first.actions, second.actions):
            yield (
                f"seed {first.seed}: expected the same actions in a second episode of the same seed, actual: others; "
                "it keeps something from an earlier episode, or draws from what reset(seed) does not seed"
            )
        elif not first.problems and not _same(first.actions, _replay(agents[2], first)):
            yield (
                f"seed {first.seed}: expected the same actions on recorded observations and infos, actual: others; it "
                "reads something besides them"
            )


def _play(agent: Agent, env: gym.Env[Any, Any], seed: int) -> _Played:
    played = _Played(seed)
    observation, info = env.reset(seed=seed)
    where = "reset"
    terminated = False
    try:
        agent.reset(seed)
        while not terminated:
            where = f"step {len(played.actions)}"
            shown = deepcopy((observation, info))
            action = agent.act(observation, info)
            if not _same(shown, (observation, info)):
                played.problems.append(f"{where}: expected observation and info to stay as they are, actual: changed")
            if getattr(agent, "gave_up", ""):
                break
            played.shown.append(shown)
            played.actions.append(deepcopy(action))
            observation, _, terminated, _, info = env.step(action)
            if info["message"] and shown[1]["budget"] == info["budget"] == 0 and not terminated:
                played.problems.append(
                    f"{where}: expected a submission, as the budget is spent, actual: {action!r:.200}"
                )
                return played
    except Exception as error:
        played.problems.append(f"seed {seed}, {where}: {type(error).__name__}: {error}")
        return played
    if not info.get("submission"):
        message = info["message"] or "none"
        played.problems.append(f"seed {seed}: expected a submission by the end, actual: none (last message: {message})")
    return played


def _replay(agent: Agent, played: _Played) -> list[Any]:
    """Returns what an agent does on recorded observations and infos."""
    try:
        agent.reset(played.seed)
        return [agent.act(*deepcopy(shown)) for shown in played.shown]
    except Exception as error:
        return [error]


def _same(one: Any, other: Any) -> bool:
    """Whether two nested values are the same, arrays included; NaN is NaN."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, np.ndarray | float) or isinstance(other, np.ndarray | float):
        return np.shape(one) == np.shape(other) and bool(np.all((one == other) | ((one != one) & (other != other))))
    return bool(one == other)
