"""What algorithms of Stable-Baselines3 and sb3-contrib learn in so many steps, off the shelf.

Each (algorithm, seed) is a file of its own, written when it is finished: a benchmark that was cut short goes on.
"""

from __future__ import annotations

import copy
import gc
import importlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch as th
from numpy.typing import NDArray
from stable_baselines3.common.env_util import make_vec_env as make_single_envs
from stable_baselines3.common.vec_env import VecEnv

from find_gym.adapters.stable_baselines3 import make_vec_env
from find_gym.core.registry import category_of
from find_gym.functions import function_seed
from find_gym_agents.checks import check_choice, check_integers
from find_gym_agents.interpreters.policies.saved_models import SavedModelAgent
from find_gym_agents.interpreters.policies.terms import PolicyOptions
from find_gym_agents.runs.records import write_json

_FORMAT = 2


@dataclass(frozen=True)
class Algorithm:
    """An algorithm and how it is set up; what is not named is the library's default.

    Attributes:
        name: its name on the command line and in the table.
        path: its class as "package.Class".
        policy: the class of its policy.
        interface: the interface of the environment.
        num_envs: environments that are stepped side by side.
        arguments: further arguments of the class.
    """

    name: str
    path: str
    policy: str = "MultiInputPolicy"
    interface: str = "tokens"
    num_envs: int = 16
    arguments: dict[str, Any] = field(default_factory=dict)

    def make(self, env: VecEnv, seed: int) -> Any:
        """Makes the algorithm on an environment."""
        package, _, name = self.path.rpartition(".")
        made = getattr(importlib.import_module(package), name)
        # The libraries add to the arguments of policies.
        return made(self.policy, env, seed=seed, device="cpu", **copy.deepcopy(self.arguments))


# The reward comes once, at the end of an episode of known length: nothing is discounted. Rollouts of 1,024 steps.
_ON_POLICY: dict[str, Any] = {"n_steps": 64, "gamma": 1.0, "learning_rate": 1e-3}
_REPLAY: dict[str, Any] = {"buffer_size": 20_000, "learning_starts": 1_000, "gamma": 1.0}
ALGORITHMS: dict[str, Algorithm] = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("MaskablePPO", "sb3_contrib.MaskablePPO", arguments={**_ON_POLICY, "batch_size": 256}),
        Algorithm("PPO", "stable_baselines3.PPO", arguments={**_ON_POLICY, "batch_size": 256}),
        Algorithm(
            "RecurrentPPO",
            "sb3_contrib.RecurrentPPO",
            "MultiInputLstmPolicy",
            # As it is, with 256 units of an LSTM and 10 epochs, it takes a minute for each thousand steps.
            arguments={**_ON_POLICY, "batch_size": 256, "n_epochs": 4, "policy_kwargs": {"lstm_hidden_size": 64}},
        ),
        Algorithm("A2C", "stable_baselines3.A2C", arguments={"gamma": 1.0}),
        Algorithm("DQN", "stable_baselines3.DQN", arguments=_REPLAY),
        Algorithm("PPO, continuous", "stable_baselines3.PPO", "MlpPolicy", "continuous", arguments=_ON_POLICY),
        # With one environment, each of whose steps is followed by a gradient step, TQC takes half a minute for each
        # thousand steps.
        Algorithm("SAC", "stable_baselines3.SAC", "MlpPolicy", "continuous", 8, _REPLAY),
        Algorithm("TQC", "sb3_contrib.TQC", "MlpPolicy", "continuous", 8, _REPLAY),
    )
}


