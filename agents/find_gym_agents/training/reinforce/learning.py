"""One gradient step of policy gradients: what both heads learn from what rollouts earned.

The baseline of each program is the mean of the others for the same evidence, that of a sequence of queries the mean of
the others to the same function (REINFORCE with a leave-one-out baseline).
"""

from __future__ import annotations

import numpy as np
import torch as th

from find_gym_agents.interpreters.neural.network import InterpreterNetwork
from find_gym_agents.training.reinforce.config import ReinforceConfig
from find_gym_agents.training.reinforce.rollouts import Programs, Sequences
from find_gym_agents.training.supervised.learning import NEVER, masked_logits


def program_loss(
    network: InterpreterNetwork,
    reference: InterpreterNetwork,
    sequences: Sequences,
    programs: Programs,
    config: ReinforceConfig,
) -> dict[str, th.Tensor]:
    """Returns the loss of the program head.

    Args:
        network: the network that learns.
        reference: the one that it should stay near.
        sequences: what the network as it is has asked.
        programs: what it has written.
        config: the configuration of the training.

    Returns:
        "loss", whose gradient is the policy gradient; "kl": the divergence from the reference, in nats a program.
    """
    earned = rewards(programs, config)
    others = leave_one_out(earned - programs.mean(earned)[programs.sets], config.programs)
    now = _program_log_probabilities(network, sequences, programs)
    with th.no_grad():
        then = _program_log_probabilities(reference, sequences, programs)
    written = programs.tokens >= 0
    chosen = now.gather(2, programs.tokens.clamp(min=0)[..., None])[..., 0]
    divergence = programs.mean((_divergence(now, then) * written).sum(1)).mean()
    loss = -programs.mean(others * (chosen * written).sum(1)).mean()
    return {"loss": loss + config.kl * divergence, "kl": divergence.detach()}


def rewards(programs: Programs, config: ReinforceConfig) -> th.Tensor:
    """Returns what each program earns, shape `(programs,)`: its skill, less the price of the exceptions it claims."""
    return programs.skills - config.exception_price * programs.claims


def query_loss(
    network: InterpreterNetwork,
    reference: InterpreterNetwork,
    sequences: Sequences,
    config: ReinforceConfig,
    *,
    earned: th.Tensor,
    begun: int,
    rng: np.random.Generator,
) -> dict[str, th.Tensor]:
    """Returns the loss of the query head.

    Args:
        network: the network that learns.
        reference: the one that it should stay near.
        sequences: what the network as it is has asked.
        config: the configuration of the training.
        earned: what each sequence of queries earned, shape `(sequences,)`, those to the same function together.
        begun: the number of queries that the opening makes.
        rng: draws the queries that are looked at.

    Returns:
        "loss", whose gradient is the policy gradient; "kl": the divergence from the reference, in nats a sequence;
        "entropy": the mean entropy of a query, in nats.
    """
    each = earned.view(-1, config.sequences)
    others = leave_one_out(each - each.mean(1, keepdim=True), config.sequences).flatten()
    choices = sequences.queries.shape[1] - begun
    count = min(config.query_steps, choices)
    steps = th.from_numpy(begun + np.sort(rng.permutation(choices)[:count])).to(earned.device)
    now = _query_log_probabilities(network, sequences, steps, config.query_temperature)
    with th.no_grad():
        then = _query_log_probabilities(reference, sequences, steps, config.query_temperature)
    chosen = now.gather(2, sequences.queries[:, steps, None])[..., 0]
    # Those that are looked at stand for all.
    divergence = choices * _divergence(now, then).mean()
    loss = -choices * (others[:, None] * chosen).mean()
    entropy = -(now.exp() * now).sum(2).mean()
    return {"loss": loss + config.kl * divergence, "kl": divergence.detach(), "entropy": entropy.detach()}


def leave_one_out(deviations: th.Tensor, count: int) -> th.Tensor:
    """Returns how much values differ from the mean of the others, from how much they differ from the mean of all.

    Args:
        deviations: from the mean of all.
        count: the number of all.
    """
    return deviations * count / (count - 1)


def _program_log_probabilities(network: InterpreterNetwork, sequences: Sequences, programs: Programs) -> th.Tensor:
    """Returns the log-probabilities of all tokens at each place of the programs, `(programs, length, tokens)`."""
    memory = sequences.read(network).at(programs.sets)
    return masked_logits(network, memory, programs.tokens, programs.legal).log_softmax(2)


def _query_log_probabilities(
    network: InterpreterNetwork, asked: Sequences, steps: th.Tensor, temperature: float
) -> th.Tensor:
    """Returns the log-probabilities of all probes at some steps of the sequences, `(sequences, steps, probes)`."""
    sequences, budget = asked.queries.shape
    before = th.arange(budget, device=steps.device) < steps[:, None]
    present = before.expand(sequences, -1, -1)
    values = network.value_queries(network.read(asked.features, present)).float() / temperature
    values = values.view(sequences, len(steps), -1)
    # No probe is asked twice.
    times = th.zeros_like(values).scatter_add(
        2, asked.queries[:, None].expand(-1, len(steps), -1), present.to(values.dtype)
    )
    return values.masked_fill(times > 0, NEVER).log_softmax(2)


def _divergence(now: th.Tensor, then: th.Tensor) -> th.Tensor:
    """Returns the Kullback-Leibler divergence of distributions in the last dimension, in nats."""
    return (now.exp() * (now - then)).sum(-1)
