"""What a policy was trained for, and whether it fits what it is to interpret: settled before anything is sampled."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import gymnasium as gym
import numpy as np

import find_gym
from find_gym.core.category import Category
from find_gym.core.registry import category_named, category_of, version_of
from find_gym_agents.base import Agent, PolicyError
from find_gym_agents.checks import check_choice
from find_gym_agents.interpreters.neural.pretrained import PRETRAINED, pretrained_file
from find_gym_agents.interpreters.policies.source import PolicySource

CONSTANTS = ("fit", "network")
"""Where the constants of programs come from: a fit to the evidence, or the network that writes the program."""

_DEFAULTS: dict[str, Any] = {"env": next(iter(find_gym.LATEST_IDS.values())), "difficulty": "find"}


@dataclass(frozen=True)
class Terms:
    """What a policy was trained for; None where it does not say.

    Attributes:
        env: the environment's id.
        interface: the interface.
        max_queries: the budget.
        difficulty: the difficulty.
        observation_space: the space of observations.
        action_space: the space of actions.
        has_probabilities: whether it gives tokens probabilities, so that it can propose several programs.
        fewer_queries: whether it also interprets with smaller budgets.
        writes_constants: whether it writes the constants of programs itself, in place of having them fitted.
    """

    env: str | None = None
    interface: str | None = None
    max_queries: int | None = None
    difficulty: str | Mapping[str, Any] | None = None
    observation_space: gym.Space[Any] | None = None
    action_space: gym.Space[Any] | None = None
    has_probabilities: bool = False
    fewer_queries: bool = False
    writes_constants: bool = False

    def fit(self, env: gym.Env[Any, Any]) -> bool:
        """Returns whether the spaces, as far as they are known, are those of an environment."""
        pairs = ((self.observation_space, env.observation_space), (self.action_space, env.action_space))
        return all(own is None or own == other for own, other in pairs)


@dataclass(frozen=True)
class PolicyOptions:
    """A policy and the environment that it interprets, all settled.

    Attributes:
        checkpoint: as the command line names it.
        env: the environment's id.
        interface: the interface.
        max_queries: the budget.
        difficulty: the difficulty that it was trained for, which decides its grammar.
        proposals: the number of programs of which the evidence chooses one; 1 for what the policy itself writes.
        constants: where the constants of programs come from, one of `CONSTANTS`.
    """

    checkpoint: str
    env: str
    interface: str
    max_queries: int
    difficulty: str | Mapping[str, Any] = field(hash=False)
    proposals: int = 1
    constants: str = "fit"

    @property
    def source(self) -> PolicySource:
        """Where the policy comes from."""
        return PolicySource.of(self.checkpoint)

    @property
    def label(self) -> str:
        """How the policy is called in results."""
        return self.source.label


def read_terms(source: PolicySource) -> Terms:
    """Returns what a policy says that it was trained for. Zips and functions run code: read only those you trust.

    Raises:
        PolicyError: it can't be read.
        ImportError: something that it needs is not installed.
    """
    if source.kind == "trained":
        from find_gym_agents.interpreters.policies.trained import trained_terms

        return trained_terms(source.checkpoint)
    if source.kind == "zip":
        from find_gym_agents.interpreters.policies.saved_models import zip_terms

        return zip_terms(source.file)
    from find_gym_agents.interpreters.policies.functions import function_terms

    return function_terms(source.load_function())


def resolve(
    checkpoint: str,
    *,
    env: str | None = None,
    max_queries: int | None = None,
    difficulty: str | Mapping[str, Any] | None = None,
    proposals: int = 1,
    constants: str = "fit",
    sampled: bool = True,
) -> PolicyOptions:
    """Settles what a policy interprets: what is asked for where the policy fits it, and else what it was trained for.

    Args:
        checkpoint: "pretrained", `policy.pt` of `find-gym train`, a zip of Stable-Baselines3 or sb3-contrib, or
            `FILE.py:NAME`.
        env: the environment's id; None for the policy's own, or the latest one that has its spaces.
        max_queries: the budget; None for the policy's own.
        difficulty: the difficulty; None for the policy's own.
        proposals: the number of programs of which the evidence chooses one; 1 where the policy gives no probabilities,
            with a warning.
        constants: where the constants of programs come from, one of `CONSTANTS`.
        sampled: whether functions are sampled from the difficulty, or come from a dataset.

    Raises:
        PolicyError: it can't be read, does not fit, or does not say what nobody else says either.
        ImportError: something that it needs is not installed.
    """
    if checkpoint == PRETRAINED:
        checkpoint = str(pretrained_file(env or _DEFAULTS["env"]))
    source = PolicySource.of(checkpoint)
    terms = read_terms(source)
    fewer = terms.fewer_queries and max_queries is not None and max_queries <= (terms.max_queries or 0)
    own_budget = max_queries if fewer else terms.max_queries
    for name, asked, own in (("env", env, terms.env), ("max_queries", max_queries, own_budget)):
        if asked is not None and own is not None and asked != own:
            raise PolicyError(
                f"expected {name}={own!r}, which {checkpoint!r} was trained with, actual value: {asked!r}"
            )
    check_choice("constants", constants, CONSTANTS)
    if constants == "network" and not terms.writes_constants:
        raise PolicyError(
            f"expected a policy that writes constants itself (--recipe supervised --constants), actual: {checkpoint!r}"
        )
    interface = terms.interface or "tokens"
    budget = max_queries if own_budget is None else own_budget
    if budget is None:
        raise PolicyError(
            f"expected max_queries (--max-queries N), as {checkpoint!r} does not say its budget, actual: none"
        )
    level = difficulty or terms.difficulty or _DEFAULTS["difficulty"]
    wanted = env or terms.env
    if wanted is None and terms.observation_space is None:
        wanted = _DEFAULTS["env"]
    candidates = [[wanted]] if wanted else [_versions(one) for one in find_gym.categories_by_name().values()]
    fitting = list(_fitting(terms, candidates, interface, budget, level, sampled))
    if not fitting:
        raise PolicyError(
            f"expected an environment with the spaces that {checkpoint!r} was trained with, actual: "
            f"{wanted or 'none'} with the interface {interface!r}, max_queries={budget} and the difficulty {level!r} "
            f"{'has others' if wanted else 'has them'}"
        )
    if len(fitting) > 1:
        raise PolicyError(f"expected an environment (--env), as {checkpoint!r} fits {', '.join(fitting)}, actual: none")
    if proposals > 1 and not terms.has_probabilities:
        warnings.warn(
            f"{checkpoint!r} gives tokens no probabilities, so that it makes 1 proposal, what it writes itself, and "
            f"not {proposals}",
            stacklevel=2,
        )
        proposals = 1
    return PolicyOptions(checkpoint, fitting[0], interface, budget, terms.difficulty or level, proposals, constants)


def _versions(category: Category) -> list[str]:
    """Returns the ids of a category's environments, the latest one first."""
    return [category.environment_id(version) for version in range(category.latest, -1, -1)]


