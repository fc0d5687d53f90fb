"""Supervised training: a network learns from transcripts whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch as th

from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.interpreters.neural.making import make_network
from find_gym_agents.interpreters.neural.network import InterpreterNetwork
from find_gym_agents.training.neural.loop import NeuralTraining
from find_gym_agents.training.supervised.config import SupervisedConfig
from find_gym_agents.training.supervised.imitation import imitation_losses
from find_gym_agents.training.supervised.learning import Material, losses
from find_gym_agents.training.supervised.transcripts import Transcripts

# Of the transcripts, so many have queries of the network itself, chosen with so much noise.
_OWN_QUERIES, _NOISE = 0.5, 0.2
# In one of so many gradient steps the query head learns as well.
_QUERY_STEPS = 3
# Functions that are asked side by side.
_ASKED = 512


class SupervisedTraining(NeuralTraining[SupervisedConfig]):
    """A supervised training run; see `NeuralTraining`."""

    def _begin(self, codec: TokensInterface) -> InterpreterNetwork:
        return make_network(self.config.env, codec, self.config.size)

    def _learn(
        self, material: Material, transcripts: Transcripts, rng: np.random.Generator
    ) -> Iterator[tuple[int, Mapping[str, float]]]:
        config = self.config
        own = rng.permutation(transcripts.count)[: round(_OWN_QUERIES * transcripts.count)]
        goes_own_way = self.progress.updates > 0 and self._record.demonstrate is None
        for part in np.array_split(own, -(-len(own) // _ASKED)) if goes_own_way else ():
            material.ask(self.network, th.from_numpy(part).to(self._device), self._opening, _NOISE)
        for rows in _batches(transcripts.count, config.reuse, config.batch_size, rng):
            yield len(rows), self._step(material, th.from_numpy(rows).to(self._device), rng)

    def _step(self, material: Material, rows: th.Tensor, rng: np.random.Generator) -> dict[str, float]:
        self.network.train()
        with self._precision():
            if self._record.demonstrate is not None:
                found = imitation_losses(self.network, material, rows, rng)
            else:
                asking = self.progress.updates % _QUERY_STEPS == 0
                found = losses(self.network, material, rows, rng, queries_too=asking)
            loss = found["program"] + self.config.query_weight * found.get("query", 0.0)
        self._improve(loss)
        return {name: float(value.detach()) for name, value in found.items()}


def _batches(count: int, passes: int, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yields the rows of each gradient step, whole passes over them in random orders."""
    for _ in range(passes):
        order = rng.permutation(count)
        for start in range(0, count, size):
            yield order[start : start + size]
