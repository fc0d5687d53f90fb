"""Policy gradients for a neural interpreter that was trained before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from copy import deepcopy
from typing import Any

import numpy as np
import torch as th

from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.interpreters.neural.checkpoints import load_interpreter, restore
from find_gym_agents.interpreters.neural.network import InterpreterNetwork
from find_gym_agents.interpreters.policies import PolicyError, resolve
from find_gym_agents.training.checkpoints import CHECKPOINT, UNTRAINED, CheckpointError, load
from find_gym_agents.training.neural.loop import NeuralTraining
from find_gym_agents.training.reinforce.config import ReinforceConfig
from find_gym_agents.training.reinforce.learning import program_loss, query_loss, rewards
from find_gym_agents.training.reinforce.rollouts import Player, Programs, Sequences
from find_gym_agents.training.supervised.learning import Material
from find_gym_agents.training.supervised.transcripts import Transcripts


class ReinforceTraining(NeuralTraining[ReinforceConfig]):
    """A training run by policy gradients; see `NeuralTraining`."""

    def run(self) -> None:
        """Trains until the time, or the transcripts, are over."""
        self._player = Player(self.config)
        with closing(self._player):
            super().run()

    def _begin(self, codec: TokensInterface) -> InterpreterNetwork:
        # What a run began with stays in its folder: going on needs no other file.
        goes_on = (self.folder / CHECKPOINT).exists()
        data = load(self.folder / UNTRAINED) if goes_on else _start(self.config)
        self._size = data["config"]["size"]
        network, _ = restore(data)
        self._reference = deepcopy(network).requires_grad_(False).to(self._device)
        parts = {"queries": self.config.queries_learn, "program": self.config.programs_learn}
        # One head alone leaves what both share as it is.
        parts["pairs"] = all(parts.values())
        for name, weights in network.parts().items():
            for each in weights:
                each.requires_grad_(parts[name])
        return network

    def _described(self) -> dict[str, Any]:
        return {**self.config.to_json(), "size": self._size}

    def _learn(
        self, material: Material, transcripts: Transcripts, rng: np.random.Generator
    ) -> Iterator[tuple[int, Mapping[str, float]]]:
        order = rng.permutation(transcripts.count)
        for start in range(0, len(order), self.config.batch_size):
            rows = order[start : start + self.config.batch_size]
            yield len(rows), self._step(material, transcripts, rows, rng)

    def _step(
        self, material: Material, transcripts: Transcripts, rows: np.ndarray, rng: np.random.Generator
    ) -> dict[str, float]:
        config, network, player = self.config, self.network, self._player
        found: dict[str, th.Tensor] = {}
        network.eval()
        sequences, programs = player.ask(network, material, rows), None
        if config.programs_matter:
            programs = player.write(network, sequences, transcripts.truths)
            found["rollout_skill"] = programs.mean(programs.skills).mean()
            found["exceptions"] = programs.mean(programs.claims).mean()
        network.train()
        with self._precision():
            loss = th.zeros((), device=self._device)
            if programs is not None and config.programs_learn:
                program = program_loss(network, self._reference, sequences, programs, config)
                found["program_kl"], loss = program["kl"], loss + program["loss"]
            if config.queries_learn:
                earned = self._earned(material, sequences, programs, rows)
                query = query_loss(
                    network, self._reference, sequences, config, earned=earned, begun=len(self._opening), rng=rng
                )
                found |= {"query_reward": earned.mean(), "query_kl": query["kl"], "query_entropy": query["entropy"]}
                loss = loss + query["loss"]
        self._improve(loss)
        return {name: float(value) for name, value in found.items()}

    @th.no_grad()
    def _earned(
        self, material: Material, sequences: Sequences, programs: Programs | None, rows: np.ndarray
    ) -> th.Tensor:
        """Returns what each sequence of queries earned."""
        if self.config.query_reward == "information":
            memory = sequences.read(self.network)
            return -material.program_losses(self.network, memory, th.from_numpy(rows).to(self._device))
        assert programs is not None
        return programs.mean(rewards(programs, self.config))


def _start(config: ReinforceConfig) -> dict[str, Any]:
    """Returns the checkpoint that a run begins with.

    Raises:
        CheckpointError: it is not one of a neural interpreter, or one for another environment or a smaller budget.
    """
    try:
        found = resolve(config.init_from, env=config.env, max_queries=config.budget, difficulty=config.difficulty)
    except PolicyError as error:
        raise CheckpointError(str(error)) from error
    return load_interpreter(found.checkpoint)
