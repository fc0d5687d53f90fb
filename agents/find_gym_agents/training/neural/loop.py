"""The training of a neural interpreter from the first transcript to the last checkpoint, whatever it learns from.

The run is cut into segments, each with freshly sampled functions. A segment begins with a checkpoint and depends on
the weights and on its own number alone: a run that was killed goes on as if nothing had happened, and the number of
processes changes nothing.
"""

from __future__ import annotations

import json
import math
import time
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, Generic, TypeVar

import numpy as np
import torch as th
from stable_baselines3.common.utils import set_random_seed

from find_gym.core.files import write_text
from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.interpreters.neural.category import neural_category
from find_gym_agents.interpreters.neural.checkpoints import portrait
from find_gym_agents.interpreters.neural.network import InterpreterNetwork
from find_gym_agents.interpreters.policies.legal import LegalActions
from find_gym_agents.training.checkpoints import (
    CHECKPOINT,
    POLICY,
    UNTRAINED,
    CheckpointError,
    check_identity,
    load,
    save,
)
from find_gym_agents.training.curriculum import training_difficulty
from find_gym_agents.training.devices import find_device
from find_gym_agents.training.logs import make_logger
from find_gym_agents.training.neural.config import NeuralConfig
from find_gym_agents.training.neural.validation import Validation
from find_gym_agents.training.progress import Progress, Show, Status
from find_gym_agents.training.supervised.learning import Material
from find_gym_agents.training.supervised.transcripts import Source, Supply, Transcripts

# The share of the run in which the learning rate rises.
_WARM_UP = 0.05
_LEAST_RATE = 0.02
_DECAY = 0.01
_LARGEST_GRADIENT = 1.0
# Checkpoints of earlier versions, which do not say their recipe.
_FIRST_RECIPE = "supervised"

Config = TypeVar("Config", bound=NeuralConfig)


