"""Proposals: the programs that a policy finds most probable, of which the evidence of the episode chooses one.

A policy writes what it finds most probable, token by token, and never looks back. The same policy has many other
programs in mind; which of them explains the answers best can be computed, with constants fitted, before one is
submitted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.core.registry import category_of
from find_gym_agents.base import Agent
from find_gym_agents.categories import agent_category
from find_gym_agents.interpreters.beam_search import Beam, beam_search
from find_gym_agents.interpreters.policies.legal import LegalActions, Observation
from find_gym_agents.interpreters.policies.terms import PolicyOptions

# From observations of n rows and their legal actions to log-probabilities, shape `(n, actions)`.
LogProbabilities = Callable[[Observation, NDArray[np.bool_]], NDArray[np.float64]]


def propose(
    log_probabilities: LogProbabilities, legal: LegalActions, observation: Observation, count: int, max_steps: int
) -> list[list[int]]:
    """Finds the most probable programs; see `beam_search`.

    Args:
        log_probabilities: the policy.
        legal: the grammar.
        observation: what the policy sees; programs begin with the tokens that are written there.
        count: the number of programs, and of drafts that are followed at a time.
        max_steps: the number of steps of an episode, of which each token takes one.

    Returns:
        At most so many different programs, the most probable first, each as indices of the grammar's tokens.
    """
    begun = legal.draft(observation).tokens
    queries = legal.codec.queries

    def of_tokens(beam: Beam) -> NDArray[np.float64]:
        rows = legal.observations(observation, beam.written, max_steps)
        return log_probabilities(rows, np.pad(beam.legal, ((0, 0), (queries, 0))))[:, queries:]

    return [list(proposal.tokens) for proposal in beam_search(of_tokens, legal.grammar, begun, count)]


class ProposingAgent:
    """Asks what a policy asks, and writes the likeliest of the programs that the policy finds most probable.

    Args:
        agent: the policy as an agent with the interface `tokens`, which decides when to write.
        log_probabilities: the policy itself.
        options: what it interprets, and how many programs it proposes.
    """

    interface = "tokens"

    def __init__(self, agent: Agent, log_probabilities: LogProbabilities, options: PolicyOptions) -> None:
        self._agent = agent
        self._log_probabilities = log_probabilities
        self._legal = LegalActions(options.env, options.difficulty)
        self._checker = agent_category(category_of(options.env)).make_checker(self._legal.codec)
        self._count = options.proposals
        self._max_steps = options.max_queries + self._legal.codec.extra_steps
        self._evidence: list[tuple[Any, Any]] = []
        self._program: tuple[int, ...] = ()

    def reset(self, seed: int) -> None:
        """Forgets the last episode."""
        self._agent.reset(seed)
        self._evidence, self._program = [], ()

    def act(self, observation: Observation, info: dict[str, Any]) -> int:
        """Returns the policy's query, or the next token of the program that the evidence makes likeliest."""
        self._evidence += zip(info["inputs"], info["outputs"], strict=True)
        queries = self._legal.codec.queries
        written = tuple(self._legal.draft(observation).tokens)
        if not written or self._program[: len(written)] != written:
            action = int(self._agent.act(observation, info))
            if action < queries:
                return action
            found = propose(self._log_probabilities, self._legal, observation, self._count, self._max_steps)
            self._program = self._checker.best(found, self._evidence).tokens
        return queries + self._program[len(written)]
