"""Supervised training from the first transcript to the last checkpoint.

The run is cut into segments, each with freshly sampled functions. A segment begins with a checkpoint and depends on
the weights and on its own number alone: a run that was killed goes on as if nothing had happened, and the number of
processes changes nothing.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
import torch as th
from stable_baselines3.common.utils import get_device, set_random_seed

from find_gym.core.files import write_text
from find_gym_agents.interpreters.neural.category import neural_category
from find_gym_agents.interpreters.neural.checkpoints import portrait
from find_gym_agents.interpreters.neural.making import make_network
from find_gym_agents.interpreters.neural.network import InterpreterNetwork
from find_gym_agents.interpreters.policies.legal import LegalActions
from find_gym_agents.training.checkpoints import CHECKPOINT, POLICY, UNTRAINED, check_identity, load, save
from find_gym_agents.training.curriculum import training_difficulty
from find_gym_agents.training.logs import make_logger
from find_gym_agents.training.progress import Progress, Show, Status
from find_gym_agents.training.supervised.config import SupervisedConfig
from find_gym_agents.training.supervised.imitation import imitation_losses
from find_gym_agents.training.supervised.learning import Material, losses
from find_gym_agents.training.supervised.transcripts import Source, Supply
from find_gym_agents.training.supervised.validation import Validation

# The share of the run in which the learning rate rises.
_WARM_UP = 0.05
_LEAST_RATE = 0.02
_DECAY = 0.01
# Of the transcripts, so many have queries of the network itself, chosen with so much noise.
_OWN_QUERIES, _NOISE = 0.5, 0.2
# In one of so many gradient steps the query head learns as well.
_QUERY_STEPS = 3
# Functions that are asked side by side.
_ASKED = 512


class SupervisedTraining:
    """A training run.

    Args:
        config: what to train.
        show: shows how far it is.

    Attributes:
        progress: how far it is.

    Raises:
        CheckpointError: the folder holds a run of another configuration.
        ImportError: something is not installed.
    """

    def __init__(self, config: SupervisedConfig, show: Show) -> None:
        self.config, self._show, self.folder = config, show, config.folder
        self.progress = Progress()
        set_random_seed(config.seed)
        self._record = neural_category(config.category)
        self._has_teacher = self._record.demonstrate is not None
        codec = LegalActions(config.env, config.difficulty).codec
        self._device = get_device(config.device)
        self.network = make_network(config.env, codec, config.size).to(self._device)
        self._optimizer = _optimizer(self.network)
        self._resume()
        self._logger = make_logger(config.logger, self.folder, self.progress.segment)
        self._opening = self._record.opening(codec, config.budget)
        self._validation = Validation(config, codec)
        self._began = time.perf_counter() - self.progress.seconds

    def run(self) -> None:
        """Trains until the time, or the transcripts, are over."""
        with closing(self._logger):
            self._train()

    def _train(self) -> None:
        config, progress = self.config, self.progress
        if not progress.curve:
            self._validate({})
        supply = Supply(self._source(), config.functions, config.seed, config.env_worker_count)
        with closing(supply):
            while self._done() < 1:
                self._checkpoint()
                progress.segment += 1
                figures = self._learn(supply)
                if progress.segment % config.validate_every == 0 or self._done() >= 1:
                    self._validate(figures)
        self._checkpoint()
        save(self.folder / POLICY, self._portrait())

    # --- Learning -----------------------------------------------------------------------------------------------------

    def _learn(self, supply: Supply) -> dict[str, float]:
        """Learns from the transcripts of one segment; returns their mean losses."""
        config, progress = self.config, self.progress
        transcripts = supply.segment(progress.segment)
        seed = int(np.random.default_rng([config.seed, progress.segment]).integers(2**31))
        set_random_seed(seed)
        rng = np.random.default_rng(seed)
        material = Material.of(transcripts, self._device)
        own = rng.permutation(transcripts.count)[: round(_OWN_QUERIES * transcripts.count)]
        goes_own_way = progress.updates > 0 and not self._has_teacher
        for part in np.array_split(own, -(-len(own) // _ASKED)) if goes_own_way else ():
            material.ask(self.network, th.from_numpy(part).to(self._device), self._opening, _NOISE)
        sums: dict[str, list[float]] = {}
        for rows in _batches(transcripts.count, config.reuse, config.batch_size, rng):
            if self._done() >= 1:
                break
            for group in self._optimizer.param_groups:
                group["lr"] = config.learning_rate * self._rate()
            for name, value in self._step(material, th.from_numpy(rows).to(self._device), rng).items():
                sums.setdefault(name, []).append(value)
            progress.examples += len(rows)
            progress.updates += 1
            self._tick()
        figures = {name: float(np.nanmean(values)) for name, values in sums.items()}
        for name, value in figures.items():
            self._logger.record(f"supervised/{name}", value)
        self._logger.dump(progress.examples)
        return figures

    def _step(self, material: Material, rows: th.Tensor, rng: np.random.Generator) -> dict[str, float]:
        self.network.train()
        with th.autocast(self._device.type, dtype=th.bfloat16, enabled=self._device.type == "cuda"):
            if self._has_teacher:
                found = imitation_losses(self.network, material, rows, rng)
            else:
                asking = self.progress.updates % _QUERY_STEPS == 0
                found = losses(self.network, material, rows, rng, queries_too=asking)
            loss = found["program"] + self.config.query_weight * found.get("query", 0.0)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        th.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimizer.step()
        return {name: float(value.detach()) for name, value in found.items()}

    def _rate(self) -> float:
        """Returns the learning rate as a share of the greatest."""
        done = min(self._done(), 1.0)
        falling = 0.5 * (1 + math.cos(math.pi * done))
        return min(1.0, _LEAST_RATE + done / _WARM_UP) * (_LEAST_RATE + (1 - _LEAST_RATE) * falling)

    # --- How far it is ------------------------------------------------------------------------------------------------

    def _done(self) -> float:
        """Returns the share of the run that is over; no run is over before its first step."""
        if self.config.examples is not None:
            return self.progress.examples / self.config.examples
        return self.progress.seconds / (60 * self.config.minutes) if self.progress.updates else 0.0

    def _tick(self) -> None:
        self.progress.seconds = time.perf_counter() - self._began
        share = min(self._done(), 1.0)
        left = self.progress.seconds * (1 / share - 1) if share > 0.01 else None
        skill = self.progress.curve[-1]["skill"] if self.progress.curve else None
        self._show(Status("supervised", share, skill, left))

    def _validate(self, figures: dict[str, float]) -> None:
        progress = self.progress
        row = {
            "phase": "supervised",
            "examples": progress.examples,
            **self._validation.play(self.network),
            **figures,
        }
        self._tick()
        row["seconds"] = round(progress.seconds, 1)
        progress.curve.append(row)
        progress.best = row
        for name in self._validation.figures:
            self._logger.record(f"supervised/validation_{name}", row[name])
        self._logger.dump(progress.examples)
        write_text(self.folder / "curve.json", json.dumps(progress.curve, indent=1) + "\n")

    # --- Checkpoints --------------------------------------------------------------------------------------------------

    def _source(self) -> Source:
        config = self.config
        return Source(config.env, training_difficulty(config, self._record.changes()), config.budget)

    def _portrait(self) -> dict[str, Any]:
        last = self.progress.curve[-1] if self.progress.curve else None
        return portrait(self.network, self.config.to_json(), self.config.budget, last)

    def _checkpoint(self) -> None:
        state = {
            **self._portrait(),
            "identity": self.config.identity(),
            "progress": vars(self.progress),
            "optimizer": self._optimizer.state_dict(),
        }
        save(self.folder / CHECKPOINT, state)

    def _resume(self) -> None:
        """Goes on from the last checkpoint in the folder, where there is one."""
        path = self.folder / CHECKPOINT
        if not path.exists():
            save(self.folder / UNTRAINED, self._portrait())
            return
        state = load(path)
        check_identity(state["identity"], self.config.identity(), self.folder)
        self.progress = Progress(**state["progress"])
        self.network.load_state_dict(state["network"])
        self._optimizer.load_state_dict(state["optimizer"])


def _optimizer(network: InterpreterNetwork) -> th.optim.Optimizer:
    """Makes the optimizer; only matrices of linear layers decay."""
    matrices = {id(module.weight) for module in network.modules() if isinstance(module, th.nn.Linear)}
    groups = [
        {"params": [each for each in network.parameters() if id(each) in matrices], "weight_decay": _DECAY},
        {"params": [each for each in network.parameters() if id(each) not in matrices], "weight_decay": 0.0},
    ]
    return th.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)


def _batches(count: int, passes: int, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yields the rows of each gradient step, whole passes over them in random orders."""
    for _ in range(passes):
        order = rng.permutation(count)
        for start in range(0, count, size):
            yield order[start : start + size]
