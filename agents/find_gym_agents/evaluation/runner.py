"""The runner: prepares the functions, runs what is missing, reports."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from find_gym_agents.categories.record import score_part
from find_gym_agents.evaluation.budget import Budget
from find_gym_agents.evaluation.config import EvaluationConfig
from find_gym_agents.evaluation.functions import RunFunction, count_functions, prepare_functions
from find_gym_agents.evaluation.named import named_functions
from find_gym_agents.evaluation.parallel import check_backend, run_all
from find_gym_agents.registry import find_agent
from find_gym_agents.runs.records import (
    CONFIG,
    EPISODES,
    ConfigurationMismatchError,
    EpisodeRecord,
    Lines,
    RunError,
    locked,
    read_config,
    read_lines,
    read_run,
    write_json,
)

_PACKAGES = ("find-gym", "numpy", "gymnasium", "joblib", "pyoperon", "torch", "transformers", "openai")


@dataclass(frozen=True)
class EvaluationResult:
    """What an evaluation led to.

    Attributes:
        folder: where everything is.
        episodes: the records, sorted by agent and index.
        summary: the content of results.json.
        table: all tables as text.
        closing: the one table that matters as text, and where the report is.
        stopped: why the run was stopped before all episodes were run, None where it was not.
    """

    folder: Path
    episodes: list[EpisodeRecord]
    summary: dict[str, Any]
    table: str
    closing: str
    stopped: str | None = None

    @property
    def not_run(self) -> int:
        """The number of episodes that were not run because the budget was spent."""
        return int(self.summary.get("not_run", 0))

    @property
    def unscored(self) -> list[EpisodeRecord]:
        """The episodes without a score because the infrastructure or the agent's own code failed."""
        return [record for record in self.episodes if not record.scored]


@dataclass(frozen=True)
class Asked:
    """Queries that agents are made to ask in place of their own.

    Attributes:
        name: what they are.
        queries: inputs, or actions of the interface `tokens`, by the agent's label and the function's index; those that
            have none are not evaluated.
    """

    name: str
    queries: Mapping[tuple[str, int], Sequence[Any]]

    @property
    def identity(self) -> str:
        """A text that is the same for the same queries only."""
        text = json.dumps(sorted([*key, list(own)] for key, own in self.queries.items()))
        return f"{self.name} {hashlib.sha256(text.encode()).hexdigest()[:12]}"


@dataclass(frozen=True)
class _Claim:
    """What a run is identified by, the queries that agents are made to ask included."""

    config: EvaluationConfig
    asked: Asked | None

    def identity(self) -> dict[str, Any]:
        asked = {} if self.asked is None else {"asked": self.asked.identity}
        return self.config.identity() | asked

    def settings(self) -> dict[str, Any]:
        return self.config.settings()


def evaluate(config: EvaluationConfig, *, progress: bool = True, asked: Asked | None = None) -> EvaluationResult:
    """Evaluates agents on the same functions, and writes the results and their report.

    Where the folder holds a run of the same configuration, only what is missing there, or was unscored, is run.

    Args:
        config: what to evaluate.
        progress: whether to show progress bars on standard error.
        asked: queries that the agents are made to ask; None for their own.

    Returns:
        The results.

    Raises:
        ConfigurationMismatchError: the folder holds a run of another configuration.
        RunError: the folder can't be used, or a file in it is broken.
        ImportError: something that the runner, an agent or the report needs is not installed.
    """
    from find_gym_agents.report import closing, write_report
    from find_gym_agents.report.plots import check_plots

    check_backend(config.backend)
    if config.report:
        check_plots()
    folder = config.folder
    if not (folder / EPISODES).exists():
        check_models(config)
        if config.names:
            # What there is not is told before the folder has the name of a run.
            named_functions(config)
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        claim(_Claim(config, asked), folder)
        functions = prepare(config, folder, progress)
        budget = Budget(config.language_model, (line.get("usage") for line in read_lines(folder / EPISODES)))
        _run_missing(config, folder, functions, budget, progress, asked)
        run = read_run(folder)
        stopped = budget.spent if run.not_run else None
        if stopped is not None and not run.episodes:
            raise RunError(f"expected a budget for at least one episode, actual: {stopped}")
        summary, table = write_report([run], folder, pictures=config.report)
    return EvaluationResult(folder, run.episodes, summary, table, closing(summary, folder), stopped)


def check_models(config: EvaluationConfig) -> None:
    """Loads the judge and the language model of a new run, so that what can't be had is told before any work.

    Raises:
        MissingModelError: a model is not installed or not there.
        RunError: the model has no room for a reply of the length that was asked for.
    """
    if config.judge is not None:
        import gymnasium as gym

        gym.make(config.env, interface="text", judge=config.judge, disable_env_checker=True).close()
    if not any("language_model" in config.agent_options(agent) for agent in config.agents):
        return
    from find_gym_agents.interpreters.lm.models import shared_model

    options = config.language_model
    window = shared_model(options).context_tokens
    if window is not None and window <= options.reply_tokens:
        raise RunError(
            f"expected --reply-tokens below the model's window of {window} tokens, actual: {options.reply_tokens}"
        )
    if config.repeats > 1 and options.temperature == 0:
        warnings.warn(
            f"{config.repeats} repeats at temperature 0 are hardly more than one, as the model says the same each "
            "time; give --temperature",
            stacklevel=3,
        )


