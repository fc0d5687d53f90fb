"""`find-gym benchmark`: how fast the environment, the sandbox and sampling are, beside something known.

Every figure is the best of a few rounds: whatever else the machine does can only slow a round down.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from find_gym_agents.commands.arguments import parse
from find_gym_agents.commands.console import show

_ENV = "FIND-numeric-v0"
_NUMPY_CODE = """import numpy as np

def f(x):
    return float(np.where(x < -3.5, 2.0, 1.5 * np.sin(2.0 * x) + 0.25 * x))
"""
_EPISODE = 20
# The reference implementation answers each call of the interpreter with a process of its own.
_REFERENCE = "import numpy as np; import sys; x = float(sys.argv[1]); print(2.5 * x + 1.0)"


@dataclass(frozen=True)
class BenchmarkConfig:
    """What to measure; every field is an option of the command line."""

    envs: tuple[int, ...] = field(default=(64, 512), metadata={"metavar": "N"})
    """The number of environments in a vector; may be repeated. By default 64 and 512."""
    seconds: float = 2.0
    """The time of one round of each measurement."""
    rounds: int = 3
    """The rounds of each measurement, of which the best counts."""
    out: str | None = field(default=None, metadata={"metavar": "FILE"})
    """The JSON file with all figures and the facts of the machine; by default runs/benchmark.json."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "envs", tuple(self.envs or (64, 512)))
        if any(isinstance(count, bool) or not isinstance(count, int) or count < 1 for count in self.envs):
            raise ValueError(f"expected envs to be integers >= 1, actual value: {self.envs!r}")
        if not 0 < self.seconds < 3600:
            raise ValueError(f"expected seconds between 0 and 3600, actual value: {self.seconds!r}")
        if self.rounds < 1:
            raise ValueError(f"expected rounds to be an integer >= 1, actual value: {self.rounds!r}")


@dataclass(frozen=True)
class Figure:
    """One measurement.

    Attributes:
        name: what was measured.
        per_second: how many of it in a second, the best round.
        rounds: all rounds.
        unit: what is counted.
    """

    name: str
    per_second: float
    rounds: tuple[float, ...]
    unit: str


