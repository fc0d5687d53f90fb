"""Neural interpreters: a network over sets of (input, output) pairs asks, then proposes programs that are checked.

This package is imported without torch; `find_gym_agents.training.supervised` trains the networks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from find_gym_agents.base import Agent


def make_neural_agent(policy: Any) -> Agent:
    """Makes the agent of a checkpoint, which speaks `tokens`, or `text` where its category's record says how to write.

    Args:
        policy: what it interprets, a `find_gym_agents.interpreters.policies.PolicyOptions`.

    Raises:
        CheckpointError: it is no checkpoint of a neural interpreter.
        ImportError: torch is not installed.
    """
    from find_gym_agents.interpreters.neural.agent import NeuralAgent
    from find_gym_agents.interpreters.neural.category import neural_category
    from find_gym_agents.interpreters.neural.own_constants import OwnConstantsAgent, writing_agent
    from find_gym_agents.interpreters.neural.writing import WritingAgent

    if policy.constants == "network":
        return writing_agent(OwnConstantsAgent.load(policy.checkpoint, policy.proposals))
    interpreter = NeuralAgent.load(policy.checkpoint, policy.proposals)
    write = neural_category(interpreter.category).write
    # A single proposal is what the network itself writes.
    return WritingAgent(interpreter, write) if write is not None and policy.proposals > 1 else interpreter
