"""The functions of a run: sampled, read or found by their names once, then kept beside the results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from find_gym.core.registry import category_named, version_of
from find_gym.functions import FINDDataset, function_seed
from find_gym_agents.evaluation.config import DEFAULT_FUNCTIONS, EvaluationConfig
from find_gym_agents.evaluation.named import named_functions
from find_gym_agents.runs.records import SKIPPED, SPECS, Lines, RunError, read_lines, write_json

Submit = Callable[[Callable[[Any], Any], list[Any]], Iterable[Any]]


@dataclass(frozen=True)
class RunFunction:
    """A function of a run.

    Attributes:
        index: its place.
        id: the seed of the environment's reset that draws it, the dataset's id, or the name that was given.
        seed: seeds the environment's reset, so that all agents get the same noise.
        spec: what defines it, as JSON-serialisable data.
    """

    index: int
    id: str
    seed: int
    spec: dict[str, Any]


@dataclass(frozen=True)
class _Draw:
    category: str
    index: int
    seed: int
    split: str | None
    difficulty: Any
    version: int


def prepare_functions(
    config: EvaluationConfig, folder: Path, run_all: Submit, progress: Callable[[int], Any]
) -> list[RunFunction]:
    """Returns the functions of a run, from `specs.jsonl` as far as they are there, else sampled, read or found.

    Args:
        config: the configuration.
        folder: the run's folder.
        run_all: calls a function on each of a list of tasks, side by side, and yields the results as they come.
        progress: told how many were made, one call for each.

    Raises:
        RunError: the dataset has fewer functions than were asked for, there is no function of a name, or the file is
            broken.
    """
    known = {data["index"]: RunFunction(**data) for data in read_lines(folder / SPECS)}
    progress(len(known))
    with Lines(folder / SPECS) as lines:
        for function in _missing(config, folder, set(known), run_all):
            known[function.index] = function
            lines.append(vars(function))
            progress(1)
    return [known[index] for index in sorted(known)]


def count_functions(config: EvaluationConfig, folder: Path) -> int:
    """Returns the number of functions of a run where it is known beforehand, and else that of `specs.jsonl`."""
    if config.samples:
        return config.functions or DEFAULT_FUNCTIONS
    return config.functions or sum(1 for _ in read_lines(folder / SPECS))


def _missing(config: EvaluationConfig, folder: Path, known: set[int], run_all: Submit) -> Iterator[RunFunction]:
    if not config.samples:
        found = _name(config, folder) if config.dataset is None else _read(config, folder)
        yield from (function for function in found if function.index not in known)
        return
    count = config.functions or DEFAULT_FUNCTIONS
    seeds = (function_seed(config.sampled_split, config.category, config.seed, index) for index in range(count))
    draws = [
        _Draw(config.category, index, seed, config.sampled_split, config.difficulty, version_of(config.env))
        for index, seed in enumerate(seeds)
        if index not in known
    ]
    yield from run_all(sample, draws)


def sample(draw: _Draw) -> RunFunction:
    """Samples the function that `env.reset(seed=draw.seed)` draws."""
    spec = category_named(draw.category).sample_seeded(
        draw.seed, split=draw.split, difficulty=draw.difficulty, version=draw.version
    )
    return RunFunction(draw.index, str(draw.seed), draw.seed, spec.to_json())


def _read(config: EvaluationConfig, folder: Path) -> list[RunFunction]:
    assert config.dataset is not None
    dataset = FINDDataset(config.dataset, config.category)
    entries, unserved = dataset.servable()
    skipped = dataset.skipped | unserved
    if skipped:
        write_json(folder / SKIPPED, skipped)
    wanted = len(entries) if config.functions is None else config.functions
    if wanted > len(entries) or not entries:
        first = "".join(f"; the first, {name}: {reason}" for name, reason in list(skipped.items())[:1])
        raise RunError(
            f"expected a dataset with at least {max(wanted, 1)} functions that can be served, actual: {len(entries)} "
            f"in {config.dataset!r} ({len(skipped)} skipped{first})"
        )
    return _number(config, {entry.id: entry.spec for entry in entries[:wanted]})


def _name(config: EvaluationConfig, folder: Path) -> list[RunFunction]:
    specs, skipped = named_functions(config)
    if skipped:
        write_json(folder / SKIPPED, skipped)
    return _number(config, specs)


def _number(config: EvaluationConfig, specs: dict[str, Any]) -> list[RunFunction]:
    return [
        RunFunction(index, name, function_seed(None, config.category, config.seed, index), spec.to_json())
        for index, (name, spec) in enumerate(specs.items())
    ]
