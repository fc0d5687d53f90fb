"""One episode, run in a worker process."""

from __future__ import annotations

import threading
import time
import traceback
from dataclasses import dataclass, field, replace
from typing import Any

import gymnasium as gym

import find_gym  # noqa: F401  (registers the environments)
from find_gym.core.endings import truth_texts
from find_gym.core.registry import category_of
from find_gym.functions import function_seed
from find_gym.language import ModelError
from find_gym.sandbox import SandboxError
from find_gym_agents.base import Agent
from find_gym_agents.categories import agent_category
from find_gym_agents.evaluation.asking import with_queries
from find_gym_agents.evaluation.functions import RunFunction
from find_gym_agents.evaluation.named import CallableSpec, read_function
from find_gym_agents.registry import AgentEntry
from find_gym_agents.runs.records import EpisodeRecord, judged_tests

_TRACEBACK_LIMIT = 20_000


@dataclass(frozen=True)
class EpisodeTask:
    """What a worker needs to run an episode.

    Attributes:
        agent: the agent.
        function: the function.
        env: the environment's id.
        split: the split it was sampled from.
        difficulty: the difficulty it was sampled from, None where it was not.
        max_queries: the budget.
        seed: the run's seed.
        options: further arguments of the environment.
        label: how the agent is called in the record; its name by default.
        repeat: how many episodes of the same agent and function there are before it.
        agent_options: what the agent is made with.
        queries: what the agent is made to ask in place of its own queries; None for these.
    """

    agent: AgentEntry
    function: RunFunction
    env: str
    split: str | None
    difficulty: Any
    max_queries: int
    seed: int
    options: dict[str, Any] = field(default_factory=dict)
    label: str = ""
    agent_options: dict[str, Any] = field(default_factory=dict)
    repeat: int = 0
    queries: tuple[Any, ...] | None = None


class _Agents(threading.local):
    """The agents that this worker has made: an agent has a state, so workers that are threads must not share one."""

    def __init__(self) -> None:
        self.made: dict[tuple[Any, ...], Agent] = {}

    def get(self, entry: AgentEntry, category: str, options: dict[str, Any]) -> Agent:
        key = (entry.name, category, *options.items())
        if key not in self.made:
            self.made[key] = entry.make(category, **options)
        return self.made[key]


_AGENTS = _Agents()


def run_episode(task: EpisodeTask) -> EpisodeRecord:
    """Runs one episode.

    Returns:
        The record. Where the agent's code, the environment or the sandbox fails it is unscored, with the traceback.
    """
    spec, truth = read_function(category_of(task.env), task.function.spec)
    record = EpisodeRecord(
        agent=task.label or task.agent.name,
        index=task.function.index,
        function=task.function.id,
        family=spec.family,
        variant=spec.variant,
        difficulty=task.difficulty,
        outcome="unscored",
        truth=truth_texts(truth),
        spec=task.function.spec,
        repeat=task.repeat,
    )
    started = time.perf_counter()
    log = _Log()
    try:
        log.play(task, spec, truth if isinstance(spec, CallableSpec) else spec)
        record = replace(record, **log.results())
        record = replace(record, **_beside_the_truth(record, truth))
    except Exception as error:
        text = f"{_failing(error) or log.running} failed:\n{traceback.format_exc()}"
        failure = {"outcome": "unscored", "score": None, "error": text[-_TRACEBACK_LIMIT:]}
        record = replace(record, **(log.results() | failure))
    return replace(record, total_seconds=round(time.perf_counter() - started, 6))


def _failing(error: Exception) -> str | None:
    """Returns what has failed where the error says it, whatever was running."""
    if isinstance(error, SandboxError):
        return "the sandbox"
    return "the language model" if isinstance(error, ModelError) else None


def _beside_the_truth(record: EpisodeRecord, truth: Any) -> dict[str, Any]:
    """Returns what sets the submission beside the truth; the score stands even where the sandbox then fails."""
    try:
        return agent_category(record.category).compare(record, truth)
    except SandboxError:
        return {}


