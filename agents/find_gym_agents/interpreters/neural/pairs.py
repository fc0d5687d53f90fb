"""What an interpreter is answered in an episode: each pair is read by the network once, when it is first needed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch as th
from numpy.typing import NDArray

from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.interpreters.neural.category import NeuralCategory
from find_gym_agents.interpreters.neural.making import as_tensors
from find_gym_agents.interpreters.neural.network import InterpreterNetwork, Memory


class Pairs:
    """The pairs of an episode.

    Args:
        network: reads them.
        record: says how they are encoded.
        codec: the interface, whose probes have places.

    Attributes:
        inputs: what was asked, in this order, repetitions included.
        outputs: the answers.
        distinct: the inputs without repetitions, with the first output of each.
        places: their places: those of probes, and slots in the order in which they are filled.
        fresh: which probes were not asked, bool of shape `(probes,)`.
    """

    def __init__(self, network: InterpreterNetwork, record: NeuralCategory, codec: TokensInterface) -> None:
        self._network, self._record = network, record
        self._probes = {probe: place for place, probe in enumerate(codec.probes)}
        self._slots = itertools.count(len(codec.probes))
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self.distinct: dict[Any, Any] = {}
        self.places: list[int] = []
        self.fresh: NDArray[np.bool_] = np.ones(len(codec.probes), dtype=np.bool_)
        self._features: dict[str, th.Tensor] = {}
        self._vectors: th.Tensor | None = None
        self._likeness: th.Tensor | None = None

    def add(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Takes note of inputs and their outputs."""
        self.inputs += inputs
        self.outputs += outputs
        for asked, output in zip(inputs, outputs, strict=True):
            if asked in self.distinct:
                continue
            self.distinct[asked] = output
            place = self._probes.get(asked)
            if place is not None:
                self.fresh[place] = False
            self.places.append(next(self._slots) if place is None else place)

    def gaps(self) -> list[float]:
        """Returns how far each distinct input is from the next smaller one; infinity where there is none."""
        inputs = list(self.distinct)
        smaller = [[value for value in inputs if value < own] for own in inputs]
        return [own - max(below, default=-math.inf) for own, below in zip(inputs, smaller, strict=True)]

    def read(self, *, for_queries: bool = False) -> Memory:
        """Returns the distinct pairs as the heads see them; see `InterpreterNetwork.read`."""
        known = 0 if self._vectors is None else self._vectors.shape[1]
        if self._vectors is None or known < len(self.distinct):
            self._read_from(known)
        return self._network.read(
            self._features, vectors=self._vectors, likeness=self._likeness, for_queries=for_queries
        )

    def _read_from(self, known: int) -> None:
        """Reads the pairs after those that are known."""
        pairs = list(self.distinct.items())[known:]
        encoded = self._record.encode([asked for asked, _ in pairs], [output for _, output in pairs])
        features = {name: values[None] for name, values in as_tensors(encoded, self._network.device).items()}
        self._vectors = _joined(self._vectors, self._network.reader(features))
        if self._network.reader.relates:
            self._features = {name: _joined(self._features.get(name), values) for name, values in features.items()}
        if (likeness := self._network.likeness(features)) is not None:
            self._likeness = _joined(self._likeness, likeness)


def _joined(before: th.Tensor | None, after: th.Tensor) -> th.Tensor:
    """Returns values of pairs, shape `(1, pairs, ...)`, and those of the pairs after them."""
    return after if before is None else th.cat([before, after], 1)