class _Clock:
    """Adds up the time of the parts that count."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.count = 0

    def time(self, call: Callable[[], Any], count: int = 1) -> Any:
        """Calls, and adds its time and what it did."""
        started = time.perf_counter()
        result = call()
        self.seconds += time.perf_counter() - started
        self.count += count
        return result


def measure(name: str, unit: str, work: Callable[[_Clock], None], config: BenchmarkConfig) -> Figure:
    """Repeats some work for the time of a round, a few rounds long; what it gives to the clock counts."""
    rates = []
    for _ in range(config.rounds):
        clock = _Clock()
        started = time.perf_counter()
        while time.perf_counter() - started < config.seconds:
            work(clock)
        rates.append(clock.count / clock.seconds)
    return Figure(name, max(rates), tuple(rates), unit)


def benchmark(config: BenchmarkConfig, progress: Callable[[str], None] = lambda name: None) -> dict[str, Any]:
    """Measures everything.

    Args:
        config: what to measure.
        progress: told what comes next.

    Returns:
        JSON-serialisable data: "machine", "figures", and "ratios" of figures that belong together.
    """
    figures: list[Figure] = []
    ratios: dict[str, float] = {}
    for count in config.envs:
        progress(f"{count} environments")
        queries = measure(f"{_ENV}, {count} environments, queries only", "steps", _stepping(count), config)
        episodes = measure(
            f"{_ENV}, {count} environments, episodes of 20 steps", "steps", _stepping(count, writing=True), config
        )
        cart_pole = measure(f"CartPole-v1, {count} environments", "steps", _cart_pole(count), config)
        figures += [queries, episodes, cart_pole]
        ratios[f"queries to CartPole-v1 at {count}"] = queries.per_second / cart_pole.per_second
    for name, unit, work in _single_work():
        progress(name)
        figures.append(measure(name, unit, work, config))
    by_name = {figure.name: figure.per_second for figure in figures}
    ratios["query here to one process per call"] = by_name["query, text interface"] / by_name["query, process per call"]
    return {
        "machine": machine(),
        "figures": [vars(figure) | {"rounds": list(figure.rounds)} for figure in figures],
        "ratios": ratios,
    }


def _single_work() -> list[tuple[str, str, Callable[[_Clock], None]]]:
    return [
        ("code run in the sandbox, 64 inputs, one core", "submissions", _running()),
        ("code scored, sandbox included, one core", "submissions", _scoring(program=False)),
        ("grammar programs scored, one core", "submissions", _scoring(program=True)),
        ("sampling, without networks", "functions", _sampling({"plain": 1, "noised": 1, "corrupted": 1})),
        ("sampling, networks", "functions", _sampling({"approximated": 1})),
        ("query, text interface", "queries", _querying()),
        ("query, process per call", "queries", _one_process_per_query),
    ]


def _stepping(count: int, writing: bool = False) -> Callable[[_Clock], None]:
    """Returns steps of a vector of environments: queries only, or episodes of 19 queries and a description."""
    import gymnasium as gym
    import numpy as np

    import find_gym  # noqa: F401  (registers the environments)
    from find_gym.envs.grammar import TOKENS
    from find_gym.envs.probes import numeric_probes

    # Networks take half a second each to train: that is measured by itself.
    envs = gym.make_vec(_ENV, num_envs=count, difficulty={"variants": {"plain": 1, "noised": 1, "corrupted": 1}})
    envs.reset(seed=0)
    rng = np.random.default_rng(0)
    probes, linear = numeric_probes().size, numeric_probes().size + TOKENS.index("linear")
    budget = 100
    state = {"step": 0}

    def work(clock: _Clock) -> None:
        if not writing and state["step"] % budget == 0:
            envs.reset(seed=state["step"])
        actions = rng.integers(probes, size=count)
        if writing and state["step"] >= _EPISODE:
            actions[(np.arange(count) + state["step"]) % _EPISODE == 0] = linear
        clock.time(lambda: envs.step(actions), count)
        state["step"] += 1

    return work


def _cart_pole(count: int) -> Callable[[_Clock], None]:
    import gymnasium as gym
    import numpy as np

    envs = gym.make_vec("CartPole-v1", num_envs=count, vectorization_mode="vector_entry_point")
    envs.reset(seed=0)
    rng = np.random.default_rng(0)

    def work(clock: _Clock) -> None:
        actions = rng.integers(2, size=count)
        clock.time(lambda: envs.step(actions), count)

    return work


def _running() -> Callable[[_Clock], None]:
    from find_gym.sandbox import run_code

    inputs = [0.5 * place for place in range(64)]
    run_code(_NUMPY_CODE, inputs)

    def work(clock: _Clock) -> None:
        clock.time(lambda: run_code(_NUMPY_CODE, inputs))

    return work


def _scoring(program: bool) -> Callable[[_Clock], None]:
    from find_gym.functions import NumericFunction
    from find_gym.scoring import NumericScorer, Submission

    spec = _plain_spec()
    function = NumericFunction(spec)
    submission = Submission(program=spec) if program else Submission(code=_NUMPY_CODE)
    NumericScorer(function).score(submission)

    def work(clock: _Clock) -> None:
        clock.time(lambda: NumericScorer(function).score(submission))

    return work


def _sampling(variants: dict[str, float]) -> Callable[[_Clock], None]:
    import numpy as np

    from find_gym.functions import NumericDifficulty, sample_numeric

    rng = np.random.default_rng(0)
    level = NumericDifficulty(variants=variants)

    def work(clock: _Clock) -> None:
        clock.time(lambda: sample_numeric(rng, difficulty=level))

    return work


def _querying() -> Callable[[_Clock], None]:
    import gymnasium as gym

    import find_gym  # noqa: F401  (registers the environments)

    env = gym.make(_ENV, interface="text", function=_plain_spec(), disable_env_checker=True)

    def work(clock: _Clock) -> None:
        env.reset(seed=0)
        for place in range(100):
            clock.time(lambda place=place: env.step(f"QUERY [{place}]"))  # type: ignore[misc]

    return work


def _one_process_per_query(clock: _Clock) -> None:
    clock.time(lambda: subprocess.run([sys.executable, "-c", _REFERENCE, "3.5"], check=True, capture_output=True))


def _plain_spec() -> Any:
    from find_gym.functions import NumericSpec
    from find_gym.functions.numeric.rules import AtomRule

    return NumericSpec(AtomRule("linear", (2.5, -1.0)), (-100.0, 100.0))


def machine() -> dict[str, Any]:
    """Returns the facts of the machine that speed depends on."""
    from find_gym.sandbox import backend
    from find_gym_agents.evaluation._runner import versions

    model = platform.processor()
    described = Path("/proc/cpuinfo")
    if described.exists():
        names = [line.split(":", 1)[1].strip() for line in described.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return {"processor": model, "cores": os.cpu_count(), "sandbox": backend(), **versions()}


def table(results: dict[str, Any]) -> str:
    """Returns the figures as aligned plain text."""
    width = max(len(figure["name"]) for figure in results["figures"])
    lines = [
        f"{figure['name']:{width}}  {figure['per_second']:>12,.1f} {figure['unit']} a second"
        for figure in results["figures"]
    ]
    ratios = [f"{name:{width}}  {ratio:>12,.3g}" for name, ratio in results["ratios"].items()]
    facts = ", ".join(f"{name} {value}" for name, value in results["machine"].items())
    return "\n".join([*lines, "", "ratios", *ratios, "", facts])


def main(arguments: Sequence[str] | None = None, program: str = "find-gym benchmark") -> int:
    """Runs the command.

    Args:
        arguments: the words of the command line; those of this process by default.
        program: the name that the usage shows.

    Returns:
        The exit status.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    description = "Measures speed: stepping beside CartPole-v1, scoring, sampling, queries beside a process per call."
    config = parse(BenchmarkConfig, arguments, program=program, description=description)
    from find_gym_agents.evaluation._records import write_json

    results = benchmark(config, lambda name: print(f"measuring: {name}", file=sys.stderr))
    path = Path(config.out or "runs/benchmark.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, results)
    show(f"{table(results)}\n\nwritten to {path}")
    return 0
