"""The network of a neural interpreter: pairs are read one by one, seen together as a set, and answered by two heads.

The program head writes the description token by token. The query head values every probe, and where the interface
halves gaps between inputs that were asked also the gap below each of these inputs. The order
of the pairs has no influence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import torch as th
from torch import nn

from find_gym_agents.interpreters.neural.pointing import Meanings, Pointer
from find_gym_agents.interpreters.neural.sizes import Size

if TYPE_CHECKING:
    from find_gym_agents.interpreters.neural.constants import ConstantsWriter

Tensors = Mapping[str, th.Tensor]

# What the names of weights begin with; those of the program head are all others.
_PAIRS, _QUERY_HEAD = ("reader.", "whole", "set."), ("query.", "halving.", "pointers.queries.")


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

    def meanings(self, features: Tensors) -> th.Tensor:
        """Returns the vectors of the inputs, shape `(batch, pairs, d)`, where `NeuralCategory.meanings` has some."""
        raise NotImplementedError


class Memory(NamedTuple):
    """Sets of evidence as the heads see them.

    Attributes:
        vectors: one of the set as a whole, then one for each pair, shape `(sets, 1 + pairs, width)`.
        absent: which of them to overlook, bool of shape `(sets, 1 + pairs)`.
        meanings: the vectors of the pairs' inputs, shape `(sets, pairs, d)`; None where there are none.
    """

    vectors: th.Tensor
    absent: th.Tensor
    meanings: th.Tensor | None = None

    def at(self, rows: th.Tensor) -> Memory:
        """Returns some of the sets, by their numbers."""
        return Memory(*(None if part is None else part[rows] for part in self))  # type: ignore[arg-type]

    def repeated(self, times: int) -> Memory:
        """Returns each set several times, one after the other."""
        return self.at(th.arange(len(self.vectors), device=self.vectors.device).repeat_interleave(times))


class InterpreterNetwork(nn.Module):
    """The network of a neural interpreter.

    Args:
        reader: turns the features of pairs into vectors.
        probes: the number of probes of the interface.
        tokens: the size of the grammar's vocabulary.
        max_tokens: the greatest length of a program.
        size: the size.
        meanings: vectors of probes and tokens, which the heads point at; None where they have none.
        halves: whether the interface halves gaps.

    Attributes:
        constants: writes the constants of programs; None where nothing does.
    """

    means: th.Tensor

    def __init__(
        self,
        reader: Reader,
        probes: int,
        tokens: int,
        max_tokens: int,
        size: Size,
        meanings: Meanings | None = None,
        *,
        halves: bool = False,
    ) -> None:
        super().__init__()
        width = size.width
        shape = {"dim_feedforward": size.expansion * width, "dropout": 0.0, "activation": "gelu"}
        layout = {"batch_first": True, "norm_first": True}
        self.reader, self.probes = reader, probes
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
        # Where probes are pointed at, all that is left is a value that they share.
        values = probes if meanings is None else 1
        self.query = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, values))
        self.halving = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, 1)) if halves else None
        self.constants: ConstantsWriter | None = None
        self.pointers = None
        if meanings is not None:
            each = {"queries": meanings.queries, "tokens": meanings.tokens}
            self.pointers = nn.ModuleDict({name: Pointer(width, targets, size.heads) for name, targets in each.items()})
            self.meaning = nn.Linear(meanings.tokens.shape[1], width, bias=False)
            self.register_buffer("means", th.from_numpy(meanings.tokens).any(1), persistent=False)

    @property
    def device(self) -> th.device:
        """Where the network is."""
        return self.whole.device

    def parts(self) -> dict[str, list[nn.Parameter]]:
        """Returns the weights by what they are for: "pairs" (reading them, for both heads), "queries" and "program"."""
        parts: dict[str, list[nn.Parameter]] = {"pairs": [], "queries": [], "program": []}
        for name, weights in self.named_parameters():
            is_query, is_pair = name.startswith(_QUERY_HEAD), name.startswith(_PAIRS)
            parts["queries" if is_query else "pairs" if is_pair else "program"].append(weights)
        return parts

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
        meanings = None
        if self.pointers is not None:
            meanings = self.reader.meanings(features).repeat_interleave(present.shape[1], 0)
        return Memory(self.set(vectors, src_key_padding_mask=absent), absent, meanings)

    def value_queries(self, memory: Memory) -> th.Tensor:
        """Returns the values of all probes, then of halving the gap below each pair, shape `(sets, probes + pairs)`."""
        values = self.query(memory.vectors[:, 0])
        if self.pointers is not None:
            values = values + self.pointers["queries"](memory.vectors[:, :1], *memory)[:, 0]
        if self.halving is not None:
            values = th.cat([values, self.halving(memory.vectors[:, 1:])[..., 0]], 1)
        return values  # type: ignore[no-any-return]

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
        embedded = self.tokens(begun)
        if self.pointers is not None:
            # The token before the first has no meaning.
            meant = nn.functional.pad(self.means, (0, 1))[begun]
            vectors = self.pointers["tokens"].get_buffer("targets")[begun.clamp(max=len(self.means) - 1)]
            embedded = th.where(meant[..., None], self.meaning(vectors), embedded)
        hidden = embedded + self.places[:length]
        hidden = self.program(hidden, memory.vectors, tgt_mask=later, memory_key_padding_mask=memory.absent)
        logits = self.next_token(hidden)
        if self.pointers is not None:
            logits = th.where(self.means, self.pointers["tokens"](hidden, *memory), logits)
        return logits  # type: ignore[no-any-return]
