"""The likeliest programs of a network, found by a beam search within the grammar."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch as th

from find_gym.interfaces.draft import Draft
from find_gym_agents.interpreters.neural.network import InterpreterNetwork, Memory


class Proposal(NamedTuple):
    """A program that the network proposes.

    Attributes:
        draft: the complete description.
        log_probability: its log-probability, in nats.
    """

    draft: Draft
    log_probability: float


@th.no_grad()
def propose(network: InterpreterNetwork, memory: Memory, draft: Draft, count: int) -> list[Proposal]:
    """Finds the likeliest programs that the grammar allows.

    Args:
        network: the network.
        memory: the evidence, a single set.
        draft: a description that is to be completed, usually empty.
        count: the greatest number of programs, and the width of the beam.

    Returns:
        The programs, the likeliest first.
    """
    beam, complete = [Proposal(draft, 0.0)], []
    while beam:
        tokens = th.tensor([each.draft.tokens for each in beam], dtype=th.long, device=network.device)
        logits = network.write(memory.repeated(len(beam)), tokens)[:, -1].float().cpu()
        legal = th.from_numpy(np.stack([each.draft.legal() for each in beam]))
        scores = logits.masked_fill(~legal, -th.inf).log_softmax(1)
        scores = scores + th.tensor([each.log_probability for each in beam])[:, None]
        best = scores.flatten().topk(min(count, int(legal.sum())))
        extended = [
            Proposal(beam[place // scores.shape[1]].draft.extended(place % scores.shape[1]), value)
            for place, value in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        ]
        complete += [each for each in extended if each.draft.complete]
        complete = sorted(complete, key=lambda each: -each.log_probability)[:count]
        least = complete[-1].log_probability if len(complete) == count else -np.inf
        beam = [each for each in extended if not each.draft.complete and each.log_probability > least]
    return complete
