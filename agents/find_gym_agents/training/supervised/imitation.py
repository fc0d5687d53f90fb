"""One gradient step where a teacher chose the queries: one look at the evidence serves both heads."""

from __future__ import annotations

import numpy as np
import torch as th
from torch.nn import functional

from find_gym_agents.interpreters.neural.network import InterpreterNetwork
from find_gym_agents.training.supervised.learning import NEVER, Material

# Of the examples, so many have evidence of the whole budget.
_WHOLE_BUDGET = 0.3


def imitation_losses(
    network: InterpreterNetwork, material: Material, functions: th.Tensor, rng: np.random.Generator
) -> dict[str, th.Tensor]:
    """Returns the losses of a batch.

    Of each transcript the network sees the first few queries, equally many of all, so that none is read in vain. From
    these it writes the program and learns which query the teacher chose next.

    Args:
        network: the network.
        material: transcripts that a teacher has a part in.
        functions: the rows of the batch, shape `(batch,)`.
        rng: draws how many queries are seen.

    Returns:
        "program": the mean negative log-probability of the true program, in nats; "query": that of the teacher's
        queries; "whole": as "program", after the whole budget, without a gradient, NaN before.
    """
    queries = material.queries[functions]
    batch, budget = queries.shape
    count = budget if rng.random() < _WHOLE_BUDGET else int(rng.integers(budget))
    present = th.ones(batch, 1, count, dtype=th.bool, device=queries.device)
    memory = network.read(material.seen(functions, count), present)

    program = material.program_losses(network, memory, functions)
    if count == budget:
        return {"program": program.mean(), "whole": program.detach().mean()}
    values = network.value_queries(memory).float()
    asked = queries[:, :count]
    # A gap may be halved again and again.
    values = values.scatter_add(1, asked, th.where(asked < network.probes, NEVER, 0.0))
    query = functional.cross_entropy(values, queries[:, count], reduction="none")
    is_taught = count >= material.taught[functions]
    return {"program": program.mean(), "query": (query * is_taught).sum() / is_taught.sum().clamp(min=1)}
