"""Neural interpreters: a network over sets of (input, output) pairs asks, then proposes programs that are checked.

This package is imported without torch; `find_gym_agents.training.supervised` trains the networks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from find_gym_agents.base import Agent


def make_neural_agent(policy: Any) -> Agent:
    """Makes the agent of a checkpoint.

    Args:
        policy: what it interprets, a `find_gym_agents.interpreters.policies.PolicyOptions`.

    Raises:
        CheckpointError: it is no checkpoint of a neural interpreter.
        ImportError: torch is not installed.
    """
    from find_gym_agents.interpreters.neural.agent import NeuralAgent

    return NeuralAgent.load(policy.checkpoint, policy.proposals)