def _fitting(
    terms: Terms, candidates: list[list[str]], interface: str, budget: int, difficulty: Any, sampled: bool
) -> Iterator[str]:
    """Yields of each list the first environment whose spaces are those that a policy was trained with."""
    for identifiers in candidates:
        for identifier in identifiers:
            check_choice("an environment", identifier, find_gym.ENVIRONMENT_IDS)
            try:
                env = _make(identifier, interface, budget, difficulty, sampled)
            except ValueError:
                # This category has no such interface or difficulty.
                if len(candidates) == 1:
                    raise
                break
            fits = terms.fit(env)
            env.close()
            if fits:
                yield identifier
                break


def _make(identifier: str, interface: str, budget: int, difficulty: Any, sampled: bool) -> gym.Env[Any, Any]:
    functions = category_named(category_of(identifier))
    options: dict[str, Any] = {"interface": interface, "max_queries": budget}
    options["difficulty"] = functions.read_difficulty(difficulty, version_of(identifier))
    if not sampled:
        options["function"] = functions.sample(np.random.default_rng(0), split="test", difficulty="find")
    with warnings.catch_warnings():
        # Nobody has asked for the earlier versions that are tried.
        warnings.simplefilter("ignore", DeprecationWarning)
        return gym.make(identifier, disable_env_checker=True, **options)


def make_policy_agent(policy: PolicyOptions) -> Agent:
    """Makes the agent of a policy.

    Raises:
        PolicyError: it can't be read.
        ImportError: something that it needs is not installed.
    """
    kind = policy.source.kind
    if kind == "function":
        from find_gym_agents.interpreters.policies.functions import FunctionAgent

        return FunctionAgent(policy.source.load_function(), policy)
    agent: Any
    if kind == "trained":
        from find_gym_agents.interpreters.policies.trained import PolicyAgent, is_neural

        if is_neural(policy.checkpoint):
            from find_gym_agents.interpreters.neural import make_neural_agent

            return make_neural_agent(policy)
        agent = PolicyAgent(policy.checkpoint)
    else:
        from find_gym_agents.interpreters.policies.saved_models import SavedModelAgent

        agent = SavedModelAgent.load(policy)
    if policy.proposals == 1:
        return cast(Agent, agent)
    from find_gym_agents.interpreters.policies.proposals import ProposingAgent
    from find_gym_agents.training.policy_episodes import log_probabilities

    return ProposingAgent(agent, partial(log_probabilities, agent.network), policy)