class _Log:
    """What happened in an episode so far.

    Attributes:
        running: what is running now: "the agent" or "the environment".
        transcript: the steps.
    """

    def __init__(self) -> None:
        self.running = "the environment"
        self.transcript: list[dict[str, Any]] = []
        self._agent: Agent | None = None
        self._agent_seconds = 0.0
        self._prompt = ""
        self._rendered = ""
        self._info: dict[str, Any] = {}
        self._tests: list[dict[str, Any]] | None = None
        self._budget = 0
        self._over = False
        self._gave_up = ""

    def play(self, task: EpisodeTask, spec: Any, served: Any) -> None:
        """Runs the episode to its end.

        Args:
            task: the episode.
            spec: the function's spec.
            served: what names the function to the environment.
        """
        self.running = "the agent"
        # Imports are not what the agent computes.
        agent = self._agent = _AGENTS.get(task.agent, spec.category, task.agent_options)
        with self._agent_runs():
            seeded = "agent" if task.repeat == 0 else f"agent {task.repeat}"
            agent.reset(function_seed(seeded, spec.category, task.seed, task.function.index))
        options: dict[str, Any] = {"interface": agent.interface, "max_queries": task.max_queries, **task.options}
        if task.difficulty is None:
            options["function"] = served
        else:
            options |= {"split": task.split, "difficulty": task.difficulty}
        options |= getattr(agent, "environment_options", {})
        env = gym.make(task.env, **options, render_mode="ansi", disable_env_checker=True)
        self._budget = task.max_queries
        if task.queries is not None:
            agent = with_queries(agent, task.queries)
        try:
            observation, info = env.reset(seed=task.function.seed, options={"function": served})
            self._prompt = observation if isinstance(observation, str) else ""
            while not self._over:
                with self._agent_runs():
                    action = agent.act(observation, info)
                self._gave_up = getattr(agent, "gave_up", "")
                if self._gave_up:
                    self._over = True
                    break
                # An action that is none is the agent's fault as well.
                self.running = "the agent"
                observation, _, terminated, truncated, info = env.step(action)
                self.running = "the environment"
                self._take_note(action, observation, info, terminated or truncated)
            self._tests = judged_tests(env.unwrapped.episode.last.score)  # type: ignore[attr-defined]
            if not self._prompt:
                self._rendered = str(env.render())
        finally:
            env.close()

    def _agent_runs(self) -> _AgentClock:
        return _AgentClock(self)

    def add_agent_seconds(self, seconds: float) -> None:
        """Adds to the time that the agent computed."""
        self._agent_seconds += seconds

    def _take_note(self, action: Any, observation: Any, info: dict[str, Any], over: bool) -> None:
        step = {
            "action": action.tolist() if hasattr(action, "tolist") else action,
            "inputs": info["inputs"],
            "outputs": info["outputs"],
            "message": info["message"],
        }
        if isinstance(observation, str):
            step["observation"] = observation
        self.transcript.append(step)
        self._info, self._over = info, over

    def results(self) -> dict[str, Any]:
        """Returns the entries of the record that are known by now."""
        score = self._info.get("score") or None
        outcome = "no_submission" if score is None else score["outcome"]
        return {
            "outcome": outcome if self._over else "unscored",
            "score": score,
            "queries": self._budget - self._info.get("budget", self._budget),
            "steps": len(self.transcript),
            "agent_seconds": round(self._agent_seconds, 6),
            "prompt": self._prompt,
            "transcript": self.transcript,
            "rendered": self._rendered,
            "submission": self._info.get("submission") or None,
            "tests": self._tests,
            "ended": self._gave_up,
            **self._agent_log(),
        }

    def _agent_log(self) -> dict[str, Any]:
        """Returns what the agent itself has noted: agents of language models their dialogue."""
        note = getattr(self._agent, "episode_log", None)
        return {} if note is None else note()


class _AgentClock:
    """Measures the time that the agent computes."""

    def __init__(self, log: _Log) -> None:
        self._log = log

    def __enter__(self) -> None:
        self._log.running = "the agent"
        self._started = time.perf_counter()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._log.add_agent_seconds(time.perf_counter() - self._started)
        if kind is None:
            self._log.running = "the environment"