class Identified(Protocol):
    """What a run is identified by."""

    def identity(self) -> dict[str, Any]:
        """Returns what the results depend on."""

    def settings(self) -> dict[str, Any]:
        """Returns how the results were got."""


def claim(config: Identified, folder: Path) -> None:
    """Writes config.json, or checks that the one that is there is the same."""
    identity = config.identity()
    if not (folder / CONFIG).exists():
        if (folder / EPISODES).exists():
            raise RunError(f"expected a {CONFIG} beside {EPISODES}, actual: none in {str(folder)!r}")
        write_json(folder / CONFIG, {"identity": identity, "settings": config.settings(), "versions": versions()})
        return
    begun = read_config(folder)
    before = begun["identity"]
    differing = [name for name in {**before, **identity} if before.get(name) != identity.get(name)]
    if differing:
        changes = "; ".join(f"{name} was {before.get(name)!r}, now {identity.get(name)!r}" for name in differing)
        raise ConfigurationMismatchError(
            f"expected the configuration of the run in {str(folder)!r}, actual: {changes}; choose another --out"
        )
    _compare_versions(begun.get("versions", {}), folder)


def _compare_versions(before: dict[str, str], folder: Path) -> None:
    """Warns where a run goes on with other versions than it was begun with."""
    now = versions()
    changes = [f"{name} {before.get(name)} then, {now.get(name)} now" for name in now if before.get(name) != now[name]]
    if changes and before:
        warnings.warn(f"the run in {str(folder)!r} was begun with other versions: {'; '.join(changes)}", stacklevel=3)


def versions() -> dict[str, str]:
    """Returns the versions of Python, of the platform and of the packages that results may depend on."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def prepare(config: EvaluationConfig, folder: Path, progress: bool) -> list[RunFunction]:
    """Draws the functions of a run side by side, under a progress bar, or reads those that an earlier start drew."""
    side_by_side = partial(run_all, workers=config.worker_count(), backend=config.backend)
    with progress_bar("functions", count_functions(config, folder) or None, progress) as bar:
        return prepare_functions(config, folder, side_by_side, bar.update)


def _run_missing(
    config: EvaluationConfig,
    folder: Path,
    functions: list[RunFunction],
    budget: Budget,
    progress: bool,
    asked: Asked | None,
) -> None:
    done = {(record.agent, record.index, record.repeat) for record in read_run(folder).episodes if record.scored}
    tasks = [
        _task(config, agent, function, repeat, asked)
        for agent in config.agents
        for repeat in range(config.repeats)
        for function in functions
        if (config.label(agent), function.index, repeat) not in done
        and (asked is None or (config.label(agent), function.index) in asked.queries)
    ]
    total = len(config.agents) * len(functions) * config.repeats
    with progress_bar("episodes", total, progress) as bar, Lines(folder / EPISODES) as lines:
        bar.update(total - len(tasks))
        skills: dict[str, list[float]] = {}
        for record in _run(config, tasks, budget):
            lines.append(record.to_json())
            if record.scored:
                skills.setdefault(record.agent, []).append(score_part("skill")(record))
            means = ", ".join(f"{agent} {sum(found) / len(found):.2f}" for agent, found in skills.items())
            bar.set_postfix_str(f"skill: {means}", refresh=False)
            bar.update(1)


def _run(config: EvaluationConfig, tasks: list[Any], budget: Budget) -> Iterator[EpisodeRecord]:
    """Runs episodes: of most agents in processes, of those that share a model in threads of this one."""
    # Imported here for the progress bar to stand before the first worker has imported it as well.
    from find_gym_agents.evaluation.episode import run_episode

    apart = [task for task in tasks if not task.agent.in_threads]
    yield from run_all(run_episode, apart, workers=config.worker_count(), backend=config.backend)
    together = [task for task in tasks if task.agent.in_threads]
    if together:
        # What is missing is told before the first episode; all threads find the model loaded.
        together[0].agent.make(config.category, **together[0].agent_options)
        _use_cores(config.worker_count())

        def run_within_budget(task: Any) -> EpisodeRecord | None:
            if budget.spent is not None:
                return None
            record = run_episode(task)
            budget.add(record.usage)
            return record

        threads = config.language_model.threads
        results = run_all(run_within_budget, together, workers=threads, backend="threading")
        yield from (record for record in results if record is not None)


def _use_cores(count: int) -> None:
    """Lets a model in this process compute on as many cores as the workers of other agents would have."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(count)


def _task(config: EvaluationConfig, agent: str, function: RunFunction, repeat: int, asked: Asked | None) -> Any:
    from find_gym_agents.evaluation.episode import EpisodeTask

    return EpisodeTask(
        agent=find_agent(agent),
        label=config.label(agent),
        function=function,
        env=config.env,
        split=config.sampled_split if config.samples else None,
        difficulty=config.difficulty if config.samples else None,
        max_queries=config.max_queries,
        seed=config.seed,
        options=config.environment_options,
        agent_options=config.agent_options(agent),
        repeat=repeat,
        queries=None if asked is None else tuple(asked.queries[config.label(agent), function.index]),
    )


def progress_bar(name: str, total: int | None, shown: bool) -> Any:
    """Returns a progress bar; one that is not on a terminal is written anew only now and then."""
    try:
        from tqdm import tqdm
    except ImportError as error:
        raise ImportError("expected tqdm for the progress bar: pip install 'find-gym[report]'") from error
    interval = 0.2 if sys.stderr.isatty() else 10.0
    return tqdm(total=total, desc=name, unit="", disable=not shown, mininterval=interval, file=sys.stderr)
