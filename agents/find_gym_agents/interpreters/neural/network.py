"""The network of a neural interpreter: pairs are read one by one, seen together as a set, and answered by two heads.

The program head writes the description token by token. The query head values every probe, and where the interface
halves gaps between inputs that were asked also the gap below each of these inputs. The order
of the pairs has no influence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import torch as th
from torch import nn

from find_gym_agents.interpreters.neural.layers import (
    KeysValues,
    ProgramDecoder,
    ProgramLayer,
    SetEncoder,
    SetLayer,
    Steps,
)
from find_gym_agents.interpreters.neural.pointing import Meanings, Pointer
from find_gym_agents.interpreters.neural.sizes import Size

if TYPE_CHECKING:
    from find_gym_agents.interpreters.neural.constants import ConstantsWriter

Tensors = Mapping[str, th.Tensor]

# What the names of weights begin with; those of the program head are all others.
_PAIRS, _QUERY_HEAD = ("reader.", "whole", "set."), ("query.", "halving.", "pointers.queries.")


@contextmanager
def inference() -> Iterator[None]:
    """A context without gradients, and without oneDNN: with a single set, calling it takes longer than computing."""
    before = th.backends.mkldnn.enabled
    th.backends.mkldnn.enabled = False  # type: ignore[assignment]
    try:
        with th.inference_mode():
            yield
    finally:
        th.backends.mkldnn.enabled = before


class Reader(nn.Module):
    """Turns the features of pairs into vectors; subclasses belong to categories.

    Attributes:
        relates: whether `relate` adds anything.
        vectors: those of all inputs, where `NeuralCategory.meanings` has some, shape `(inputs, d)`.
    """

    relates = False
    vectors: th.Tensor

    def forward(self, features: Tensors) -> th.Tensor:
        """Reads pairs one by one.

        Args:
            features: what `NeuralCategory.encode` returns, each of shape `(batch, pairs, ...)`.

        Returns:
            Vectors of shape `(batch, pairs, width)`.
        """
        raise NotImplementedError

    def relate(self, vectors: th.Tensor, features: Tensors, present: th.Tensor | None) -> th.Tensor:
        """Adds to the vectors how pairs lie beside each other; by default nothing.

        Args:
            vectors: the pairs, shape `(batch, pairs, width)`.
            features: their features.
            present: for each set of evidence the pairs that are in it, bool of shape `(batch, sets, pairs)`; None for
                one set of all pairs.

        Returns:
            Vectors of shape `(batch, sets, pairs, width)`; those of pairs that are not present are of no account.
        """
        return vectors[:, None] if present is None else vectors[:, None].expand(-1, present.shape[1], -1, -1)

    def rows(self, features: Tensors) -> th.Tensor:
        """Returns the rows of the inputs in `vectors`, int64 of shape `(batch, pairs)`, where there are any."""
        raise NotImplementedError


class Memory(NamedTuple):
    """Sets of evidence as the heads see them.

    Attributes:
        vectors: one of the set as a whole, then one for each pair, shape `(sets, 1 + pairs, width)`.
        absent: which of them to overlook, bool of shape `(sets, 1 + pairs)`; None for none.
        meanings: the vectors of the pairs' inputs, shape `(sets, pairs, d)`; None where there are none.
        likeness: in place of the vectors, their products with those of all queries, then all tokens, shape
            `(sets, pairs, queries + tokens)`.
    """

    vectors: th.Tensor
    absent: th.Tensor | None = None
    meanings: th.Tensor | None = None
    likeness: th.Tensor | None = None

    def at(self, rows: th.Tensor) -> Memory:
        """Returns some of the sets, by their numbers."""
        return Memory(*(None if part is None else part[rows] for part in self))  # type: ignore[arg-type]


class Drafts(NamedTuple):
    """What the program head keeps of beginnings of programs for one set.

    Attributes:
        vocabulary: the vectors of all tokens, shape `(tokens + 1, width)`.
        pairs: for each layer what it attends to of the pairs.
        tokens: for each layer what it attends to of the tokens written so far, those of no token first.
    """

    vocabulary: th.Tensor
    pairs: list[KeysValues]
    tokens: list[KeysValues]


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
        self.set = SetEncoder(
            SetLayer(width, size.heads, **shape, **layout),
            size.set_layers,
            nn.LayerNorm(width),
        )
        # The last entry stands before the first token.
        self.tokens = nn.Embedding(tokens + 1, width)
        self.places = nn.Parameter(0.02 * th.randn(max_tokens, width))
        self.program = ProgramDecoder(
            ProgramLayer(width, size.heads, **shape, **layout),
            size.program_layers,
            nn.LayerNorm(width),
        )
        self.next_token = nn.Linear(width, tokens)
        # Where probes are pointed at, all that is left is a value that they share.
        values = probes if meanings is None else 1
        self.query = Steps(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, values))
        self.halving = Steps(nn.Linear(width, width), nn.GELU(), nn.Linear(width, 1)) if halves else None
        self.constants: ConstantsWriter | None = None
        self.pointers = None
        self._likeness: th.Tensor | None = None
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

    def read(
        self,
        features: Tensors,
        present: th.Tensor | None = None,
        vectors: th.Tensor | None = None,
        likeness: th.Tensor | None = None,
        *,
        for_queries: bool = False,
    ) -> Memory:
        """Reads sets of evidence.

        Args:
            features: see `Reader.forward`; each of shape `(batch, pairs, ...)`.
            present: bool of shape `(batch, sets, pairs)`; None for one set of all pairs.
            vectors: what the reader makes of each pair, where that is known.
            likeness: see `Memory`, where that is known.
            for_queries: whether it is read for `value_queries` alone.

        Returns:
            What the heads see, of `batch * sets` sets.
        """
        vectors = self.reader(features) if vectors is None else vectors
        absent = None if present is None else nn.functional.pad(~present.flatten(0, 1), (1, 0))
        pairs = self.reader.relate(vectors, features, present).flatten(0, 1)
        vectors = th.cat([self.whole.to(pairs.dtype).expand(len(pairs), 1, -1), pairs], 1)
        meanings = None
        if self.pointers is not None and likeness is None:
            meanings = self.reader.vectors[self.reader.rows(features)]
            meanings = meanings if present is None else meanings.repeat_interleave(present.shape[1], 0)
        only_whole = for_queries and self.pointers is None and self.halving is None
        return Memory(self.set(vectors, absent, 1 if only_whole else None), absent, meanings, likeness)

    def likeness(self, features: Tensors) -> th.Tensor | None:
        """Returns the products of the vectors of pairs' inputs with all that is pointed at; see `Memory`."""
        if self.pointers is None:
            return None
        if self._likeness is None:
            # No weight has a part in it, and there are few inputs.
            targets = [self.pointers[name].get_buffer("targets") for name in ("queries", "tokens")]
            self._likeness = self.reader.vectors @ th.cat(targets).T
        return self._likeness[self.reader.rows(features)]

    def value_queries(self, memory: Memory, *, relative: bool = False) -> th.Tensor:
        """Returns the values of all probes, then of halving the gap below each pair, shape `(sets, probes + pairs)`.

        Args:
            memory: the evidence.
            relative: whether what all queries of a set are worth alike may be left out.
        """
        if self.pointers is None:
            values = self.query(memory.vectors[:, 0])
        else:
            values = self._point("queries", memory.vectors[:, :1], memory)[:, 0]
            values = values if relative else values + self.query(memory.vectors[:, 0])
        if self.halving is not None:
            values = th.cat([values, self.halving(memory.vectors[:, 1:])[..., 0]], 1)
        return values  # type: ignore[no-any-return]

    def write(self, memory: Memory, tokens: th.Tensor) -> th.Tensor:
        """Returns the logits of what follows each beginning of programs, not masked by the grammar.

        Args:
            memory: the evidence.
            tokens: the tokens written so far, int64 of shape `(programs, length)`; each set has equally many programs,
                one after the other.

        Returns:
            Logits of shape `(programs, length + 1, tokens)`: those of the first token, then of the one after each.
        """
        begun = nn.functional.pad(tokens, (1, 0), value=self.tokens.num_embeddings - 1)
        embedded = self._embedded(begun, self._vocabulary(), 0)
        hidden, _ = self.program(embedded, self.program.known(memory.vectors), memory.absent)
        return self._next(hidden, memory)

    def begin(self, memory: Memory, tokens: th.Tensor) -> tuple[th.Tensor, Drafts]:
        """Returns the logits of what comes next, and what `go_on` needs.

        Args:
            memory: the evidence, a single set.
            tokens: the tokens written so far, int64 of shape `(programs, length)`, usually none.

        Returns:
            Logits of shape `(programs, tokens)`, and what is kept.
        """
        begun = nn.functional.pad(tokens, (1, 0), value=self.tokens.num_embeddings - 1)
        vocabulary, known = self._vocabulary(), self.program.known(memory.vectors)
        hidden, written = self.program(self._embedded(begun, vocabulary, 0), known, memory.absent)
        return self._next(hidden[:, -1:], memory)[:, 0], Drafts(vocabulary, known, written)

    def go_on(self, memory: Memory, drafts: Drafts, parents: th.Tensor, tokens: th.Tensor) -> tuple[th.Tensor, Drafts]:
        """Returns the logits of what comes next after one more token; `begin` says what is returned.

        Args:
            memory: the evidence.
            drafts: what was kept.
            parents: which of the drafts gets each token, int64 of shape `(programs,)`.
            tokens: the tokens, int64 of shape `(programs,)`.
        """
        earlier = [each.at(parents) for each in drafts.tokens]
        embedded = self._embedded(tokens[:, None], drafts.vocabulary, earlier[0].keys.shape[2])
        hidden, written = self.program(embedded, drafts.pairs, memory.absent, earlier)
        return self._next(hidden, memory)[:, 0], drafts._replace(tokens=written)

    def _vocabulary(self) -> th.Tensor:
        """Returns the vectors of all tokens, then of what stands before the first one, shape `(tokens + 1, width)`."""
        if self.pointers is None:
            return self.tokens.weight
        # What stands before the first token has no meaning.
        meant = nn.functional.pad(self.means, (0, 1))[:, None]
        vectors = self.meaning(nn.functional.pad(self.pointers["tokens"].get_buffer("targets"), (0, 0, 0, 1)))
        return th.where(meant, vectors, self.tokens.weight)

    def _embedded(self, tokens: th.Tensor, vocabulary: th.Tensor, place: int) -> th.Tensor:
        """Returns the vectors of tokens, shape `(programs, length, width)`, the first of them at a place."""
        return nn.functional.embedding(tokens, vocabulary) + self.places[place : place + tokens.shape[1]]

    def _next(self, hidden: th.Tensor, memory: Memory) -> th.Tensor:
        """Returns the logits of what comes after tokens as the layers made them."""
        logits = self.next_token(hidden)
        if self.pointers is not None:
            # To a set, all tokens of its programs are alike.
            alike = hidden.view(len(memory.vectors), -1, hidden.shape[2])
            logits = th.where(self.means, self._point("tokens", alike, memory).view_as(logits), logits)
        return logits  # type: ignore[no-any-return]

    def _point(self, name: str, pointing: th.Tensor, memory: Memory) -> th.Tensor:
        """Returns what a pointer says; see `Pointer.forward`."""
        assert self.pointers is not None
        pointer = self.pointers[name]
        if memory.likeness is None:
            return pointer(pointing, *memory)  # type: ignore[no-any-return]
        of_queries, of_tokens = memory.likeness.split([self.probes, len(self.means)], 2)
        own = of_queries if name == "queries" else of_tokens
        return pointer(pointing, *memory[:3], own)  # type: ignore[no-any-return]
