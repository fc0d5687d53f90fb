"""Checkpoints of neural interpreters: numbers and what they were trained for, no code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from find_gym.core.registry import category_of
from find_gym_agents.interpreters.neural.making import make_network
from find_gym_agents.interpreters.neural.network import InterpreterNetwork
from find_gym_agents.interpreters.neural.pretrained import PRETRAINED, pretrained_file
from find_gym_agents.interpreters.policies.legal import LegalActions
from find_gym_agents.training.checkpoints import CheckpointError, load

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


def load_interpreter(path: str) -> dict[str, Any]:
    """Reads the checkpoint of a neural interpreter.

    Raises:
        CheckpointError: there is no such file, or it is another one.
    """
    data = load(path)
    if NETWORK not in data:
        raise CheckpointError(f"expected the checkpoint of a neural interpreter, actual: {path!r}")
    return data


def has_part(data: Mapping[str, Any], part: str) -> bool:
    """Returns whether the network of a checkpoint has an optional part, an attribute of `InterpreterNetwork`."""
    return any(name.startswith(f"{part}.") for name in data[NETWORK])


def begin_with(network: InterpreterNetwork, checkpoint: str, env: str, size: str) -> None:
    """Gives a network the weights of a neural interpreter; it may have constants that this one lacks.

    Args:
        network: the network.
        checkpoint: the file, or "pretrained".
        env: the environment's id.
        size: a key of `SIZES`.

    Raises:
        CheckpointError: it is no neural interpreter of the same environment and size.
    """
    data = load(str(pretrained_file(env)) if checkpoint == PRETRAINED else checkpoint)
    if NETWORK not in data or (data["config"]["env"], data["config"]["size"]) != (env, size):
        raise CheckpointError(f"expected a {size} neural interpreter of {env}, actual: {checkpoint!r}")
    own = {name: values for name, values in network.state_dict().items() if name.startswith("constants.")}
    _give(network, own | data[NETWORK], f"the weights of a {size} network for {env}")


def _give(network: InterpreterNetwork, weights: Mapping[str, Any], expected: str) -> None:
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError(f"expected {expected}, actual: {error}") from error


def restore(data: Mapping[str, Any]) -> tuple[InterpreterNetwork, LegalActions]:
    """Returns the network of a checkpoint, and the grammar that it writes in.

    Raises:
        CheckpointError: the weights are those of another network.
    """
    config = data["config"]
    legal = LegalActions(config["env"], config["difficulty"])
    # Those of earlier versions ask probes alone.
    parts = {part: has_part(data, part) for part in ("halving", "constants")}
    network = make_network(
        config["env"], legal.codec, config["size"], halves=parts["halving"], constants=parts["constants"]
    )
    _give(network, data[NETWORK], f"the weights of a {config['size']} network for {config['env']}")
    return network.eval(), legal
