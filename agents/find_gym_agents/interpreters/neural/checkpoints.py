"""Checkpoints of neural interpreters: numbers and what they were trained for, no code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from find_gym.core.registry import category_of
from find_gym_agents.interpreters.neural.making import make_network
from find_gym_agents.interpreters.neural.network import InterpreterNetwork
from find_gym_agents.interpreters.policies.legal import LegalActions
from find_gym_agents.training.checkpoints import CheckpointError

NETWORK = "network"
"""The entry of a checkpoint that holds the weights; what tells it from those of other policies."""


def portrait(
    network: InterpreterNetwork, config: Mapping[str, Any], max_queries: int, validation: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Returns what makes the interpreter of this moment again.

    Args:
        network: the network.
        config: the configuration of its training, JSON-serialisable; "env", "difficulty" and "size" are read again.
        max_queries: the budget that it was trained with.
        validation: its last figures.
    """
    return {
        "config": dict(config),
        "category": category_of(config["env"]),
        "max_queries": max_queries,
        "validation": None if validation is None else dict(validation),
        NETWORK: network.state_dict(),
    }


def restore(data: Mapping[str, Any]) -> tuple[InterpreterNetwork, LegalActions]:
    """Returns the network of a checkpoint, and the grammar that it writes in.

    Raises:
        CheckpointError: the weights are those of another network.
    """
    config = data["config"]
    legal = LegalActions(config["env"], config["difficulty"])
    # Those of earlier versions ask probes alone.
    halves = any(name.startswith("halving.") for name in data[NETWORK])
    network = make_network(config["env"], legal.codec, config["size"], halves=halves)
    try:
        network.load_state_dict(data[NETWORK])
    except RuntimeError as error:
        raise CheckpointError(
            f"expected the weights of a {config['size']} network for {config['env']}, actual: {error}"
        ) from error
    return network.eval(), legal
