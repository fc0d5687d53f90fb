"""The curriculum of reinforcement learning: stages, each begun with what was learned in the one before."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from find_gym.core.registry import category_named, version_of
from find_gym.interfaces.tokens import TokensInterface
from find_gym_agents.training.config import RunConfig, TrainConfig
from find_gym_agents.training.policy_episodes import own_masks


@dataclass(frozen=True)
class Stage:
    """A stage of the curriculum.

    Attributes:
        name: its name in the logs.
        share: its share of the time, or of the steps, of reinforcement learning.
        given: whether random probes are answered at the start and only the description is left to write.
        free_stopping: whether writing may begin before the budget is spent.
        changes: attributes of the difficulty that are replaced.
    """

    name: str
    share: float
    given: bool = False
    free_stopping: bool = False
    changes: dict[str, Any] = field(default_factory=dict)


def stages(config: TrainConfig) -> list[Stage]:
    """Returns the stages of a training run, whose shares sum to 1."""
    simple = config.category_settings.simple
    if config.begins_trained or not config.curriculum or simple is None:
        found = [Stage("chosen queries", 1.0)]
    else:
        found = [
            Stage("given evidence, simple", 0.2, given=True, changes=dict(simple)),
            Stage("given evidence", 0.4, given=True),
            Stage("chosen queries", 0.4),
        ]
    if config.free_stopping:
        found = [replace(stage, share=stage.share * (1 - config.free_stopping)) for stage in found]
        found.append(Stage("free stopping", config.free_stopping, free_stopping=True))
    return found


def environment_options(config: TrainConfig, stage: Stage | None = None) -> dict[str, Any]:
    """Returns the arguments of the environment that a policy is trained in.

    Args:
        config: the configuration.
        stage: the stage of the curriculum; None for the environment without any of it.
    """
    training = config.category_settings
    budget = config.max_queries or training.max_queries
    options: dict[str, Any] = {"difficulty": config.difficulty, "max_queries": budget}
    if stage is None:
        return options
    options["difficulty"] = training_difficulty(config, stage.changes)
    if config.quick_fits:
        options |= training.quick_fits
    if stage.free_stopping:
        options["query_cost"] = config.query_cost
    if stage.given:
        # No query is left, so that the observation of the budget is that of its end.
        options |= {"max_queries": 0, "given": (max(budget // 2, 1), budget)}
    return options


def training_difficulty(config: RunConfig, changes: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """Returns the difficulty of a configuration with what is replaced in training, and further changes."""
    level = category_named(config.category).read_difficulty(config.difficulty, version_of(config.env))
    replaced = {**config.category_settings.changes(level), **changes}
    return changed_difficulty(config.difficulty, replaced) if replaced else config.difficulty


def changed_difficulty(difficulty: Any, changes: dict[str, Any]) -> dict[str, Any]:
    """Returns a difficulty, a name or a mapping, with some attributes replaced."""
    base = {"base": difficulty} if isinstance(difficulty, str) else dict(difficulty)
    return base | changes


class PolicyMasks(VecEnvWrapper):
    """Narrows the masks of legal actions to what policies of this package may do; see `own_masks`.

    Args:
        venv: environments whose method `action_masks` can be called.
        codec: their interface.
        free_stopping: whether writing may begin before the budget is spent.
    """

    def __init__(self, venv: VecEnv, codec: TokensInterface, free_stopping: bool) -> None:
        super().__init__(venv)
        self._codec = codec
        self._seconds = 0.0
        self.free_stopping = free_stopping
        self._asked: Any = None

    def reset(self) -> VecEnvObs:
        """Resets all environments."""
        observation = self.venv.reset()
        self._asked = observation["asked"]  # type: ignore[index,call-overload]
        return observation

    def step_wait(self) -> VecEnvStepReturn:
        """Waits for the step."""
        started = time.perf_counter()
        observation, rewards, dones, infos = self.venv.step_wait()
        self._seconds += time.perf_counter() - started
        self._asked = observation["asked"]  # type: ignore[index,call-overload]
        return observation, rewards, dones, infos

    def take_seconds(self) -> float:
        """Returns the seconds spent in the environments since the last call."""
        seconds, self._seconds = self._seconds, 0.0
        return seconds

    def env_method(self, method_name: str, *arguments: Any, indices: Any = None, **named: Any) -> list[Any]:
        """Calls a method of the environments; the masks of all of them are narrowed."""
        started = time.perf_counter()
        results = self.venv.env_method(method_name, *arguments, indices=indices, **named)
        self._seconds += time.perf_counter() - started
        if method_name != "action_masks" or indices is not None:
            return results
        return list(own_masks(np.stack(results), self._asked, self._codec, self.free_stopping))
