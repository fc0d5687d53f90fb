"""The network of a neural interpreter: pairs are read one by one, seen together as a set, and answered by two heads.

The program head writes the description token by token. The query head values every query of the interface. The order
of the pairs has no influence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch as th
from torch import nn

from find_gym_agents.interpreters.neural.sizes import Size

Tensors = Mapping[str, th.Tensor]


class Reader(nn.Module):
    """Turns the features of pairs into vectors; subclasses belong to categories."""

    def forward(self, features: Tensors) -> th.Tensor:
        """Reads pairs one by one.

        Args:
            features: what `NeuralCategory.encode` returns, each of shape `(batch, pairs, ...)`.

        Returns:
            Vectors of shape `(batch, pairs, width)`.
        """
        raise NotImplementedError

    def relate(self, vectors: th.Tensor, features: Tensors, present: th.Tensor) -> th.Tensor:
        """Adds to the vectors how pairs lie beside each other; by default nothing.

        Args:
            vectors: the pairs, shape `(batch, pairs, width)`.
            features: their features.
            present: for each set of evidence the pairs that are in it, bool of shape `(batch, sets, pairs)`.

        Returns:
            Vectors of shape `(batch, sets, pairs, width)`; those of pairs that are not present are of no account.
        """
        return vectors[:, None].expand(-1, present.shape[1], -1, -1)


class Memory(NamedTuple):
    """Sets of evidence as the heads see them.

    Attributes:
        vectors: one of the set as a whole, then one for each pair, shape `(sets, 1 + pairs, width)`.
        absent: which of them to overlook, bool of shape `(sets, 1 + pairs)`.
    """

    vectors: th.Tensor
    absent: th.Tensor

    def repeated(self, times: int) -> Memory:
        """Returns each set several times, one after the other."""
        return Memory(*(values.repeat_interleave(times, 0) for values in self))


class InterpreterNetwork(nn.Module):
    """The network of a neural interpreter.

    Args:
        reader: turns the features of pairs into vectors.
        queries: the number of queries of the interface.
        tokens: the size of the grammar's vocabulary.
        max_tokens: the greatest length of a program.
        size: the size.
    """

    def __init__(self, reader: Reader, queries: int, tokens: int, max_tokens: int, size: Size) -> None:
        super().__init__()
        width = size.width
        shape = {"dim_feedforward": size.expansion * width, "dropout": 0.0, "activation": "gelu"}
        layout = {"batch_first": True, "norm_first": True}
        self.reader = reader
        self.whole = nn.Parameter(0.02 * th.randn(width))
        self.set = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(width, size.heads, **shape, **layout),  # type: ignore[arg-type]
            size.set_layers,
            norm=nn.LayerNorm(width),
            enable_nested_tensor=False,
        )
        # The last entry stands before the first token.
        self.tokens = nn.Embedding(tokens + 1, width)
        self.places = nn.Parameter(0.02 * th.randn(max_tokens, width))
        self.program = nn.TransformerDecoder(
            nn.TransformerDecoderLayer(width, size.heads, **shape, **layout),  # type: ignore[arg-type]
            size.program_layers,
            norm=nn.LayerNorm(width),
        )
        self.next_token = nn.Linear(width, tokens)
        self.query = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, queries))

    @property
    def device(self) -> th.device:
        """Where the network is."""
        return self.whole.device

    def read(self, features: Tensors, present: th.Tensor, vectors: th.Tensor | None = None) -> Memory:
        """Reads sets of evidence.

        Args:
            features: see `Reader.forward`; each of shape `(batch, pairs, ...)`.
            present: bool of shape `(batch, sets, pairs)`.
            vectors: what the reader makes of each pair, where that is known.

        Returns:
            What the heads see, of `batch * sets` sets.
        """
        vectors = self.reader(features) if vectors is None else vectors
        pairs = self.reader.relate(vectors, features, present).flatten(0, 1)
        vectors = th.cat([self.whole.to(pairs.dtype).expand(len(pairs), 1, -1), pairs], 1)
        absent = nn.functional.pad(~present.flatten(0, 1), (1, 0))
        return Memory(self.set(vectors, src_key_padding_mask=absent), absent)

    def value_queries(self, memory: Memory) -> th.Tensor:
        """Returns the value of each query, shape `(sets, queries)`."""
        return self.query(memory.vectors[:, 0])  # type: ignore[no-any-return]

    def write(self, memory: Memory, tokens: th.Tensor) -> th.Tensor:
        """Returns the logits of what follows each beginning of programs, not masked by the grammar.

        Args:
            memory: the evidence.
            tokens: the tokens written so far, int64 of shape `(sets, length)`.

        Returns:
            Logits of shape `(sets, length + 1, tokens)`: those of the first token, then of the one after each.
        """
        begun = nn.functional.pad(tokens, (1, 0), value=self.tokens.num_embeddings - 1)
        length = begun.shape[1]
        later = th.ones(length, length, dtype=th.bool, device=begun.device).triu(1)
        hidden = self.tokens(begun) + self.places[:length]
        hidden = self.program(hidden, memory.vectors, tgt_mask=later, memory_key_padding_mask=memory.absent)
        return self.next_token(hidden)  # type: ignore[no-any-return]