@dataclass(frozen=True)
class AlgorithmsConfig:
    """What to run; every field is an option of the command line."""

    algorithms: tuple[str, ...] = field(default=(), metadata={"flag": "--algorithm", "metavar": "NAME"})
    """The algorithm; may be repeated. By default all of the table."""
    env: str = "FIND-numeric-v1"
    """The environment's id; the interface `continuous` is numeric."""
    difficulty: str = "easy"
    """The name of a difficulty."""
    max_queries: int = 8
    """The budget of queries."""
    steps: int = 20_000
    """Steps of training of each algorithm and seed."""
    seeds: int = 3
    """The number of seeds, from 0 on."""
    points: int = 4
    """Evaluations along the training, the last one at its end."""
    functions: int = 100
    """Functions of the test split that each evaluation plays, the same ones for all."""
    out: str = field(default="runs/algorithms", metadata={"metavar": "DIR"})
    """The folder of the results; finished algorithms and seeds there are not run again."""
    page: str | None = field(default=None, metadata={"metavar": "FILE"})
    """A Markdown page of the results, such as docs/algorithms.md, with a picture beside it; by default none."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "algorithms", tuple(self.algorithms or ALGORITHMS))
        for name in self.algorithms:
            check_choice("algorithms", name, ALGORITHMS)
        check_integers(self, max_queries=1, steps=1, seeds=1, points=1, functions=1)

    def setting(self) -> dict[str, Any]:
        """Returns what the results depend on, beside the algorithm and the seed."""
        names = ("env", "difficulty", "max_queries", "steps", "points", "functions")
        return {"format": _FORMAT} | {name: getattr(self, name) for name in names}


Result = dict[str, Any]


def run_algorithms(config: AlgorithmsConfig, progress: Callable[[str], None] = lambda text: None) -> list[Result]:
    """Trains and evaluates what is not in the folder yet.

    Args:
        config: what to run.
        progress: told what comes next.

    Returns:
        The results of this setting that are in the folder now, also those of other commands. For each algorithm and
        seed: "algorithm", "arguments", "seed", "setting", "curve" (for each evaluation a row with "steps", with
        "skill", "submitted" and "queries" where actions are drawn as in training, and with "greedy", the skill
        of the most probable actions), "seconds" of the training.
    """
    folder = Path(config.out)
    folder.mkdir(parents=True, exist_ok=True)
    for algorithm in (ALGORITHMS[name] for name in config.algorithms):
        for seed in range(config.seeds):
            path = folder / f"{algorithm.name.replace(', ', '-')}-seed{seed}.json"
            expected = {"algorithm": algorithm.name, "arguments": algorithm.arguments, "seed": seed}
            expected["setting"] = config.setting()
            found = json.loads(path.read_text()) if path.exists() else {}
            if any(found.get(name) != value for name, value in expected.items()):
                progress(f"{algorithm.name}, seed {seed}")
                write_json(path, expected | _run(config, algorithm, seed))
    results = [json.loads(path.read_text()) for path in folder.glob("*-seed*.json")]
    names = list(ALGORITHMS)
    mine = [one for one in results if one["setting"] == config.setting() and one["algorithm"] in names]
    return sorted(mine, key=lambda one: (names.index(one["algorithm"]), one["seed"]))


def _run(config: AlgorithmsConfig, algorithm: Algorithm, seed: int) -> dict[str, Any]:
    """Trains one algorithm with one seed, and evaluates it along the way."""
    th.set_num_threads(1)
    options = {"difficulty": config.difficulty, "max_queries": config.max_queries}
    env: VecEnv
    if algorithm.interface == "tokens":
        env = make_vec_env(config.env, algorithm.num_envs, seed=seed, **options)
    else:
        options["interface"] = algorithm.interface
        env = make_single_envs(config.env, algorithm.num_envs, seed=seed, env_kwargs=options)
    model = algorithm.make(env, seed)
    curve = [{"steps": 0, **_evaluate(config, algorithm, model)}]
    seconds = 0.0
    for point in range(1, config.points + 1):
        started = time.perf_counter()
        model.learn(config.steps * point // config.points - model.num_timesteps, reset_num_timesteps=False)
        seconds += time.perf_counter() - started
        curve.append({"steps": model.num_timesteps, **_evaluate(config, algorithm, model)})
    env.close()
    del model
    # What it has seen is large, and the next one needs the room.
    gc.collect()
    return {"curve": curve, "seconds": seconds}


def _evaluate(config: AlgorithmsConfig, algorithm: Algorithm, model: Any) -> dict[str, float]:
    """Plays functions of the test split twice: with actions drawn as in training, and with the most probable ones."""
    drawn, greedy = (_play(config, algorithm, model, deterministic) for deterministic in (False, True))
    return {**drawn, "greedy": greedy["skill"]}


def _play(config: AlgorithmsConfig, algorithm: Algorithm, model: Any, deterministic: bool) -> dict[str, float]:
    options = PolicyOptions("", config.env, algorithm.interface, config.max_queries, config.difficulty)
    agent = SavedModelAgent(model, options, deterministic=deterministic)
    env = gym.make(
        config.env,
        interface=algorithm.interface,
        split="test",
        difficulty=config.difficulty,
        max_queries=config.max_queries,
        disable_env_checker=True,
    )
    rows: list[NDArray[np.float64]] = []
    for index in range(config.functions):
        seed = function_seed("test", category_of(config.env), 0, index)
        observation, info = env.reset(seed=seed)
        agent.reset(seed)
        terminated, reward = False, 0.0
        while not terminated:
            observation, earned, terminated, _, info = env.step(agent.act(observation, info))
            reward += float(earned)
        rows.append(np.array([reward, bool(info["score"]), config.max_queries - info["budget"]], dtype=np.float64))
    env.close()
    skill, submitted, queries = np.mean(rows, axis=0).tolist()
    return {"skill": skill, "submitted": submitted, "queries": queries}
