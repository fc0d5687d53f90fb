"""Trains an interpreter with Ray's RLlib: the way past one machine.

    pip install -e ".[ray]"
    python scripts/train_rllib.py --env FIND-numeric-v1 --timesteps 200000 --workers 2

Stable-Baselines3 works on one machine. Here the workers that play the episodes are Ray actors: processes of this
machine or, with `--address auto` (or RAY_ADDRESS) and more `--workers`, of all machines of a Ray cluster. To make one:
`ray start --head` on this machine, `ray start --address HOST:6379` on the others; find-gym has to be installed on all
of them. The learner is this process, on the CPU; `PPOConfig.learners` can change that.

What is particular to find-gym, the masks of legal actions and a policy that takes no other, is in
`find_gym.adapters.rllib`.

Each iteration prints the mean return, which is the mean skill, and leaves a checkpoint; the same command goes on where
an interrupted one stopped. At the end the policy of the last checkpoint takes its most likely actions on functions that
it has never seen: those of `evaluate.py` with the same split and seed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import ray
import torch
from ray.rllib.algorithms import Algorithm
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module import RLModule

from find_gym import ENVIRONMENT_IDS
from find_gym.adapters.rllib import make_environment, ppo_config
from find_gym.core.registry import category_of
from find_gym.functions import function_seed
from find_gym_agents.commands.arguments import parse

POLICY = "learner_group/learner/rl_module/default_policy"  # Where a checkpoint has it.


@dataclass(frozen=True)
class Args:
    """What to train, and how; every field is an option of the command line."""

    env: str = "FIND-numeric-v1"
    """The environment's id."""
    difficulty: str = "find"
    """The difficulty of the functions: easy, find (the benchmark's own), hard or extreme."""
    max_queries: int = 16
    """The budget: inputs that may be asked of each function."""
    timesteps: int = 200_000
    """Steps of the environment to train for, those before an interruption included."""
    workers: int = 2
    """Processes that play episodes, on this machine or in the cluster; each takes a processor core."""
    batch: int = 4096
    """Steps between two updates, from all workers together."""
    seed: int = 0
    """Seeds the functions, the noise and the policy."""
    split: str = "test"
    """The split to evaluate on: validation or test (training is on train)."""
    functions: int = 200
    """The number of functions to evaluate on."""
    address: str | None = field(default=None, metadata={"metavar": "HOST:PORT"})
    """The Ray cluster to work on: its address, or auto for the one that this machine is part of."""
    out: str = field(default="runs", metadata={"metavar": "DIR"})
    """The folder that gets a folder for this run. A run that was cut short there goes on."""

    def __post_init__(self) -> None:
        if self.env not in ENVIRONMENT_IDS:
            raise ValueError(f"expected an environment among {', '.join(ENVIRONMENT_IDS)}, actual value: {self.env!r}")
        for name, least in {"timesteps": 1, "workers": 1, "batch": 1, "functions": 1, "seed": 0}.items():
            if getattr(self, name) < least:
                raise ValueError(f"expected {name} to be an integer >= {least}, actual value: {getattr(self, name)!r}")
        make_environment(self.env, split=self.split, **self.rules).close()  # It checks the rest.

    @property
    def rules(self) -> dict[str, Any]:
        """The arguments of the environment beside the split."""
        return {"difficulty": self.difficulty, "max_queries": self.max_queries}

    @property
    def folder(self) -> Path:
        """The folder of the run, absolute; it names all that has to be the same for a run to go on."""
        return Path(self.out, f"rllib_{self.env}_{self.difficulty}_{self.max_queries}_seed{self.seed}").resolve()


def make_algorithm(args: Args, iteration: int) -> Algorithm:
    """Returns PPO with its workers; `iteration` goes into the seed, so that a resumed run sees new functions."""
    config = ppo_config(args.env, split="train", **args.rules)
    config.env_runners(num_env_runners=args.workers, num_envs_per_env_runner=8)
    config.training(train_batch_size_per_learner=args.batch, minibatch_size=min(512, args.batch), num_epochs=8)
    seed = int(np.random.SeedSequence([args.seed, iteration]).generate_state(1)[0] >> 2)
    return config.debugging(seed=seed, log_level="ERROR").build_algo()


