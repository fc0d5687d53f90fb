"""How the time of training divides between the environment and the learner, with MaskablePPO and with the fast PPO."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

from stable_baselines3.common.logger import Logger

from find_gym_agents.benchmarks.stepping import NUMERIC, WITHOUT_NETWORKS
from find_gym_agents.training.config import TrainConfig
from find_gym_agents.training.learner import Learner, Setting
from find_gym_agents.training.loop import make_learner

COUNT = 64
# With the tokens of a description, episodes of about 16 steps.
QUERIES = 12


@dataclass(frozen=True)
class Split:
    """Where the time of a learner goes.

    Attributes:
        environment: the id.
        algorithm: the learner's name.
        workers: processes beside the first: of the environment, or further learners.
        steps_per_second: steps of training in a second, all in all.
        steps_per_processor_second: those in a second of processor time of the first process.
        environment_share: the share of the time in the environment: steps, scores, resets, masks.
        steps_per_episode: the mean length of the last episodes.
        learner_seconds: the seconds of the rest, for one step.
    """

    environment: str
    algorithm: str
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

    The learners take turns, a rollout and its update each; the first turn, which fills caches, is left out.

    Args:
        identifier: the environment.
        seconds: for how long at least, each learner.
        workers: processes beside this one; see `configurations`.
    """
    options: dict[str, Any] = {"max_queries": QUERIES}
    if identifier == NUMERIC:
        options["difficulty"] = WITHOUT_NETWORKS
    configs = configurations(identifier, workers)
    turns = {config.algo: _Turns(make_learner(config, options), options) for config in configs}
    while any(one.elapsed < seconds for one in turns.values()):
        for one in turns.values():
            one.take()
    rollout = COUNT * configs[0].rollout_steps
    splits = []
    for name, one in turns.items():
        one.learner.leave()
        steps = one.count * rollout
        splits.append(
            Split(
                identifier,
                name,
                workers,
                steps / one.elapsed,
                steps / one.processor,
                one.environment / one.elapsed,
                one.steps_per_episode(),
                (one.elapsed - one.environment) / steps,
            )
        )
    return splits


def configurations(identifier: str, workers: int) -> list[TrainConfig]:
    """Returns the configurations of both algorithms, with as many processes.

    Those beside the first are workers of the environment for MaskablePPO; for `ppo-fast` they are learners, as far as
    these share the environments evenly, and workers of the learners' environments.

    Args:
        identifier: the environment.
        workers: processes beside the first.
    """
    learners = math.gcd(COUNT, workers + 1)
    config = TrainConfig(env=identifier, num_envs=COUNT, imitation_minutes=0.0, env_workers=workers, device="cpu")
    others = (workers + 1) // learners - 1
    return [config, replace(config, algo="ppo_fast", learners=learners, env_workers=others)]


class _Turns:
    """A learner and the time of its rollouts and updates.

    Attributes:
        learner: the learner.
        count: the rollouts that were timed.
        elapsed: their seconds and those of their updates.
        processor: the same in processor time of this process.
        environment: the seconds of the environment.
    """

    def __init__(self, learner: Learner, options: dict[str, Any]) -> None:
        self.learner = learner
        learner.set_logger(Logger(None, []))
        learner.enter(Setting(options))
        learner.begin(0)
        learner.collect()
        learner.update(1.0)
        self.count = 0
        self.elapsed = self.processor = self.environment = 0.0

    def take(self) -> None:
        """Makes a rollout and learns from it."""
        began, processor = time.perf_counter(), time.process_time()
        self.environment += self.learner.collect()
        self.learner.update(1.0)
        self.elapsed += time.perf_counter() - began
        self.processor += time.process_time() - processor
        self.count += 1

    def steps_per_episode(self) -> float:
        """Returns the mean length of the last episodes."""
        lengths = [episode["l"] for episode in self.learner.episodes()]
        return sum(lengths) / max(len(lengths), 1)
