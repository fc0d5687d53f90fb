"""How the time of training divides between the environment and the learner, with MaskablePPO and with the fast PPO."""

from __future__ import annotations

import gc
import math
import os
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from typing import Any

from stable_baselines3.common.logger import Logger

from find_gym_agents.benchmarks.stepping import NUMERIC, WITHOUT_NETWORKS
from find_gym_agents.runs.processes import end_with
from find_gym_agents.training.config import TrainConfig
from find_gym_agents.training.learner import Learner, Setting
from find_gym_agents.training.loop import make_learner

# With the tokens of a description, episodes of about 16 steps.
QUERIES = 12
# The seconds of a turn that are timed, at least.
_TURN = 3.0
# Rollouts that are not timed at the beginning: in categories with some hundred functions, the scorer of each is made
# when it is drawn for the first time. Those of a training are many times as many.
_FIRST = 4


@dataclass(frozen=True)
class Split:
    """Where the time of a learner goes.

    Attributes:
        environment: the id.
        algorithm: the learner's name.
        environments: how many are stepped side by side, by all processes together.
        workers: processes beside the first: of the environment, or further learners.
        steps_per_second: steps of training in a second, all in all.
        steps_per_processor_second: those in a second of processor time of the first process.
        environment_share: the share of the time in the environment: steps, scores, resets, masks.
        steps_per_episode: the mean length of the last episodes.
        learner_seconds: the seconds of the rest, for one step.
    """

    environment: str
    algorithm: str
    environments: int
    workers: int
    steps_per_second: float
    steps_per_processor_second: float
    environment_share: float
    steps_per_episode: float
    learner_seconds: float

    def share_at(self, steps_per_second: float) -> float:
        """Returns the share of an environment that takes so many steps a second beside the same learner."""
        return 1 / (1 + self.learner_seconds * steps_per_second)

    def to_json(self) -> dict[str, Any]:
        """Returns the split as JSON-serialisable data."""
        return asdict(self)


def measure_splits(identifier: str, seconds: float, workers: int = 0) -> list[Split]:
    """Trains policies from scratch, as `find-gym train` does; they spend their budget, then write.

    As in a training, each learner has a process of its own. They take turns, so that a machine that gets slower is so
    for all. Left out are the first rollouts, in which scorers of most functions of small categories are made, and the
    first one of each turn, which fills caches again; updates likewise.

    Args:
        identifier: the environment.
        seconds: for how long at least, each learner.
        workers: processes beside that of the learner; see `configurations`.
    """
    options: dict[str, Any] = {"max_queries": QUERIES}
    if identifier == NUMERIC:
        options["difficulty"] = WITHOUT_NETWORKS
    configs = configurations(identifier, workers)
    with ExitStack() as stack:
        pools = [
            stack.enter_context(ProcessPoolExecutor(1, get_context("spawn"), _begin, (config, options, os.getpid())))
            for config in configs
        ]
        while any([pool.submit(_take).result() < seconds for pool in pools]):
            pass
        return [pool.submit(_leave).result() for pool in pools]


def configurations(identifier: str, workers: int) -> list[TrainConfig]:
    """Returns the configurations of both algorithms, their own but for the processes, of which both have as many.

    Those beside the first are workers of the environment for MaskablePPO; for `ppo-fast` they are learners, as far as
    these share the environments evenly, and workers of the learners' environments.

    Args:
        identifier: the environment.
        workers: processes beside the first.
    """
    shared: dict[str, Any] = {"env": identifier, "imitation_minutes": 0.0, "device": "cpu"}
    config = TrainConfig(**shared, env_workers=workers)
    fast = TrainConfig(**shared, algo="ppo_fast")
    learners = math.gcd(fast.num_envs, workers + 1)
    return [config, replace(fast, learners=learners, env_workers=(workers + 1) // learners - 1)]


class _Turns:
    """A learner and the time of its rollouts and updates.

    Args:
        config: what it trains.
        options: arguments of the environment.

    Attributes:
        elapsed: the seconds of the rollouts and updates that were timed.
    """

    def __init__(self, config: TrainConfig, options: dict[str, Any]) -> None:
        self._config = config
        self._learner: Learner = make_learner(config, options)
        self._learner.set_logger(Logger(None, []))
        self._learner.enter(Setting(options))
        self._learner.begin(0)
        for _ in range(_FIRST):
            self._learner.collect()
            self._learner.update(1.0)
        self._count = 0
        self.elapsed = self._processor = self._environment = 0.0

    def take(self) -> None:
        """Makes rollouts and learns from them, for some seconds."""
        self._learner.collect()
        self._learner.update(1.0)
        began, processor = time.perf_counter(), time.process_time()
        while time.perf_counter() < began + _TURN:
            self._environment += self._learner.collect()
            self._learner.update(1.0)
            self._count += 1
        self.elapsed += time.perf_counter() - began
        self._processor += time.process_time() - processor

    def leave(self) -> Split:
        """Closes the environments; returns where the time went."""
        config, lengths = self._config, [episode["l"] for episode in self._learner.episodes()]
        self._learner.leave()
        steps = self._count * config.num_envs * config.rollout_steps
        return Split(
            config.env,
            config.algo,
            config.num_envs,
            config.learners * (config.env_worker_count + 1) - 1,
            steps / self.elapsed,
            steps / self._processor,
            self._environment / self.elapsed,
            sum(lengths) / max(len(lengths), 1),
            (self.elapsed - self._environment) / steps,
        )


# What a process has that does turns.
_own: list[_Turns] = []


def _begin(config: TrainConfig, options: dict[str, Any], parent: int) -> None:
    end_with(parent)
    # As `find-gym train` does.
    gc.freeze()
    _own.append(_Turns(config, options))


def _take() -> float:
    """Takes a turn; returns the seconds of all turns."""
    _own[0].take()
    return _own[0].elapsed


def _leave() -> Split:
    return _own[0].leave()
