"""Encoders of the evidence: what they return, the one that suits any observation, and what others have in common."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

import torch as th
from gymnasium import spaces
from torch import nn

from find_gym_agents.categories import agent_category

# Entries of an observation that are no evidence.
NOT_EVIDENCE = ("written", "budget")


class Encoding(NamedTuple):
    """What an encoder makes of the observations of a batch.

    Attributes:
        evidence: features of all evidence together, shape `(batch, width)`.
        queries: one feature for each query, shape `(batch, queries)`: whether it is worth asking.
    """

    evidence: th.Tensor
    queries: th.Tensor


Inputs = dict[str, th.Tensor]


class Encoder(nn.Module):
    """A network that maps a batch of observations, tensors of shape `(batch, ...)` by name, to an `Encoding`.

    It does so in two parts, so that whatever reads the same observations again, with other weights, prepares them once.

    Attributes:
        width: features of the evidence.
    """

    width: int

    def prepare(self, observation: Inputs) -> Inputs:
        """Returns the inputs of the network, of shape `(batch, ...)`: all that does not depend on its weights.

        By default these are the observations themselves, without what is no evidence.
        """
        return {name: values for name, values in observation.items() if name not in NOT_EVIDENCE}

    def prepare_next(self, observation: Inputs, before: Callable[[], Inputs]) -> Inputs:
        """Returns what `prepare` does; by default by that method.

        Args:
            observation: the observations after a step in each environment.
            before: returns what those before the step were prepared to be. Work that was done then need not be done
                again.
        """
        return self.prepare(observation)

    def encode(self, inputs: Inputs) -> Encoding:
        """Encodes observations that have been prepared."""
        raise NotImplementedError

    def forward(self, observation: Inputs) -> Encoding:
        """Encodes observations."""
        return self.encode(self.prepare(observation))

    def queries(self, space: spaces.Dict) -> int:
        """Returns the number of queries; by default that of the probes."""
        return probe_count_of(space)


def make_encoder(category: str, space: spaces.Dict, places: int) -> Encoder:
    """Makes the encoder of a category, with weights that are still random.

    Args:
        category: the category's name.
        space: the observation space of the interface `tokens`.
        places: the most different probes that are asked in an episode.
    """
    name = agent_category(category).training.encoder
    if name is None:
        return BoxEncoder(space, places)
    module, _, kind = name.partition(":")
    encoder: Encoder = getattr(import_module(module), kind)(space, places)
    return encoder


class BoxEncoder(Encoder):
    """Encodes any observation: a linear layer for each of its boxes, and two layers on top of them.

    Args:
        space: the observation space.
        places: the most different probes that are asked in an episode; not used.
        width: features of the evidence.
        box_width: features of each box.
    """

    def __init__(self, space: spaces.Dict, places: int, width: int = 256, box_width: int = 64) -> None:
        super().__init__()
        sizes = {name: spaces.flatdim(box) for name, box in space.spaces.items() if name not in NOT_EVIDENCE}
        self.boxes = nn.ModuleDict({name: nn.Linear(size, box_width) for name, size in sizes.items()})
        self.top = nn.Sequential(
            nn.ReLU(inplace=True),
            nn.Linear(box_width * len(sizes), width),
            nn.ReLU(inplace=True),
            nn.Linear(width, width),
            nn.ReLU(inplace=True),
        )
        self.width = width

    def encode(self, inputs: Inputs) -> Encoding:
        """Encodes observations that have been prepared."""
        parts = [layer(inputs[name].flatten(1)) for name, layer in self.boxes.items()]
        return Encoding(self.top(th.cat(parts, 1)), inputs["asked"])


def probe_count_of(space: spaces.Dict) -> int:
    """Returns the number of probes in the bank of an observation space."""
    return int(space["asked"].shape[0])  # type: ignore[index]


def asked_probes(observation: Inputs, places: int) -> tuple[th.Tensor, th.Tensor]:
    """Returns the indices of the probes that were asked, and which of them stand for one, both `(batch, places)`."""
    asked = observation["asked"] > 0
    count = asked.shape[1]
    index = (asked * (count - th.arange(count, device=asked.device))).topk(places, dim=1).indices
    return index, asked.gather(1, index)


def in_few_lengths(rows: th.Tensor) -> th.Tensor:
    """Returns the numbers of rows, with up to an eighth more of them, the first one again, to have one of few lengths.

    Whatever makes code for each size of a matrix, such as oneDNN, then makes it a few times rather than in each batch.
    """
    step = 1 << max(len(rows).bit_length() - 4, 0)
    return th.cat([rows, rows[:1].expand(-len(rows) % step)])


def looked_up(embedding: nn.Embedding, indices: th.Tensor) -> th.Tensor:
    """Returns the vectors of indices, shape `(*indices.shape, width)`.

    The embedding does so itself, but its gradient takes three times as long on processors.
    """
    return embedding.weight.index_select(0, indices.flatten()).view(*indices.shape, embedding.embedding_dim)


class Packed:
    """The places of a batch that stand for something, one after the other: nothing is computed for the others.

    Args:
        present: which do, bool of shape `(batch, places)`.
        alike: a number for each place, int64 of the same shape. Where it is the same, all values are: only the first
            of such places is kept. By default all are.

    Attributes:
        rows: the indices in the flattened batch of those that are kept, shape `(rows,)`.
    """

    def __init__(self, present: th.Tensor, alike: th.Tensor | None = None) -> None:
        self._present, self._shape = present, present.shape
        self._bags, columns = present.nonzero(as_tuple=True)
        self._places = self.rows = columns + self._bags * present.shape[1]
        self._kept: th.Tensor | None = None
        if alike is not None:
            distinct, kept = alike.flatten()[self._places].unique(return_inverse=True)
            places = th.arange(len(kept), device=kept.device)
            first = places.new_full(distinct.shape, len(kept)).scatter_reduce(0, kept, places, "amin")
            self.rows, self._kept = self._places[first], kept
        self._count = len(self.rows)
        self.rows = in_few_lengths(self.rows)

    def take(self, values: th.Tensor) -> th.Tensor:
        """Returns values of these places, shape `(rows, ...)`, given those of all, `(batch, places, ...)`."""
        return values.flatten(0, 1).index_select(0, self.rows)

    def put(self, values: th.Tensor) -> th.Tensor:
        """Returns values of all places, 0 for the others, shape `(batch, places, width)`."""
        whole = values.new_zeros(self._shape.numel(), values.shape[1])
        return whole.index_copy(0, self._places, self._of_all(values)).view(*self._shape, -1)

    def pool(self, values: th.Tensor) -> th.Tensor:
        """Returns the mean and the maximum of values over the places of each observation, shape `(batch, 2 * width)`.

        Both are 0 where no place stands for anything.
        """
        counts = self._present.sum(1, keepdim=True).clamp(min=1)
        pooled: th.Tensor = _Pool.apply(self._of_all(values), self._bags, counts)  # type: ignore[no-untyped-call]
        return pooled

    def _of_all(self, values: th.Tensor) -> th.Tensor:
        """Returns values of all places that stand for something, given those of the rows that are kept."""
        return values[: self._count] if self._kept is None else values.index_select(0, self._kept)


class _Pool(th.autograd.Function):
    """The mean and the maximum of the rows of each bag.

    PyTorch has both for bags of rows, but goes through them one by one for each maximum and column by column for its
    gradient, which takes three times as long.
    """

    @staticmethod
    def forward(context: Any, values: th.Tensor, bags: th.Tensor, counts: th.Tensor) -> th.Tensor:
        """Returns means, then maxima, shape `(bags, 2 * width)`; 0 for a bag without rows.

        Args:
            context: what the gradient needs.
            values: the rows, shape `(rows, width)`.
            bags: the bag of each, shape `(rows,)`.
            counts: the rows of each bag, but at least 1, shape `(bags, 1)`.
        """
        means = _sums(values, bags, len(counts)) / counts
        each = bags[:, None].expand_as(values)
        largest = th.zeros_like(means).scatter_reduce_(0, each, values, "amax", include_self=False)
        context.save_for_backward(values, bags, counts, largest)
        return th.cat([means, largest], 1)

    @staticmethod
    def backward(context: Any, gradient: th.Tensor) -> Any:  # type: ignore[override]
        """Returns the gradient of the values; that of a maximum is divided among the rows that have it."""
        values, bags, counts, largest = context.saved_tensors
        of_means, of_largest = gradient.chunk(2, 1)
        is_largest = (values - largest.index_select(0, bags)).sign_() + 1
        shares = of_largest / _sums(is_largest, bags, len(counts)).clamp_(min=1)
        of_means = (of_means / counts).index_select(0, bags)
        return of_means.addcmul_(is_largest, shares.index_select(0, bags)), None, None


def _sums(values: th.Tensor, bags: th.Tensor, count: int) -> th.Tensor:
    """Returns the sums of the rows of each bag, shape `(count, width)`."""
    return values.new_zeros(count, values.shape[1]).index_add_(0, bags, values)


class Fingerprint(nn.Module):
    """Numbers of 64 bits that are the same for rows of the same integers, and for no others that one will ever see.

    Args:
        width: the integers in a row.
    """

    factors: th.Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        generator = th.Generator().manual_seed(width)
        # Products are taken modulo 2**64.
        factors = th.randint(-(2**63), 2**63 - 1, (width,), generator=generator) | 1
        self.register_buffer("factors", factors, persistent=False)

    def forward(self, rows: th.Tensor) -> th.Tensor:
        """Returns int64 of shape `(...)` of integers of shape `(..., width)`."""
        return (rows.long() * self.factors).sum(-1)
