"""One gradient step where a teacher chose the queries: one look at the evidence serves both heads."""

from __future__ import annotations

import numpy as np
import torch as th
from torch.nn import functional

from find_gym_agents.interpreters.neural.network import InterpreterNetwork
from find_gym_agents.training.supervised.learning import NEVER, Material

# Of the examples, so many have evidence of the whole budget.
_WHOLE_BUDGET = 0.2


def imitation_losses(
    network: InterpreterNetwork, material: Material, functions: th.Tensor, rng: np.random.Generator
) -> dict[str, th.Tensor]:
    """Returns the losses of a batch.

    Of each transcript the network sees the first few queries. From these it writes the program and learns which query
    the teacher chose next.

    Args:
        network: the network.
        material: transcripts that a teacher has a part in.
        functions: the rows of the batch, shape `(batch,)`.
        rng: draws how many queries are seen.

    Returns:
        "program": the mean negative log-probability of the true program, in nats; "query": that of the teacher's
        queries; "whole": as "program", after the whole budget, without a gradient, NaN where no example has it.
    """
    queries = material.queries[functions]
    batch, budget = queries.shape
    drawn = rng.integers(0, budget, batch)
    drawn[rng.random(batch) < _WHOLE_BUDGET] = budget
    count = th.from_numpy(drawn).to(queries.device)
    present = th.arange(budget, device=queries.device) < count[:, None]
    memory = network.read(material.seen(functions), present[:, None])

    program = material.program_losses(network, memory, functions)
    values = network.value_queries(memory).float().scatter_add(1, queries, NEVER * present)
    following = queries.gather(1, count.clamp(max=budget - 1)[:, None])[:, 0]
    query = functional.cross_entropy(values, following, reduction="none")
    is_taught = (count >= material.taught[functions]) & (count < budget)
    return {
        "program": program.mean(),
        "query": (query * is_taught).sum() / is_taught.sum().clamp(min=1),
        "whole": program.detach()[count == budget].mean(),
    }
