"""The likeliest programs of a network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch as th
from numpy.typing import NDArray

from find_gym.envs.vector.automaton import Automaton
from find_gym_agents.interpreters.beam_search import Beam, Proposal, beam_search
from find_gym_agents.interpreters.neural.network import Drafts, InterpreterNetwork, Memory, inference


@inference()
def propose(
    network: InterpreterNetwork, memory: Memory, grammar: Automaton, count: int, begun: Sequence[int] = ()
) -> list[Proposal]:
    """Finds the likeliest programs that the grammar allows; see `beam_search`.

    Args:
        network: the network.
        memory: the evidence, a single set.
        grammar: the grammar.
        count: the greatest number of programs, and the width of the beam.
        begun: the tokens of a program that is to be completed.
    """
    return beam_search(_Writer(network, memory), grammar, begun, count)


class _Writer:
    """Goes on from the drafts of the last beam: of each program only the last token is computed."""

    def __init__(self, network: InterpreterNetwork, memory: Memory) -> None:
        self._network, self._memory = network, memory
        self._drafts: Drafts | None = None

    def __call__(self, beam: Beam) -> NDArray[np.floating]:
        written, legal, parents = (th.from_numpy(each).to(self._network.device) for each in beam)
        if self._drafts is None:
            logits, self._drafts = self._network.begin(self._memory, written)
        else:
            logits, self._drafts = self._network.go_on(self._memory, self._drafts, parents, written[:, -1])
        return logits.float().masked_fill(~legal, -th.inf).log_softmax(1).cpu().numpy()
