"""The recipe `continuous`: SAC or TQC on the interface `continuous`, from constants and lines to all atoms."""

from __future__ import annotations

import io
import time
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

import find_gym  # noqa: F401  (registers the environments)
from find_gym.categories.numeric.difficulty import NAMED_FAMILIES, NumericDifficulty
from find_gym.functions import function_seed
from find_gym_agents.categories.numeric.evidence_actions import EvidenceActions
from find_gym_agents.checks import check_choice, check_integers
from find_gym_agents.runs.records import CONFIG, locked, write_bytes, write_json
from find_gym_agents.training.config import RecipeConfig
from find_gym_agents.training.run import TrainResult

ALGORITHMS = ("sac", "tqc")
_CURRICULUM = (("constant", "linear"), NAMED_FAMILIES)
# The share of the time that the first stage takes.
_SIMPLE_SHARE = 0.15
_ENVS = 8
_ROUND = 256


@dataclass(frozen=True)
class ContinuousConfig(RecipeConfig):
    """What to train with `--recipe continuous`, and how; every field is an option of the command line."""

    minutes: float = 30.0
    """Processor time for training and validation; one core is used."""
    max_queries: int = 24
    """The budget: even probes, asked at once."""
    algorithm: str = "sac"
    """The algorithm: sac or tqc."""
    shaping: float = 0.5
    """The share of the reward that is the fit to the evidence; the rest is the skill."""
    learning_rate: float = 1e-3
    """Adam's learning rate."""
    batch_size: int = 256
    """Submissions in a gradient step."""
    hidden: int = 256
    """Units of each of the two layers of a network."""
    test_functions: int = 200
    """Functions of the test split that it is evaluated on at the end."""
    out: str | None = field(default=None, metadata={"metavar": "DIR"})
    """The folder of the run; by default one in runs/train/ with a readable name."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("an algorithm", self.algorithm, ALGORITHMS)
        check_choice("an environment", self.env, [one for one in find_gym.ENVIRONMENT_IDS if "-numeric-" in one])
        check_integers(self, batch_size=2, hidden=1, test_functions=1)
        self._check_positive("learning_rate")
        if not 0 <= self.shaping <= 1:
            raise ValueError(f"expected 0 <= shaping <= 1, actual value: {self.shaping!r}")

    def _names(self) -> list[str]:
        return [f"continuous_{self.algorithm}"]


def make_env(config: ContinuousConfig, split: str, families: tuple[str, ...]) -> EvidenceActions:
    """Makes the environment of a stage: plain atoms, of these families where FIND draws them alone."""
    released = NumericDifficulty.of("find").families
    drawn = [name for name in families if name in released]
    difficulty = {"families": drawn, "compound_families": drawn, "compound_share": 0.0, "variants": {"plain": 1.0}}
    env = gym.make(
        config.env,
        interface="continuous",
        split=split,
        difficulty=difficulty,
        max_queries=config.max_queries,
        disable_env_checker=True,
    )
    return EvidenceActions(env, tuple(drawn), config.shaping)


def evaluate(model: Any, env: EvidenceActions, split: str, functions: int) -> NDArray[np.float64]:
    """Returns the skills of the most probable submissions on functions of a split, shape `(functions,)`."""
    skills = np.zeros(functions)
    for index in range(functions):
        observation, _ = env.reset(seed=function_seed(split, "numeric", 0, index))
        action, _ = model.predict(observation, deterministic=True)
        skills[index] = env.step(action)[4]["skill"]
    return skills


def train(config: ContinuousConfig, *, progress: bool = True) -> TrainResult:
    """Trains a policy and evaluates it on the test split.

    Args:
        config: what to train.
        progress: whether to print the validations.

    Raises:
        ImportError: Stable-Baselines3 or sb3-contrib is not installed.
    """
    folder = config.folder
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        write_json(folder / CONFIG, asdict(config))
        model, curve = _learn(config, progress)
        model.save(folder / "model.zip")
        skills = evaluate(model, make_env(config, "test", NAMED_FAMILIES), "test", config.test_functions)
        write_json(folder / "results.json", {"test": skills.tolist(), "curve": curve})
        _draw(curve, folder / "learning_curve.png")
    text = (
        f"skill {skills.mean():.3f} on {skills.size} plain atoms of the split test after {curve[-1]['steps']} "
        f"submissions, {curve[-1]['minutes']:.1f} minutes of processor time; untrained {curve[0]['skill']:.3f} on "
        f"validation functions\n{folder}"
    )
    return TrainResult(folder, text, [])


def _learn(config: ContinuousConfig, progress: bool) -> tuple[Any, list[dict[str, float]]]:
    from sb3_contrib import TQC
    from stable_baselines3 import SAC
    from stable_baselines3.common.vec_env import DummyVecEnv

    started = time.process_time()
    validation = make_env(config, "validation", NAMED_FAMILIES)
    curve: list[dict[str, float]] = []

    def minutes() -> float:
        return (time.process_time() - started) / 60

    def validate(model: Any, stage: int) -> None:
        skill = float(evaluate(model, validation, "validation", config.validation_functions).mean())
        curve.append({"steps": model.num_timesteps, "minutes": minutes(), "skill": skill, "stage": stage})
        if progress:
            print(f"{minutes():5.1f} min, {model.num_timesteps:6d} submissions: skill {skill:.3f}", flush=True)

    model: Any = None
    for stage, families in enumerate(_CURRICULUM):
        vector = DummyVecEnv([partial(make_env, config, "train", families)] * _ENVS)
        vector.seed(config.seed + stage)
        if model is None:
            model = (TQC if config.algorithm == "tqc" else SAC)(
                "MlpPolicy",
                vector,
                learning_rate=config.learning_rate,
                batch_size=config.batch_size,
                buffer_size=200_000,
                learning_starts=_ROUND,
                train_freq=1,
                gradient_steps=_ENVS,
                gamma=0.0,
                policy_kwargs={"net_arch": [config.hidden, config.hidden]},
                seed=config.seed,
                device="cpu",
            )
            validate(model, stage)
        model.set_env(vector)
        end = config.minutes * (_SIMPLE_SHARE if stage == 0 else 1.0)
        done = False
        while not done:
            model.learn(_ROUND, reset_num_timesteps=False)
            done = minutes() >= end
            if done or minutes() - curve[-1]["minutes"] > config.minutes / 20:
                validate(model, stage)
        vector.close()
    return model, curve


def _draw(curve: list[dict[str, float]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([point["minutes"] for point in curve], [point["skill"] for point in curve], marker="o")
    axes.set(xlabel="minutes of processor time", ylabel="mean skill on validation functions", ylim=(0, 1))
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=150)
    write_bytes(path, content.getvalue())
