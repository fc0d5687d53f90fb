"""One gradient step of supervised training: what the program head and the query head learn from transcripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch as th
from torch.nn import functional

from find_gym_agents.interpreters.neural.making import as_tensors, ask, gathered
from find_gym_agents.interpreters.neural.network import InterpreterNetwork, Memory
from find_gym_agents.training.supervised.transcripts import Transcripts

# Of the examples, so many have evidence of the whole budget.
_WHOLE_BUDGET = 0.5
# The gain of one query, in nats, is cut off here: single functions should not rule the query head.
_MOST_GAIN = 4.0
NEVER = -1e9


@dataclass(frozen=True)
class Material:
    """Transcripts on the device of the network, see `Transcripts`."""

    features: dict[str, th.Tensor]
    programs: th.Tensor
    legal: th.Tensor
    places: th.Tensor
    queries: th.Tensor
    taught: th.Tensor

    @classmethod
    def of(cls, transcripts: Transcripts, device: th.device) -> Material:
        """Returns transcripts on a device."""
        names = ("programs", "legal", "places", "queries", "taught")
        longest = int((transcripts.programs >= 0).sum(1).max())
        arrays = {name: th.from_numpy(getattr(transcripts, name)).to(device) for name in names}
        arrays |= {name: arrays[name][:, :longest] for name in ("programs", "legal")}
        return cls(as_tensors(transcripts.features, device), **arrays)

    def ask(self, network: InterpreterNetwork, functions: th.Tensor, opening: Sequence[int], noise: float) -> None:
        """Puts queries of the network in place of those to some functions; see `making.ask`."""
        features = {name: values[functions] for name, values in self.features.items()}
        asked = ask(network, features, self.queries.shape[1], opening, noise)
        self.places[functions] = self.queries[functions] = asked

    def seen(self, functions: th.Tensor, count: int | None = None) -> dict[str, th.Tensor]:
        """Returns the features of the first pairs that were asked of some functions, by default of all, in order."""
        places = self.places[functions, :count]
        return gathered({name: values[functions] for name, values in self.features.items()}, places)

    def program_losses(self, network: InterpreterNetwork, memory: Memory, functions: th.Tensor) -> th.Tensor:
        """Returns the negative log-probability of the true program for each set of evidence, in nats.

        Args:
            network: the network.
            memory: sets of evidence, equally many of each function, one after the other.
            functions: their rows.
        """
        sets = len(memory.vectors) // len(functions)
        target, legal = (values[functions].repeat_interleave(sets, 0) for values in (self.programs, self.legal))
        logits = masked_logits(network, memory, target, legal)
        return functional.cross_entropy(logits.transpose(1, 2), target, ignore_index=-1, reduction="none").sum(1)


def masked_logits(network: InterpreterNetwork, memory: Memory, tokens: th.Tensor, legal: th.Tensor) -> th.Tensor:
    """Returns the logits of the tokens of programs, among those that the grammar allows.

    Args:
        network: the network.
        memory: the evidence, a set for each program.
        tokens: the programs, -1 after their ends, int64 of shape `(programs, length)`.
        legal: which tokens the grammar allows at each place, bool of shape `(programs, length, tokens)`.

    Returns:
        Logits of shape `(programs, length, tokens)`; after the ends, where nothing is legal, they are not masked.
    """
    logits = network.write(memory, tokens[:, :-1].clamp(min=0)).float()
    return logits.masked_fill(~legal & (tokens >= 0)[..., None], NEVER)


def losses(
    network: InterpreterNetwork,
    material: Material,
    functions: th.Tensor,
    rng: np.random.Generator,
    *,
    queries_too: bool = True,
) -> dict[str, th.Tensor]:
    """Returns the losses of a batch.

    Of each transcript the network sees the first few queries, and writes the program. For the query head it also sees
    the evidence with one query less. The gain in the log-probability of the true program, from one to the other, is how
    much that query told about the description; on average over functions it is what it takes from the entropy of the
    network's belief. The query head predicts it from the smaller set.

    Args:
        network: the network.
        material: transcripts.
        functions: the rows of the batch, shape `(batch,)`.
        rng: draws how many queries are seen.
        queries_too: whether the query head learns as well; it takes nearly as long again.

    Returns:
        "program": the mean negative log-probability of the true program, in nats; "whole": the same after the whole
        budget, without a gradient, NaN where no example has it; with `queries_too` also "query".
    """
    queries = material.queries[functions]
    batch, budget = queries.shape
    drawn = rng.integers(0, budget, batch)
    drawn[rng.random(batch) < _WHOLE_BUDGET] = budget - 1
    count = th.from_numpy(drawn).to(queries.device)
    places = th.arange(budget, device=queries.device)
    sizes = th.stack([count + 1, count] if queries_too else [count + 1], 1)
    sets = sizes.shape[1]
    memory = network.read(material.seen(functions), places < sizes[:, :, None])

    each = material.program_losses(network, memory, functions)
    found = {"program": each.mean(), "whole": each.detach()[::sets][count == budget - 1].mean()}
    if not queries_too:
        return found

    after, before = each.detach().view(batch, sets).unbind(1)
    values = network.value_queries(memory).float()[1::sets]
    asked = queries.gather(1, count[:, None])[:, 0]
    gain = (before - after).clamp(-_MOST_GAIN, _MOST_GAIN)
    return found | {"query": functional.mse_loss(values.gather(1, asked[:, None])[:, 0], gain)}
