"""Speed of single things: submissions, sampling, queries."""

from __future__ import annotations

import subprocess
import sys

import gymnasium as gym
import numpy as np

from find_gym.core.registry import categories_by_name, category_named, category_of
from find_gym.functions import NumericDifficulty, NumericFunction, sample_numeric
from find_gym.sandbox import run_code
from find_gym.scoring import NumericScorer, Submission
from find_gym_agents.benchmarks.measuring import Clock, Work
from find_gym_agents.benchmarks.stepping import NUMERIC, PLAIN_SPEC

_NUMPY_CODE = """import numpy as np

def f(x):
    return float(np.where(x < -3.5, 2.0, 1.5 * np.sin(2.0 * x) + 0.25 * x))
"""
# The reference implementation answers each call of the interpreter with a process of its own.
_REFERENCE = "import numpy as np; import sys; x = float(sys.argv[1]); print(2.5 * x + 1.0)"

QUERY = "query, text interface"
PROCESS = "query, process per call"


def works() -> list[Work]:
    """Returns everything that is measured by itself, on one core."""
    inputs = [0.5 * place for place in range(64)]
    run_code(_NUMPY_CODE, inputs)
    function = NumericFunction(PLAIN_SPEC)
    return [
        Work(
            "code run in the sandbox, 64 inputs", "submissions", lambda c: c.time(lambda: run_code(_NUMPY_CODE, inputs))
        ),
        _scoring("code scored: held-out inputs among decoys, one by one", function, Submission(code=_NUMPY_CODE)),
        _scoring("numeric programs scored", function, Submission(program=PLAIN_SPEC)),
        _sampling("numeric functions sampled, without networks", {"plain": 0.483, "noised": 0.176, "corrupted": 0.191}),
        _sampling("numeric functions sampled, networks", {"approximated": 1.0}),
        *(_other_sampling(category) for category in categories_by_name() if category != category_of(NUMERIC)),
        _query(),
        Work(PROCESS, "queries", _one_process_per_query),
    ]


def _scoring(name: str, function: NumericFunction, submission: Submission) -> Work:
    def do(clock: Clock) -> None:
        clock.time(lambda: NumericScorer(function).score(submission))

    return Work(name, "submissions", do)


def _sampling(name: str, variants: dict[str, float]) -> Work:
    rng = np.random.default_rng(0)
    level = NumericDifficulty(variants=variants)

    def do(clock: Clock) -> None:
        clock.time(lambda: sample_numeric(rng, difficulty=level))

    return Work(name, "functions", do, varies=True)


def _other_sampling(category: str) -> Work:
    rng = np.random.default_rng(0)
    sample = category_named(category).sample

    def do(clock: Clock) -> None:
        clock.time(lambda: sample(rng))

    return Work(f"{category} functions sampled", "functions", do, varies=True)


def _query() -> Work:
    env = gym.make(NUMERIC, interface="text", function=PLAIN_SPEC, disable_env_checker=True)

    def do(clock: Clock) -> None:
        env.reset(seed=0)
        for place in range(100):
            clock.time(lambda place=place: env.step(f"QUERY [{place}]"))  # type: ignore[misc]

    return Work(QUERY, "queries", do)


def _one_process_per_query(clock: Clock) -> None:
    clock.time(lambda: subprocess.run([sys.executable, "-c", _REFERENCE, "3.5"], check=True, capture_output=True))