class NeuralTraining(ABC, Generic[Config]):
    """A training run.

    Args:
        config: what to train.
        show: shows how far it is.

    Attributes:
        network: the network.
        progress: how far it is.

    Raises:
        CheckpointError: the folder holds a run of another recipe or configuration.
        ImportError: something is not installed.
    """

    def __init__(self, config: Config, show: Show) -> None:
        self.config, self._show, self.folder = config, show, config.folder
        self.progress = Progress()
        set_random_seed(config.seed)
        self._record = neural_category(config.category)
        self._codec = LegalActions(config.env, config.difficulty).codec
        self._device = find_device(config.device)
        self._opening = self._record.opening(self._codec, config.budget)
        before = self._before()
        self.network = self._begin(self._codec).to(self._device)
        self._optimizer = _optimizer(self.network)
        if before is None:
            save(self.folder / UNTRAINED, self._portrait())
        else:
            self.progress = Progress(**before["progress"])
            self.network.load_state_dict(before["network"])
            self._optimizer.load_state_dict(before["optimizer"])
        self._logger = make_logger(config.logger, self.folder, self.progress.segment)
        self._validation = Validation(config, self._codec)
        self._began = time.perf_counter() - self.progress.seconds

    # --- What the recipes implement -----------------------------------------------------------------------------------

    @abstractmethod
    def _begin(self, codec: TokensInterface) -> InterpreterNetwork:
        """Returns the network that the run begins with; weights that learn nothing want no gradient."""

    @abstractmethod
    def _learn(
        self, material: Material, transcripts: Transcripts, rng: np.random.Generator
    ) -> Iterator[tuple[int, Mapping[str, float]]]:
        """Learns from the transcripts of one segment, step by step.

        Yields:
            After each gradient step, the transcripts that it used, and its figures.
        """

    def _described(self) -> dict[str, Any]:
        """Returns the configuration as checkpoints hold it, with the "size" of the network."""
        return self.config.to_json()

    # --- The run ------------------------------------------------------------------------------------------------------

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
                figures = self._learn_from(supply.segment(progress.segment))
                if progress.segment % config.validate_every == 0 or self._done() >= 1:
                    self._validate(figures)
        self._checkpoint()
        save(self.folder / POLICY, self._portrait())

    def _learn_from(self, transcripts: Transcripts) -> dict[str, float]:
        """Learns from the transcripts of one segment; returns the means of the figures."""
        progress = self.progress
        seed = int(np.random.default_rng([self.config.seed, progress.segment]).integers(2**31))
        set_random_seed(seed)
        sums: dict[str, list[float]] = defaultdict(list)
        steps = self._learn(Material.of(transcripts, self._device), transcripts, np.random.default_rng(seed))
        with closing(steps):  # type: ignore[type-var]
            for used, figures in steps:
                for name, value in figures.items():
                    sums[name].append(value)
                progress.examples += used
                progress.updates += 1
                self._tick()
                if self._done() >= 1:
                    break
        means = {name: float(np.nanmean(values)) for name, values in sums.items()}
        self._log(means)
        return means

    def _improve(self, loss: th.Tensor) -> None:
        """Takes one step of the optimizer."""
        for group in self._optimizer.param_groups:
            group["lr"] = self.config.learning_rate * self._rate()
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        th.nn.utils.clip_grad_norm_(self.network.parameters(), _LARGEST_GRADIENT)
        self._optimizer.step()

    def _precision(self) -> th.autocast:
        """Returns a context of mixed precision on a GPU, and of none elsewhere."""
        return th.autocast(self._device.type, dtype=th.bfloat16, enabled=self._device.type == "cuda")

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
        self._show(Status(self.config.recipe, share, skill, left))

    def _validate(self, figures: Mapping[str, float]) -> None:
        progress = self.progress
        validated = self._validation.play(self.network)
        row = {"phase": self.config.recipe, "examples": progress.examples, **validated, **figures}
        self._tick()
        row["seconds"] = round(progress.seconds, 1)
        progress.curve.append(row)
        progress.best = row
        self._log({f"validation_{name}": value for name, value in validated.items()})
        write_text(self.folder / "curve.json", json.dumps(progress.curve, indent=1) + "\n")

    def _log(self, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            self._logger.record(f"{self.config.recipe}/{name}", value)
        self._logger.dump(self.progress.examples)

    # --- Checkpoints --------------------------------------------------------------------------------------------------

    def _source(self) -> Source:
        config = self.config
        return Source(config.env, training_difficulty(config, self._record.changes()), config.budget)

    def _portrait(self) -> dict[str, Any]:
        last = self.progress.curve[-1] if self.progress.curve else None
        return portrait(self.network, self._described(), self.config.budget, last)

    def _checkpoint(self) -> None:
        state = {
            **self._portrait(),
            "recipe": self.config.recipe,
            "identity": self.config.identity(),
            "progress": vars(self.progress),
            "optimizer": self._optimizer.state_dict(),
        }
        save(self.folder / CHECKPOINT, state)

    def _before(self) -> dict[str, Any] | None:
        """Returns the last checkpoint in the folder; None where there is none."""
        path = self.folder / CHECKPOINT
        if not path.exists():
            return None
        state = load(path)
        recipe = state.get("recipe", _FIRST_RECIPE)
        if recipe != self.config.recipe:
            raise CheckpointError(
                f"expected a run of the recipe {self.config.recipe!r} in {str(self.folder)!r}, actual: one of "
                f"{recipe!r}; choose another --out"
            )
        check_identity(state["identity"], self.config.identity(), self.folder)
        return state


def _optimizer(network: InterpreterNetwork) -> th.optim.Optimizer:
    """Makes the optimizer of the weights that want gradients; only matrices of linear layers decay."""
    matrices = {id(module.weight) for module in network.modules() if isinstance(module, th.nn.Linear)}
    learning = [each for each in network.parameters() if each.requires_grad]
    groups = [
        {"params": [each for each in learning if id(each) in matrices], "weight_decay": _DECAY},
        {"params": [each for each in learning if id(each) not in matrices], "weight_decay": 0.0},
    ]
    return th.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)