def last_checkpoint(args: Args) -> tuple[Path | None, list[dict[str, float]]]:
    """Returns the last checkpoint of the run, None where there is none, and the iterations that led to it."""
    checkpoint = max(args.folder.glob("checkpoint-*"), default=None)
    return checkpoint, [] if checkpoint is None else json.loads((checkpoint / "iterations.json").read_text())


def save(algorithm: Algorithm, args: Args, iterations: list[dict[str, float]]) -> None:
    """Writes a checkpoint beside its place, renames it, and removes those before it."""
    partial, older = args.folder / "partial", list(args.folder.glob("checkpoint-*"))
    shutil.rmtree(partial, ignore_errors=True)
    algorithm.save_to_path(str(partial))
    (partial / "iterations.json").write_text(json.dumps(iterations, indent=1))
    partial.rename(args.folder / f"checkpoint-{len(iterations):06d}")
    for path in older:
        shutil.rmtree(path)


def train(args: Args) -> None:
    """Trains from the last checkpoint on until the timesteps are reached.

    Raises:
        KeyboardInterrupt: the user interrupted; the iteration that had begun is finished and saved.
    """
    checkpoint, iterations = last_checkpoint(args)
    if iterations and iterations[-1]["timesteps"] >= args.timesteps:
        return
    # "local" even so: Ray would look for a cluster that was once started here.
    address = args.address or os.environ.get("RAY_ADDRESS") or "local"
    own = {"num_cpus": args.workers, "include_dashboard": False} if address == "local" else {}
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(address=address, logging_level="ERROR", **own)
    algorithm = make_algorithm(args, len(iterations))
    interrupts, usual = [], signal.getsignal(signal.SIGINT)

    def finish_iteration(number: int, frame: Any) -> None:
        interrupts.append(number)
        signal.signal(signal.SIGINT, usual)  # The second time, at once.

    signal.signal(signal.SIGINT, finish_iteration)
    try:
        if checkpoint is not None:
            algorithm.restore_from_path(str(checkpoint))
        while not interrupts and (not iterations or iterations[-1]["timesteps"] < args.timesteps):
            result = algorithm.train()
            figures = {"iteration": len(iterations) + 1, "timesteps": int(result["num_env_steps_sampled_lifetime"])}
            figures["mean_return"] = float(result["env_runners"].get("episode_return_mean", np.nan))
            figures["illegal_actions"] = int(result["env_runners"]["illegal_actions"])
            figures["seconds"] = result["time_this_iter_s"]
            iterations.append(figures)
            save(algorithm, args, iterations)
            print("  ".join(f"{name} {value:.6g}" for name, value in figures.items()), flush=True)
    finally:
        signal.signal(signal.SIGINT, usual)
        algorithm.stop()
        shutil.rmtree(algorithm.logdir)  # Not in the run's folder, and empty: nothing is logged there.
        ray.shutdown()
    if interrupts:
        raise KeyboardInterrupt


@torch.no_grad()
def evaluate(args: Args) -> list[float]:
    """Returns the skill of the last checkpoint on each function of the split, 1 at most."""
    policy = RLModule.from_checkpoint(f"{last_checkpoint(args)[0]}/{POLICY}")
    environment = make_environment(args.env, split=args.split, **args.rules)
    skills = []
    for index in range(args.functions):
        observation, _ = environment.reset(seed=function_seed(args.split, category_of(args.env), args.seed, index))
        terminated = False
        while not terminated:
            batch = {Columns.OBS: torch.from_numpy(observation[None])}
            action = policy.forward_inference(batch)[Columns.ACTION_DIST_INPUTS].argmax()
            observation, _, terminated, _, info = environment.step(int(action))
        skills.append(float(info["score"]["skill"]))
    return skills


def main() -> int:
    """Trains, then evaluates what was saved; returns the exit status."""
    args = parse(Args, None, program="train_rllib.py", description="Trains an interpreter with Ray's RLlib.")
    try:
        train(args)
        skills = evaluate(args)
    except ConnectionError as error:
        print(f"train_rllib.py: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"interrupted; the same command goes on where this one stopped ({args.folder})", file=sys.stderr)
        return 130
    print(f"mean skill on {len(skills)} functions of {args.split}: {np.mean(skills):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
