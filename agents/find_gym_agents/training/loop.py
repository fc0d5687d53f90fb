"""Training from the first example to the evaluation: read it from the top.

The run is cut into segments: some gradient steps of imitation, or some rollouts of reinforcement learning. Each begins
with a checkpoint, random numbers seeded by its place, and fresh episodes. So a run that was killed goes on from its
last checkpoint as if nothing had happened. Phases end by the clock or by their work, and none before it has done a
segment of work: on a busy machine the training takes longer, but it leaves nothing out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import gymnasium as gym
import numpy as np
import torch as th

from find_gym.core.files import write_text
from find_gym_agents.training.checkpoints import (
    CHECKPOINT,
    LAST,
    POLICY,
    UNTRAINED,
    CheckpointError,
    check_identity,
    load,
    save,
)
from find_gym_agents.training.config import TrainConfig
from find_gym_agents.training.curriculum import Stage, environment_options, stages
from find_gym_agents.training.fast_ppo import FastPPO
from find_gym_agents.training.imitation import Demonstrations, clone
from find_gym_agents.training.learner import Learner, Setting
from find_gym_agents.training.logs import make_logger, record_rollout, record_validation
from find_gym_agents.training.policy_episodes import play, validation_specs
from find_gym_agents.training.progress import Progress, Show, Status, share_done
from find_gym_agents.training.stable_baselines import StableBaselines

# Rollouts after imitation from which only the values learn.
_VALUE_ROLLOUTS = 4
# How many times shorter rollouts are where episodes only write.
_SHORTER = 8
# Gradient steps of imitation in a segment, for each rollout of a segment of reinforcement learning.
_STEPS_FOR_ROLLOUT = 16

# How much longer than planned a phase has to take to be worth a note.
_LATE = 1.25


class NothingLearnedError(RuntimeError):
    """A training that never changed its policy."""


class Training:
    """A training run.

    Args:
        config: what to train.
        show: shows how far it is.

    Raises:
        CheckpointError: the folder holds a run of another configuration, or a file does not fit.
        ImportError: something is not installed.
    """

    def __init__(self, config: TrainConfig, show: Show) -> None:
        self.config, self._show = config, show
        self.folder = config.folder
        self.options = environment_options(config)
        self.places = int(self.options["max_queries"])
        self.stages = stages(config)
        self.progress = Progress(phase=-1 if config.imitates else 0)
        self.times: dict[str, float] = {}
        self.learner = make_learner(config, self.options)
        self._optimizer_of_clone: dict[str, Any] | None = None
        self._resume()
        self.logger = make_logger(config.logger, self.folder, self.progress.segment)
        self.learner.set_logger(self.logger)
        self._validation = validation_specs(config)
        self._began = time.perf_counter() - self.progress.seconds

    # --- The run ------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Trains until the time, or the steps, are over.

        Raises:
            NothingLearnedError: the policy was never changed.
        """
        with closing(self.logger):
            self._train()

    def _train(self) -> None:
        if not self.progress.curve:
            self._validate("untrained", {})
        while self.progress.phase < len(self.stages):
            if self.progress.phase < 0:
                self._imitate()
            elif self._done_in(self.stages[self.progress.phase]) < 1:
                self._reinforce(self.stages[self.progress.phase])
            self.progress.phase += 1
            if self.progress.phase < len(self.stages):
                self.progress.phase_timesteps = self.progress.rollouts = 0
        self._checkpoint()
        if not self.progress.updates:
            raise NothingLearnedError(
                f"expected at least one update of the policy, actual: none in {self.progress.timesteps} steps; give it "
                "more --minutes or --total-timesteps"
            )
        save(self.folder / LAST, self._portrait())
        write_text(self.folder / "time.json", _json({"seconds": self.progress.seconds, **self.times}))

    def _imitate(self) -> None:
        """Behaviour cloning of the teacher, one segment after the other."""
        config, progress = self.config, self.progress
        policy = self.learner.policy
        optimizer = th.optim.Adam(policy.parameters(), lr=config.imitation_learning_rate)
        if self._optimizer_of_clone is not None:
            optimizer.load_state_dict(self._optimizer_of_clone)
        env = gym.make(config.env, disable_env_checker=True, **self.options)
        stage = Stage("imitation", 1.0)
        difficulty = environment_options(config, stage)["difficulty"]
        imitation = config.category_settings.imitation
        assert imitation is not None  # the configuration has checked it
        count = config.imitation_stock or imitation.functions
        while (done := self._done_imitating()) < 1:
            self._optimizer_of_clone = optimizer.state_dict()
            seed = self._begin_segment()
            with self._timed("sampling"):
                demonstrations = Demonstrations(env, imitation, difficulty, count, np.random.default_rng(seed))
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
                for name, value in figures.items():
                    self.logger.record_mean(f"imitation/{name}", value)
                progress.examples += config.imitation_batch
                progress.updates += 1
                self._tick()
            self._validate("imitation", figures)
        if config.imitation_examples is None:
            self._note_overrun("imitation", config.imitation_seconds)

    def _reinforce(self, stage: Stage) -> None:
        """One stage of reinforcement learning by the environment's reward."""
        config, progress, learner = self.config, self.progress, self.learner
        # Where evidence is given, episodes are some tokens long: shorter rollouts, and more of them.
        shorter = _SHORTER if stage.given else 1
        setting = Setting(environment_options(config, stage), stage.free_stopping, shorter)
        learner.enter(setting)
        while self._done_in(stage) < 1:
            learner.begin(self._begin_segment())
            for _ in range(config.checkpoint_every * shorter):
                if (done := self._done_in(stage)) >= 1:
                    break
                with self._timed("rollouts"):
                    seconds = learner.collect()
                self._add_time("environment, part of rollouts", seconds)
                with self._timed("learning"):
                    if progress.rollouts < (
                        min(self._value_rollouts, 1) if self._is_late(stage) else self._value_rollouts
                    ):
                        learner.fit_values()
                    else:
                        learner.update(1 - done)
                        progress.updates += 1
                steps = config.num_envs * setting.rollout_steps(config)
                progress.timesteps += steps
                progress.phase_timesteps += steps
                progress.rollouts += 1
                record_rollout(self.logger, learner.episodes(), progress.phase, progress.timesteps)
                self._tick()
            rewards = [episode["r"] for episode in learner.episodes()]
            self._validate(stage.name, {"reward": float(np.mean(rewards)) if rewards else 0.0})
        learner.leave()
        if config.total_timesteps is None:
            share = sum(other.share for other in self.stages[: progress.phase + 1])
            self._note_overrun(stage.name, config.imitation_seconds + share * self._reinforcement_seconds)

    # --- How far it is ------------------------------------------------------------------------------------------------

    @property
    def _value_rollouts(self) -> int:
        """The rollouts of this stage from which only the values learn."""
        return _VALUE_ROLLOUTS if self.config.imitates and self.progress.phase == 0 else 0

    @property
    def _reinforcement_seconds(self) -> float:
        return max(60 * self.config.minutes - self.config.imitation_seconds, 1e-9)

    def _done_imitating(self) -> float:
        """Returns the share of the imitation that is over."""
        if self.config.imitation_examples is not None:
            return self.progress.examples / self.config.imitation_examples
        updates = self.progress.examples / self.config.imitation_batch
        planned = self.progress.seconds / self.config.imitation_seconds
        return share_done(planned, updates, _STEPS_FOR_ROLLOUT)

    def _done_in(self, stage: Stage) -> float:
        """Returns the share of a stage that is over."""
        if self.config.total_timesteps is not None:
            return self.progress.phase_timesteps / max(stage.share * self.config.total_timesteps, 1)
        # An update of the values, where they have not been learned by imitation, and one of the policy.
        return share_done(self._planned_in(stage), self.progress.rollouts, min(self._value_rollouts, 1) + 1)

    def _planned_in(self, stage: Stage) -> float:
        """Returns the share of a stage's time that is over, also beyond 1."""
        before = sum(other.share for other in self.stages[: self.progress.phase])
        seconds = self.progress.seconds - self.config.imitation_seconds
        return (seconds / self._reinforcement_seconds - before) / stage.share

    def _is_late(self, stage: Stage) -> bool:
        """Whether the time of a stage is over, so that it does its least work alone."""
        return self.config.total_timesteps is None and self._planned_in(stage) >= 1

    def _tick(self) -> None:
        """Shows how far the run is."""
        self.progress.seconds = time.perf_counter() - self._began
        config, progress = self.config, self.progress
        left: float | None
        if config.total_timesteps is None:
            share = progress.seconds / (60 * config.minutes)
            # A phase that does its least work beyond its time can't tell how long that takes.
            left = 60 * config.minutes - progress.seconds if share < 1 else None
        else:
            first = config.imitation_share if config.imitates else 0.0
            imitated = min(self._done_imitating(), 1.0) if progress.phase < 0 else 1.0
            share = first * imitated + (1 - first) * progress.timesteps / max(config.total_timesteps, 1)
            left = progress.seconds * (1 / share - 1) if share > 0.01 else None
        phase = "imitation" if progress.phase < 0 else self.stages[progress.phase].name
        skill = progress.curve[-1]["skill"] if progress.curve else None
        self._show(Status(phase, min(share, 1.0), skill, None if left is None else max(left, 0.0)))

    def _note_overrun(self, phase: str, planned: float) -> None:
        """Notes that a phase, which should have been over after so many seconds, took longer for its least work."""
        if self.progress.seconds > planned * _LATE:
            self.progress.notes.append(
                f"{phase} was over after {self.progress.seconds / 60:.1f} minutes where {planned / 60:.1f} were "
                "planned: its least work took longer; with more --minutes each phase has its share"
            )

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self._add_time(name, time.perf_counter() - started)

    def _add_time(self, name: str, seconds: float) -> None:
        self.times[name] = self.times.get(name, 0.0) + seconds

    # --- Checkpoints --------------------------------------------------------------------------------------------------

    def _begin_segment(self) -> int:
        """Writes a checkpoint; returns the seed of what follows, which depends on the place of the segment alone."""
        self._checkpoint()
        self.progress.segment += 1
        seed = int(np.random.default_rng([self.config.seed, self.progress.segment]).integers(2**31))
        return seed

    def _portrait(self) -> dict[str, Any]:
        """Returns what makes the policy of this moment again: for the agent `policy`."""
        stage = self.stages[min(max(self.progress.phase, 0), len(self.stages) - 1)]
        return {
            "config": self.config.to_json(),
            "category": self.config.category,
            "max_queries": self.places,
            "free_stopping": stage.free_stopping,
            "validation": self.progress.curve[-1] if self.progress.curve else None,
            "policy": self.learner.policy.state_dict(),
        }

    def _checkpoint(self) -> None:
        state = {
            **self._portrait(),
            "identity": self.config.identity(),
            "progress": vars(self.progress),
            "optimizer": self.learner.policy.optimizer.state_dict(),
            "clone_optimizer": self._optimizer_of_clone,
            "times": self.times,
        }
        save(self.folder / CHECKPOINT, state)

    def _resume(self) -> None:
        """Goes on from the last checkpoint in the folder, where there is one."""
        path = self.folder / CHECKPOINT
        if not path.exists():
            if self.config.init_from is not None:
                self._warm_start(self.config.init_from)
            save(self.folder / UNTRAINED, self._portrait() | {"free_stopping": False})
            return
        state = load(path)
        # Files from before there could be several learners do not say how many there were.
        check_identity({"learners": 1} | state["identity"], self.config.identity(), self.folder)
        self.progress = Progress(**state["progress"])
        # The last stage of a finished run goes on where there is more time, or there are more steps, than it had.
        self.progress.phase = min(self.progress.phase, len(self.stages) - 1)
        self.times = state["times"]
        self.learner.policy.load_state_dict(state["policy"])
        self.learner.policy.optimizer.load_state_dict(state["optimizer"])
        self._optimizer_of_clone = state["clone_optimizer"]

    def _warm_start(self, file: str) -> None:
        """Begins with the policy of another run; its budget and difficulty may differ as long as the network fits."""
        data = load(file)
        own = {"env": self.config.env, "hidden": self.config.hidden, "layers": self.config.layers}
        for name, value in own.items():
            theirs = data["config"].get(name, getattr(TrainConfig, name))
            if theirs != value:
                raise CheckpointError(f"expected {name}={value!r} to begin with, actual: {file!r} has {theirs!r}")
        try:
            self.learner.policy.load_state_dict(data["policy"])
        except RuntimeError as error:
            raise CheckpointError(
                f"expected a policy of the same observations and actions to begin with, actual: {file!r} has others "
                f"(its difficulty: {data['config']['difficulty']!r})"
            ) from error

    # --- Validation ---------------------------------------------------------------------------------------------------

    def _validate(self, name: str, figures: dict[str, float]) -> None:
        progress = self.progress
        free = progress.phase >= 0 and self.stages[progress.phase].free_stopping
        with self._timed("validation"):
            played = play(
                self.learner.policy,
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
        if progress.updates and (progress.best is None or row["skill"] > progress.best["skill"]):
            progress.best = row
            save(self.folder / POLICY, self._portrait())
        record_validation(self.logger, row, ("skill", "accuracy", "queries"))
        write_text(self.folder / "curve.json", _json(progress.curve))


def make_learner(config: TrainConfig, options: dict[str, Any]) -> Learner:
    """Makes the learner of the algorithm that a configuration names.

    Args:
        config: what to train.
        options: arguments of the environment that the policy is made for.
    """
    return FastPPO(config, options) if config.algo == "ppo_fast" else StableBaselines(config, options)


def _json(data: Any) -> str:
    return json.dumps(data, indent=1) + "\n"
