"""`find-gym benchmark`: how fast everything is, beside something known."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from find_gym_agents.checks import check_file, check_integers
from find_gym_agents.commands.arguments import parse
from find_gym_agents.commands.console import show, use_one_thread


@dataclass(frozen=True)
class BenchmarkConfig:
    """What to measure; every field is an option of the command line."""

    envs: tuple[int, ...] = field(default=(64, 512, 4096), metadata={"metavar": "N"})
    """The number of environments in a vector; may be repeated. By default 64, 512 and 4096."""
    seconds: float = 0.2
    """The time of one round of each measurement."""
    rounds: int = 25
    """The rounds of each measurement, of which the best counts, or the mean where the work varies."""
    workers: int = 1
    """The processes beside this one where they are tried."""
    train_seconds: float = 20.0
    """The time of training with each environment and algorithm, to see where its time goes; 0 leaves that out."""
    out: str | None = field(default=None, metadata={"metavar": "FILE"})
    """The JSON file with all figures and the facts of the machine; by default runs/benchmark.json."""
    against: str | None = field(default=None, metadata={"metavar": "FOLDER"})
    """Another checkout of this project: whole episodes are measured there and here, in turns, and nothing else."""
    page: str | None = field(default=None, metadata={"metavar": "FILE"})
    """A Markdown page of the figures, such as docs/performance.md; by default none."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "envs", tuple(self.envs or (64, 512, 4096)))
        if any(isinstance(count, bool) or not isinstance(count, int) or count < 1 for count in self.envs):
            raise ValueError(f"expected envs to be integers >= 1, actual value: {self.envs!r}")
        if not 0 < self.seconds < 3600:
            raise ValueError(f"expected seconds between 0 and 3600, actual value: {self.seconds!r}")
        check_integers(self, rounds=1, workers=1)
        if not 0 <= self.train_seconds < 36000:
            raise ValueError(f"expected train_seconds from 0 to 36000, actual value: {self.train_seconds!r}")
        check_file(self.out)
        check_file(self.page)
        if self.against is not None:
            from find_gym_agents.benchmarks.against import check_checkout

            check_checkout(self.against)


def benchmark(config: BenchmarkConfig, progress: Callable[[str], None] = lambda name: None) -> dict[str, Any]:
    """Measures everything.

    Args:
        config: what to measure.
        progress: told what comes next.

    Returns:
        JSON-serialisable data: "machine", "config", "figures", "ratios" of those that belong together, "episodes" (the
        milliseconds of one in each set-up), "training", "shares" (of the environment in a training with such episodes),
        and "peers": the milliseconds of as many steps of other environments, and their "share" beside the same learner.
    """
    from find_gym import LATEST_IDS
    from find_gym_agents.benchmarks import single, stepping
    from find_gym_agents.benchmarks.measuring import Figure, measure

    figures: list[Figure] = []
    ratios: dict[str, float] = {}
    peers: dict[str, float] = {}
    for count in config.envs:
        progress(f"{count} environments")
        own = [stepping.queries(stepping.NUMERIC, count), stepping.tokens(stepping.NUMERIC, count)]
        others = stepping.cart_poles(count)
        beside = [
            stepping.queries(stepping.NUMERIC, count, copy=False),
            stepping.queries(stepping.NUMERIC_WITHOUT_GAPS, count),
        ]
        measured = measure([*own, *others.values(), *beside], config.seconds, config.rounds)
        figures += measured
        for name, other in zip(others, measured[len(own) : -len(beside)], strict=True):
            peers.setdefault(name, other.per_second)
            for figure in measured[: len(own)]:
                kind = figure.name.split(", ")[-1]
                ratios[f"{kind} to {name} at {count}"] = figure.per_second / other.per_second
    episodes: dict[stepping.Episodes, float] = {}
    for identifier in LATEST_IDS.values():
        progress(identifier)
        tried = [
            stepping.Episodes(identifier, config.envs[0], together, workers, effort)
            for effort in (("full", "quick") if identifier == stepping.NUMERIC else ("full",))
            for together in (False, True)
            for workers in (0, config.workers)
        ]
        measured = measure([one.work() for one in tried], config.seconds, config.rounds)
        episodes.update({one: figure.per_second for one, figure in zip(tried, measured, strict=True)})
        figures += measured
        if identifier != stepping.NUMERIC:
            figures += measure([stepping.queries(identifier, config.envs[0])], config.seconds, config.rounds)
    for work in single.works():
        progress(work.name)
        figures += measure([work], config.seconds, config.rounds)
    by_name = {figure.name: figure.per_second for figure in figures}
    ratios["query here to one process per call"] = by_name[single.QUERY] / by_name[single.PROCESS]
    return {
        "date": date.today().isoformat(),
        "machine": machine(),
        "config": asdict(config) | {"envs": list(config.envs)},
        "figures": [asdict(figure) for figure in figures],
        "ratios": ratios,
        "episodes": _by_subject(episodes, lambda one, rate: 1e3 * stepping.EPISODE / rate),
        **_training(config, episodes, peers, progress),
    }


