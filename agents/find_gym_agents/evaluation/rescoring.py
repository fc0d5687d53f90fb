"""Scores the submissions of a stored run again: with another judge, or after a scorer has changed."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from find_gym_agents.evaluation.config import usable_cores
from find_gym_agents.evaluation.parallel import run_all
from find_gym_agents.evaluation.runner import claim, progress_bar
from find_gym_agents.runs.records import EPISODES, EpisodeRecord, Lines, Run, RunError, judged_tests, locked, read_run

# Judges that compute in this process without a language model, so that several workers can have one each.
_LIGHT_JUDGES = (None, "embedding", "grounding")


@dataclass(frozen=True)
class Rescoring:
    """What is scored again, and how.

    Attributes:
        run: the stored run.
        judge: the judge of descriptions in language; None for the one that the run had.
        workers: the number of processes; by default one for each core, and one for a language model.
    """

    run: Run
    judge: str | None = None
    workers: int | None = None

    @property
    def env(self) -> str:
        """The id of the run's environment."""
        return str(self.run.config["identity"]["env"])

    @property
    def effective_judge(self) -> str | None:
        """The judge that is used, None for the environment's default."""
        stored: str | None = self.run.config["identity"].get("judge")
        return stored if self.judge is None else self.judge

    def identity(self) -> dict[str, Any]:
        """Returns what the results depend on: the stored run's identity, its name and the judge."""
        judged = {} if self.effective_judge is None else {"judge": self.effective_judge}
        return self.run.config["identity"] | judged | {"scored_from": self.run.folder.resolve().name}

    def settings(self) -> dict[str, Any]:
        """Returns how the stored run was made, with the number of workers."""
        return dict(self.run.config.get("settings", {})) | {"workers": self.worker_count()}

    def worker_count(self) -> int:
        """Returns the number of worker processes."""
        if self.workers is not None:
            return self.workers
        return usable_cores() if self.effective_judge in _LIGHT_JUDGES else 1


@dataclass(frozen=True)
class Agreement:
    """How two scorings of an agent's submissions agree.

    Attributes:
        agent: the agent.
        episodes: the submissions that both have scored.
        before: the mean skill of the stored scores.
        after: the mean skill of the new ones.
        difference: the mean absolute difference of skill.
        correlation: Pearson's correlation of skill; None where either is the same for all submissions.
        same_outcome: the share of submissions with the same outcome.
        unscored: the submissions that were not scored now because the judge or the sandbox failed.
    """

    agent: str
    episodes: int
    before: float | None
    after: float | None
    difference: float | None
    correlation: float | None
    same_outcome: float | None
    unscored: int


@dataclass(frozen=True)
class _Task:
    record: EpisodeRecord
    env: str
    judge: str | None


def rescore(rescoring: Rescoring, folder: Path, *, progress: bool = True) -> Run:
    """Scores the submissions of a run again, and writes them as a run of their own.

    Dialogues are taken as they were: no agent and no interpreting language model is asked. Where the folder holds the
    same rescoring already, only what is missing there, or was unscored, is scored.

    Args:
        rescoring: what to score.
        folder: the folder of the new run.
        progress: whether to show a progress bar on standard error.

    Returns:
        The new run.

    Raises:
        ConfigurationMismatchError: the folder holds another run.
        RunError: the folder can't be used, or is that of the stored run.
        MissingModelError: the judge needs a model that is not installed.
    """
    if folder.resolve() == rescoring.run.folder.resolve():
        raise RunError(f"expected a folder other than that of the stored run, actual: {str(folder)!r}")
    _category(rescoring.env, rescoring.effective_judge)  # A judge that can't be loaded is reported before any work.
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        claim(rescoring, folder)
        done = {(record.agent, record.index) for record in read_run(folder).episodes if record.scored}
        missing = [record for record in rescoring.run.episodes if (record.agent, record.index) not in done]
        tasks = [_Task(record, rescoring.env, rescoring.effective_judge) for record in missing]
        with progress_bar("submissions", len(tasks), progress) as bar, Lines(folder / EPISODES) as lines:
            for record in run_all(score_again, tasks, workers=rescoring.worker_count()):
                lines.append(record.to_json())
                bar.update(1)
        return read_run(folder)


def score_again(task: _Task) -> EpisodeRecord:
    """Returns a record with the score that its submission has now; one without a submission as it is."""
    from find_gym.core.registry import category_named
    from find_gym.scoring import Submission

    record = task.record
    if not record.submission:
        return record
    functions = category_named(record.category)
    try:
        parts = dict(record.submission)
        if parts.get("program") is not None:
            parts["program"] = functions.read_spec(parts["program"])
        names = Submission.__dataclass_fields__
        submission = Submission(**{name: value for name, value in parts.items() if name in names})
        asked = tuple(value for value, _ in record.pairs())
        score = _category(task.env, task.judge).score(functions.read(record.spec), submission, asked=asked)
    except Exception:
        text = f"the scoring failed:\n{traceback.format_exc()}"
        return replace(record, outcome="unscored", score=None, tests=None, error=text)
    data = score.to_json()
    return replace(record, outcome=data["outcome"], score=data, tests=judged_tests(score), error=None)


@lru_cache(maxsize=4)
def _category(env: str, judge: str | None) -> Any:
    """Returns the category of an environment with a judge: what its episodes are scored by."""
    import gymnasium as gym

    import find_gym  # noqa: F401  (registers the environments)

    options: dict[str, Any] = {} if judge is None else {"judge": judge}
    return gym.make(env, interface="text", disable_env_checker=True, **options).unwrapped.examiner  # type: ignore[attr-defined]


def agreements(before: Run, after: Run) -> list[Agreement]:
    """Compares two scorings of the same submissions, agent by agent."""
    new = {(record.agent, record.index): record for record in after.episodes}
    return [
        _agreement(
            agent, [(record, new[agent, record.index]) for record in before.episodes if (agent, record.index) in new]
        )
        for agent in dict.fromkeys(record.agent for record in after.episodes)
    ]


def _agreement(agent: str, pairs: list[tuple[EpisodeRecord, EpisodeRecord]]) -> Agreement:
    own = [(old, new) for old, new in pairs if old.agent == agent and old.submission]
    scored = [(old, new) for old, new in own if old.score is not None and new.score is not None]
    unscored = sum(new.score is None for _, new in own)
    if not scored:
        return Agreement(agent, 0, None, None, None, None, None, unscored)
    skills = np.array([[float(record.score["skill"]) for record in pair] for pair in scored])  # type: ignore[index]
    before, after = skills[:, 0], skills[:, 1]
    varied = before.std() > 0 and after.std() > 0
    return Agreement(
        agent,
        len(scored),
        float(before.mean()),
        float(after.mean()),
        float(np.abs(after - before).mean()),
        float(np.corrcoef(before, after)[0, 1]) if varied else None,
        sum(old.outcome == new.outcome for old, new in scored) / len(scored),
        unscored,
    )
