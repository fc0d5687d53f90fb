"""The likeliest programs of a network."""

from __future__ import annotations

import numpy as np
import torch as th
from numpy.typing import NDArray

from find_gym.interfaces.draft import Draft
from find_gym_agents.interpreters.beam_search import Proposal, beam_search
from find_gym_agents.interpreters.neural.network import InterpreterNetwork, Memory


@th.no_grad()
def propose(network: InterpreterNetwork, memory: Memory, draft: Draft, count: int) -> list[Proposal]:
    """Finds the likeliest programs that the grammar allows; see `beam_search`.

    Args:
        network: the network.
        memory: the evidence, a single set.
        draft: a description that is to be completed, usually empty.
        count: the greatest number of programs, and the width of the beam.
    """

    def log_probabilities(drafts: list[Draft], legal: NDArray[np.bool_]) -> NDArray[np.floating]:
        tokens = th.tensor([each.tokens for each in drafts], dtype=th.long, device=network.device)
        logits = network.write(memory.repeated(len(drafts)), tokens)[:, -1].float().cpu()
        return logits.masked_fill(~th.from_numpy(legal), -th.inf).log_softmax(1).numpy()

    return beam_search(log_probabilities, draft, count)
