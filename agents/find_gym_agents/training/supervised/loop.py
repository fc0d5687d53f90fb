"""Supervised training: a network learns from transcripts whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch as th

from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.interpreters.neural.checkpoints import begin_with
from find_gym_agents.interpreters.neural.making import make_network
from find_gym_agents.interpreters.neural.network import InterpreterNetwork
from find_gym_agents.training.checkpoints import CHECKPOINT
from find_gym_agents.training.neural.loop import NeuralTraining
from find_gym_agents.training.supervised.config import SupervisedConfig
from find_gym_agents.training.supervised.constants import constants_loss, padded_constants
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
        config = self.config
        network = make_network(config.env, codec, config.size, constants=config.constants)
        # A run that goes on has its weights from its checkpoint.
        if config.init_from is not None and not (self.folder / CHECKPOINT).exists():
            begin_with(network, config.init_from, config.env, config.size)
        if self._constants_alone:
            for name, weights in network.named_parameters():
                weights.requires_grad_(name.startswith("constants."))
        return network

    @property
    def _constants_alone(self) -> bool:
        """Whether the rest of the network stays as it is."""
        return self.config.constants and self.config.init_from is not None

    def _learn(
        self, material: Material, transcripts: Transcripts, rng: np.random.Generator
    ) -> Iterator[tuple[int, Mapping[str, float]]]:
        config = self.config
        own = rng.permutation(transcripts.count)[: round(_OWN_QUERIES * transcripts.count)]
        goes_own_way = self.progress.updates > 0 and self._record.demonstrate is None
        for part in np.array_split(own, -(-len(own) // _ASKED)) if goes_own_way else ():
            material.ask(self.network, th.from_numpy(part).to(self._device), self._opening, _NOISE)
        constants = None
        if self._record.constants is not None and config.constants:
            specs = [truth.spec for truth in transcripts.truths]
            constants = padded_constants(self._record.constants, specs).to(self._device)
        for rows in _batches(transcripts.count, config.reuse, config.batch_size, rng):
            yield len(rows), self._step(material, constants, th.from_numpy(rows).to(self._device), rng)

    def _step(
        self, material: Material, constants: th.Tensor | None, rows: th.Tensor, rng: np.random.Generator
    ) -> dict[str, float]:
        self.network.train()
        with self._precision():
            found = {} if self._constants_alone else self._heads(material, rows, rng)
            if constants is not None:
                assert self.network.constants is not None
                found["constants"] = constants_loss(self.network.constants, material, constants, rows, rng)
            weights = {"program": 1.0, "query": self.config.query_weight, "constants": 1.0}
            loss = th.stack([weight * found[name] for name, weight in weights.items() if name in found]).sum()
        self._improve(loss)
        return {name: float(value.detach()) for name, value in found.items()}

    def _heads(self, material: Material, rows: th.Tensor, rng: np.random.Generator) -> dict[str, th.Tensor]:
        """Returns the losses of the program head and of the query head."""
        if self._record.demonstrate is not None:
            return imitation_losses(self.network, material, rows, rng)
        asking = self.progress.updates % _QUERY_STEPS == 0
        return losses(self.network, material, rows, rng, queries_too=asking)


def _batches(count: int, passes: int, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yields the rows of each gradient step, whole passes over them in random orders."""
    for _ in range(passes):
        order = rng.permutation(count)
        for start in range(0, count, size):
            yield order[start : start + size]