def benchmark_against(config: BenchmarkConfig) -> dict[str, Any]:
    """Measures whole episodes beside those of another checkout.

    Returns:
        JSON-serialisable data: "machine", "config", and "episodes" as `compare` returns them.
    """
    from find_gym_agents.benchmarks.against import compare

    episodes = compare(Path(config.against or "."), config.envs[0], config.seconds, config.rounds)
    return {"machine": machine(), "config": asdict(config) | {"envs": list(config.envs)}, "episodes": episodes}


def _by_subject(episodes: dict[Any, float], worth: Callable[[Any, float], float]) -> dict[str, list[float]]:
    """Returns what each set-up of the episodes of a subject is worth, in their order."""
    rows: dict[str, list[float]] = {}
    for one, rate in episodes.items():
        rows.setdefault(one.subject, []).append(worth(one, rate))
    return rows


def _training(
    config: BenchmarkConfig, episodes: dict[Any, float], peers: dict[str, float], progress: Callable[[str], None]
) -> dict[str, Any]:
    """Measures where the time of training goes, for each environment."""
    from find_gym_agents.benchmarks.stepping import EPISODE, NUMERIC

    others = {name: {"milliseconds": 1e3 * EPISODE / rate} for name, rate in peers.items()}
    if config.train_seconds == 0:
        return {"training": [], "shares": {}, "peers": others}
    from find_gym_agents.benchmarks.learning import Split, measure_splits

    splits: dict[str, list[Split]] = {}
    for identifier in dict.fromkeys(one.identifier for one in episodes):
        progress(f"training, {identifier}")
        splits[identifier] = measure_splits(identifier, config.train_seconds, config.workers)
    for name, other in others.items():
        other["share"] = splits[NUMERIC][0].share_at(peers[name])
    return {
        "peers": others,
        "training": [split.to_json() for group in splits.values() for split in group],
        "shares": _by_subject(episodes, lambda one, rate: splits[one.identifier][0].share_at(rate)),
    }


def machine() -> dict[str, Any]:
    """Returns the facts of the machine that speed depends on."""
    from find_gym.sandbox import backend
    from find_gym_agents.evaluation.runner import versions

    model = platform.processor()
    described = Path("/proc/cpuinfo")
    if described.exists():
        names = [line.split(":", 1)[1].strip() for line in described.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return {"processor": model, "cores": os.cpu_count(), "sandbox": backend(), **versions()}


def main(arguments: Sequence[str] | None = None, program: str = "find-gym benchmark") -> int:
    """Runs the command.

    Args:
        arguments: the words of the command line; those of this process by default.
        program: the name that the usage shows.

    Returns:
        The exit status: 0, or 2 for a wrong command line, where a folder can't be made or a checkout not measured.
    """
    use_one_thread()
    words = list(sys.argv[1:] if arguments is None else arguments)
    description = "Measures speed: stepping beside CartPole-v1, scoring, sampling, training, queries."
    config = parse(BenchmarkConfig, words, program=program, description=description)
    from find_gym_agents.benchmarks.speed_page import page, table, written_by_hand
    from find_gym_agents.runs.records import write_json, write_text

    path = Path(config.out or "runs/benchmark.json")
    target = None if config.page is None else Path(config.page)
    try:
        for file in filter(None, (path, target)):
            file.parent.mkdir(parents=True, exist_ok=True)
        results = None if config.against is None else benchmark_against(config)
    except (OSError, RuntimeError) as error:
        print(f"{program}: error: {error}", file=sys.stderr)
        return 2
    if results is not None:
        write_json(path, results)
        lines = [
            f"{one['name']}: {one['here']:.3f} ms here, {one['there']:.3f} ms there, {one['ratio']:.2f} times as many"
            for one in results["episodes"]
        ]
        show("\n".join([*lines, "", f"written to {path}"]))
        return 0
    results = benchmark(config, lambda name: print(f"measuring: {name}", file=sys.stderr))
    results["command"] = shlex.join(["find-gym", "benchmark", *words])
    write_json(path, results)
    if target is not None:
        write_text(target, page(results) + written_by_hand(target))
    show(f"{table(results)}\n\nwritten to {path}")
    return 0
