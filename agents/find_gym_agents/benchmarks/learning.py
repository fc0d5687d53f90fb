"""How the time of training divides between the environment and the learner."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback

from find_gym.adapters.stable_baselines3 import FINDVecEnv, make_vec_env
from find_gym_agents.benchmarks.stepping import NUMERIC, WITHOUT_NETWORKS
from find_gym_agents.training.config import TrainConfig
from find_gym_agents.training.curriculum import PolicyMasks
from find_gym_agents.training.networks import make_algorithm

COUNT = 64
# With the tokens of a description, episodes of about 16 steps.
QUERIES = 12


@dataclass(frozen=True)
class Split:
    """Where the time of MaskablePPO goes.

    Attributes:
        environment: the id.
        workers: processes of the environment beside the learner's.
        steps_per_second: steps of training in a second, all in all.
        environment_share: the share of the time in the environment: steps, scores, resets, masks.
        steps_per_episode: the mean length of the episodes.
        learner_seconds: the seconds of the rest, for one step.
    """

    environment: str
    workers: int
    steps_per_second: float
    environment_share: float
    steps_per_episode: float
    learner_seconds: float

    def share_at(self, steps_per_second: float) -> float:
        """Returns the share of an environment that takes so many steps a second beside the same learner."""
        return 1 / (1 + self.learner_seconds * steps_per_second)

    def to_json(self) -> dict[str, Any]:
        """Returns the split as JSON-serialisable data."""
        return asdict(self)


def measure_split(identifier: str, seconds: float, workers: int = 0) -> Split:
    """Trains a policy from scratch, as `find-gym train` does, with 64 environments; it spends its budget, then writes.

    Args:
        identifier: the environment.
        seconds: for how long at least; whole rollouts.
        workers: processes of the environment beside this one.
    """
    options: dict[str, Any] = {"max_queries": QUERIES, "workers": workers}
    if identifier == NUMERIC:
        options["difficulty"] = WITHOUT_NETWORKS
    env = _Timed(make_vec_env(identifier, COUNT, seed=0, **options).env)
    config = TrainConfig(env=identifier, num_envs=COUNT, imitation_minutes=0.0)
    algorithm = make_algorithm(config, PolicyMasks(env, env.env.codec, free_stopping=False), options["max_queries"])
    window = _Window(env, seconds)
    algorithm.learn(10**9, callback=window)
    env.close()
    elapsed = window.elapsed
    return Split(
        identifier,
        workers,
        window.steps / elapsed,
        window.environment / elapsed,
        window.steps / max(window.episodes, 1),
        (elapsed - window.environment) / window.steps,
    )


class _Window(BaseCallback):
    """Measures whole rollouts with their updates, the first one left out: it fills caches.

    Attributes:
        steps, episodes: how many there were.
        elapsed: the seconds.
        environment: the seconds of the environment.
    """

    def __init__(self, env: _Timed, seconds: float) -> None:
        super().__init__()
        self._env, self._seconds = env, seconds
        self._rollouts = 0
        self.steps = self.episodes = 0
        self.elapsed = self.environment = 0.0

    def _on_rollout_start(self) -> None:
        self._rollouts += 1
        now = (time.perf_counter(), self._env.seconds, self.num_timesteps, self._env.episodes)
        if self._rollouts == 2:
            self._begin = now
        elif self._rollouts > 2:
            self.elapsed, self.environment = now[0] - self._begin[0], now[1] - self._begin[1]
            self.steps, self.episodes = now[2] - self._begin[2], now[3] - self._begin[3]

    def _on_step(self) -> bool:
        return self._rollouts < 3 or self.elapsed < self._seconds


class _Timed(FINDVecEnv):
    """Adds up the time of all that a learner asks of the environment."""

    def __init__(self, env: Any) -> None:
        self.seconds = 0.0
        self.episodes = 0
        super().__init__(env)

    def _time(self, call: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        result = call()
        self.seconds += time.perf_counter() - started
        return result

    def step_wait(self) -> Any:
        result = self._time(super().step_wait)
        self.episodes += int(result[2].sum())
        return result

    def reset(self) -> Any:
        return self._time(super().reset)

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        call = super().env_method
        return self._time(lambda: call(method_name, *method_args, indices=indices, **method_kwargs))  # type: ignore[no-any-return]
