"""Training from the first example to the evaluation: read it from the top.

The run is cut into segments: some gradient steps of imitation, or some rollouts of reinforcement learning. Each begins
with a checkpoint, random numbers seeded by its place, and fresh episodes. So a run that was killed goes on from its
last checkpoint as if nothing had happened.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import gymnasium as gym
import numpy as np
import torch as th
from stable_baselines3.common.callbacks import CallbackList
from stable_baselines3.common.logger import Logger, configure
from stable_baselines3.common.utils import set_random_seed

from find_gym.adapters.stable_baselines3 import make_vec_env
from find_gym.functions import function_seed
from find_gym.functions.categories import CATEGORY_FUNCTIONS, version_of
from find_gym.functions.files import write_text
from find_gym_agents.training.categories import CATEGORIES
from find_gym_agents.training.checkpoints import CHECKPOINT, POLICY, UNTRAINED, CheckpointError, load, save
from find_gym_agents.training.config import TrainConfig
from find_gym_agents.training.curriculum import PolicyMasks, Stage, environment_options, stages
from find_gym_agents.training.imitation import Demonstrations, clone
from find_gym_agents.training.networks import fit_values, make_algorithm, set_rollout
from find_gym_agents.training.play import play
from find_gym_agents.training.plots import draw_learning_curve

# Rollouts after imitation from which only the values learn.
_VALUE_ROLLOUTS = 4
# How many times shorter rollouts are where episodes only write.
_SHORTER = 8
# Gradient steps of imitation in a segment, for each rollout of a segment of reinforcement learning.
_STEPS_FOR_ROLLOUT = 16


@dataclass
class Progress:
    """How far a run is; what a checkpoint holds beside the weights.

    Attributes:
        phase: -1 for imitation, otherwise the place of the stage of the curriculum; beyond the last one at the end.
        segment: the segments begun so far.
        examples: pieces of evidence that the teacher has shown so far.
        timesteps: steps of reinforcement learning so far.
        phase_timesteps: those of this stage.
        rollouts: rollouts of this stage.
        seconds: time spent on training so far.
        curve: a row for each validation.
    """

    phase: int = -1
    segment: int = 0
    examples: int = 0
    timesteps: int = 0
    phase_timesteps: int = 0
    rollouts: int = 0
    seconds: float = 0.0
    curve: list[dict[str, Any]] = field(default_factory=list)


class Training:
    """A training run.

    Args:
        config: what to train.
        show: is called with the share of the run that is over and the last validation skill.
    """

    def __init__(self, config: TrainConfig, show: Any) -> None:
        self.config, self._show = config, show
        self.category = CATEGORIES[config.category]
        self.folder = config.folder
        self.options = environment_options(config, self.category)
        self.places = int(self.options["max_queries"])
        self.stages = stages(config)
        self.progress = Progress(phase=-1 if config.imitates else 0)
        self.times: dict[str, float] = {}
        self.logger: Logger = configure(str(self.folder / "tensorboard"), ["tensorboard"])
        env = PolicyMasks(make_vec_env(config.env, config.num_envs, **self.options), free_stopping=True)
        self.algorithm = make_algorithm(config, env, self.places)
        self.algorithm.set_logger(self.logger)
        self._optimizer_of_clone: dict[str, Any] | None = None
        self._resume()
        self._validation = self._sample_validation()
        self._began = time.perf_counter() - self.progress.seconds

    # --- The run ------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Trains until the time, or the steps, are over."""
        if not self.progress.curve:
            self._validate("untrained", {})
        while self.progress.phase < len(self.stages):
            if self.progress.phase < 0:
                self._imitate()
            else:
                self._reinforce(self.stages[self.progress.phase])
            self.progress.phase += 1
            self.progress.phase_timesteps = self.progress.rollouts = 0
        self._checkpoint()
        save(self.folder / POLICY, self._portrait())
        write_text(self.folder / "time.json", _json({"seconds": self.progress.seconds, **self.times}))
        draw_learning_curve([self.progress.curve], self.folder / "learning_curve.png", self.category.name)

    def _imitate(self) -> None:
        """Behaviour cloning of the teacher, one segment after the other."""
        config, progress = self.config, self.progress
        policy = self.algorithm.policy
        optimizer = th.optim.Adam(policy.parameters(), lr=config.imitation_learning_rate)
        if self._optimizer_of_clone is not None:
            optimizer.load_state_dict(self._optimizer_of_clone)
        env = gym.make(config.env, disable_env_checker=True, **self.options)
        stage = Stage("imitation", 1.0)
        difficulty = environment_options(config, self.category, stage)["difficulty"]
        stock = config.imitation_stock or self.category.stock
        while (done := self._done_imitating()) < 1:
            self._optimizer_of_clone = optimizer.state_dict()
            seed = self._begin_segment()
            with self._timed("sampling"):
                demonstrations = Demonstrations(env, self.category, difficulty, stock, np.random.default_rng(seed))
            figures: dict[str, float] = {}
            policy.set_training_mode(True)
            for _ in range(_STEPS_FOR_ROLLOUT * config.checkpoint_every):
                if (done := self._done_imitating()) >= 1:
                    break
                for group in optimizer.param_groups:
                    group["lr"] = config.imitation_learning_rate * max(1 / 30, 1 - done)
                with self._timed("demonstrations"):
                    examples = demonstrations.draw(config.imitation_batch)
                with self._timed("learning"):
                    figures = clone(policy, optimizer, examples)
                progress.examples += config.imitation_batch
                self._tick()
            self._validate("imitation", figures)

    def _reinforce(self, stage: Stage) -> None:
        """One stage of reinforcement learning by the environment's reward."""
        config, progress, algorithm = self.config, self.progress, self.algorithm
        options = environment_options(config, self.category, stage)
        vector = make_vec_env(config.env, config.num_envs, workers=config.env_worker_count, **options)
        env = PolicyMasks(vector, stage.free_stopping)
        callback = CallbackList([])
        callback.init_callback(algorithm)
        algorithm.set_env(env)
        rollouts = config.checkpoint_every
        if stage.given:
            # Episodes are some tokens long: shorter rollouts, and more of them.
            rollouts *= _SHORTER
        set_rollout(algorithm, config, _SHORTER if stage.given else 1)
        while self._done_in(stage) < 1:
            seed = self._begin_segment()
            env.seed(seed)
            algorithm._last_obs = env.reset()  # type: ignore[assignment]
            algorithm._last_episode_starts = np.ones(config.num_envs, dtype=np.bool_)
            algorithm._setup_learn(0, reset_num_timesteps=False)
            algorithm.ep_info_buffer.clear()  # type: ignore[union-attr]
            for _ in range(rollouts):
                if (done := self._done_in(stage)) >= 1:
                    break
                with self._timed("rollouts"):
                    algorithm.collect_rollouts(env, callback, algorithm.rollout_buffer, algorithm.n_steps)
                self._add_time("environment, part of rollouts", env.take_seconds())
                algorithm._current_progress_remaining = 1 - done
                with self._timed("learning"):
                    if config.imitates and progress.phase == 0 and progress.rollouts < _VALUE_ROLLOUTS:
                        fit_values(algorithm)
                    else:
                        algorithm.train()
                steps = config.num_envs * algorithm.n_steps
                progress.timesteps += steps
                progress.phase_timesteps += steps
                progress.rollouts += 1
                self._tick()
            rewards = [episode["r"] for episode in algorithm.ep_info_buffer or ()]
            self._validate(stage.name, {"reward": float(np.mean(rewards)) if rewards else 0.0})
        env.close()

    # --- How far it is ------------------------------------------------------------------------------------------------

    def _done_imitating(self) -> float:
        """Returns the share of the imitation that is over."""
        if self.config.imitation_examples is not None:
            return self.progress.examples / self.config.imitation_examples
        return self.progress.seconds / self.config.imitation_seconds

    def _done_in(self, stage: Stage) -> float:
        """Returns the share of a stage that is over."""
        before = sum(other.share for other in self.stages[: self.progress.phase])
        if self.config.total_timesteps is not None:
            return self.progress.phase_timesteps / max(stage.share * self.config.total_timesteps, 1)
        start = self.config.imitation_seconds
        whole = max(60 * self.config.minutes - start, 1e-9)
        return ((self.progress.seconds - start) / whole - before) / stage.share

    def _tick(self) -> None:
        self.progress.seconds = time.perf_counter() - self._began
        config, progress = self.config, self.progress
        if config.total_timesteps is None:
            share = progress.seconds / (60 * config.minutes)
        else:
            share = progress.timesteps / max(config.total_timesteps, 1)
        self._show(min(share, 1.0), progress.curve[-1]["skill"] if progress.curve else None)

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self._add_time(name, time.perf_counter() - started)

    def _add_time(self, name: str, seconds: float) -> None:
        self.times[name] = self.times.get(name, 0.0) + seconds

    # --- Checkpoints --------------------------------------------------------------------------------------------------

    def _begin_segment(self) -> int:
        """Writes a checkpoint, and seeds what follows by the place of the segment alone; returns that seed."""
        self._checkpoint()
        self.progress.segment += 1
        seed = int(np.random.default_rng([self.config.seed, self.progress.segment]).integers(2**31))
        set_random_seed(seed)
        return seed

    def _portrait(self) -> dict[str, Any]:
        """Returns what makes a policy again: for the agent `policy`."""
        return {
            "config": self.config.to_json(),
            "category": self.category.name,
            "max_queries": self.places,
            "free_stopping": self.stages[-1].free_stopping,
            "policy": self.algorithm.policy.state_dict(),
        }

    def _checkpoint(self) -> None:
        state = {
            **self._portrait(),
            "identity": self.config.identity(),
            "progress": vars(self.progress),
            "optimizer": self.algorithm.policy.optimizer.state_dict(),
            "clone_optimizer": self._optimizer_of_clone,
            "times": self.times,
            "num_timesteps": self.algorithm.num_timesteps,
        }
        save(self.folder / CHECKPOINT, state)

    def _resume(self) -> None:
        """Goes on from the last checkpoint in the folder, where there is one."""
        path = self.folder / CHECKPOINT
        if not path.exists():
            # It spends its budget, too: stopping at once would make it worse than it is.
            save(self.folder / UNTRAINED, self._portrait() | {"free_stopping": False})
            return
        state = load(path)
        before, now = state["identity"], self.config.identity()
        differing = [name for name in now if before.get(name) != now[name]]
        if differing:
            changes = "; ".join(f"{name} was {before.get(name)!r}, now {now[name]!r}" for name in differing)
            raise CheckpointError(
                f"expected the configuration of the run in {str(self.folder)!r}, actual: {changes}; choose another "
                "--out"
            )
        self.progress = Progress(**state["progress"])
        self.times = state["times"]
        self.algorithm.policy.load_state_dict(state["policy"])
        self.algorithm.policy.optimizer.load_state_dict(state["optimizer"])
        self._optimizer_of_clone = state["clone_optimizer"]
        self.algorithm.num_timesteps = state["num_timesteps"]

    # --- Validation ---------------------------------------------------------------------------------------------------

    def _sample_validation(self) -> list[Any]:
        """Samples the functions that the policy is validated on: the benchmark's own distribution, without changes."""
        functions = CATEGORY_FUNCTIONS[self.category.name]
        return [
            functions.sample(
                np.random.default_rng(function_seed("validation", self.category.name, self.config.seed, index)),
                split="validation",
                difficulty=self.config.difficulty,
                version=version_of(self.config.env),
            )
            for index in range(self.config.validation_functions)
        ]

    def _validate(self, name: str, figures: dict[str, float]) -> None:
        progress = self.progress
        free = progress.phase >= 0 and self.stages[progress.phase].free_stopping
        with self._timed("validation"):
            played = play(
                self.algorithm.policy,
                self.config.env,
                self._validation,
                options=self.options,
                free_stopping=free,
            )
        self._tick()
        row = {
            "phase": name,
            "examples": progress.examples,
            "timesteps": progress.timesteps,
            "seconds": round(progress.seconds, 1),
            "skill": float(np.mean([episode.skill for episode in played])),
            "accuracy": float(np.mean([episode.accuracy for episode in played])),
            "queries": float(np.mean([len(episode.asked) for episode in played])),
            **figures,
        }
        progress.curve.append(row)
        for key in ("skill", "accuracy", "queries"):
            self.logger.record(f"validation/{key}", row[key])
        for key, value in figures.items():
            self.logger.record(f"{name}/{key}", value)
        self.logger.dump(progress.examples + progress.timesteps)
        write_text(self.folder / "curve.json", _json(progress.curve))


def _json(data: Any) -> str:
    return json.dumps(data, indent=1) + "\n"
