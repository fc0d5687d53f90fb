"""A training run as the command does it: training, evaluation beside other agents, analysis, learning curve."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from find_gym_agents.evaluation import EvaluationConfig, EvaluationResult, evaluate
from find_gym_agents.registry import agents_by_name
from find_gym_agents.runs.records import CONFIG, locked, read_config, write_json
from find_gym_agents.training.checkpoints import LAST, POLICY, UNTRAINED, CheckpointError
from find_gym_agents.training.config import RunConfig, TrainConfig
from find_gym_agents.training.loop import NothingLearnedError, Training
from find_gym_agents.training.plots import draw_learning_curve
from find_gym_agents.training.progress import Progress, bar
from find_gym_agents.training.summary import closing_text, next_steps

__all__ = ["CheckpointError", "NothingLearnedError", "TrainResult", "train"]

# Agents that the policy is set beside: what chance and a look at nothing earn, and the strongest scripted agent.
_BESIDE = ("random", "blind")


@dataclass(frozen=True)
class TrainResult:
    """What a training led to.

    Attributes:
        folder: where everything is.
        text: the closing summary.
        notes: what did not go as planned.
    """

    folder: Path
    text: str
    notes: list[str]


def train(config: TrainConfig, *, progress: bool = True) -> TrainResult:
    """Trains a policy, evaluates it and analyses what it asks.

    Where the folder holds a run of the same configuration, it goes on from its last checkpoint; a finished one where
    the configuration has more minutes or steps.

    Args:
        config: what to train.
        progress: whether to show progress bars on standard error.

    Raises:
        CheckpointError: the folder holds a run of another configuration, or a file does not fit.
        NothingLearnedError: the policy was never changed.
        ImportError: something is not installed.
    """
    folder = config.folder
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        with bar(progress) as show:
            training = Training(config, show)
            write_json(folder / CONFIG, config.to_json())
            training.run()
        done = training.progress
    analysed = ""
    if config.analyse:
        from find_gym_agents.training.analysis import analyse

        analysed = analyse(folder / POLICY, folder / "analysis")
    return conclude(config, done, _validated(done), analysed, progress=progress)


def conclude(
    config: RunConfig, done: Progress, headline: str, analysed: str = "", *, progress: bool = True
) -> TrainResult:
    """Evaluates what was trained beside other agents and draws the learning curve.

    Args:
        config: the configuration; its folder holds the policy and the untrained one.
        done: how far the training came.
        headline: what was learned, in a sentence.
        analysed: further figures, shown with `verbose`.
        progress: whether to show progress bars on standard error.
    """
    folder, results = config.folder, {}
    if config.test_functions:
        results = {name: _evaluate(config, name, progress) for name in (UNTRAINED, POLICY)}
    references = _references(results[POLICY].summary) if results else {}
    draw_learning_curve([done.curve], folder / "learning_curve.png", config.category, references=references)
    parts = [headline]
    parts += [closing_text(results[UNTRAINED].summary, results[POLICY].summary, config)] if results else []
    parts += [next_steps(config)]
    if config.verbose:
        parts += [*(result.table for result in results.values()), *([analysed] if analysed else [])]
    return TrainResult(folder, "\n\n".join(parts), done.notes + _doubts(done))


def _validated(done: Progress) -> str:
    """Says which policy was kept."""
    best, last = done.best, done.curve[-1]
    assert best is not None
    validations = "1 validation" if len(done.curve) == 2 else f"{len(done.curve) - 1} validations"
    return (
        f"{POLICY}: skill {best['skill']:.3f} of the likeliest program on validation functions, the best of "
        f"{validations} ({best['phase']}, after {best['seconds'] / 60:.1f} minutes); {LAST}: {last['skill']:.3f}; "
        f"untrained: {done.curve[0]['skill']:.3f}"
    )


def _doubts(done: Progress) -> list[str]:
    assert done.best is not None
    if done.best["skill"] > done.curve[0]["skill"]:
        return []
    return [
        f"nothing was learned that shows on validation functions: skill {done.curve[0]['skill']:.3f} before, "
        f"{done.best['skill']:.3f} at best"
    ]


def _evaluate(config: RunConfig, checkpoint: str, progress: bool) -> EvaluationResult:
    """Evaluates a checkpoint on the test split; the trained one beside other agents."""
    strongest = config.category_settings.strongest
    beside = (*_BESIDE, *([strongest] if strongest else [])) if checkpoint == POLICY else ()
    agents = agents_by_name()
    known = (name for name in beside if name in agents and config.category in agents[name].categories)
    out = config.folder / f"test-{checkpoint.removesuffix('.pt')}"
    evaluation = EvaluationConfig(
        agents=("policy", *known),
        functions=config.test_functions,
        split="test",
        workers=config.workers,
        checkpoint=str(config.folder / checkpoint),
        proposals=config.begins_as[1] if checkpoint == UNTRAINED else None,
        **config.evaluation_options,
        out=str(out),
    )
    _keep_older(out, evaluation.identity())
    return evaluate(evaluation, progress=progress)


def _keep_older(folder: Path, identity: dict[str, Any]) -> None:
    """Moves the evaluation of a policy that has been trained on since out of the way."""
    if not (folder / CONFIG).is_file():
        return
    before = read_config(folder)["identity"]
    if json.loads(json.dumps(identity)) != before:
        number = 1
        while (moved := folder.with_name(f"{folder.name}-{number}")).exists():
            number += 1
        folder.rename(moved)


def _references(summary: dict[str, Any]) -> dict[str, float]:
    """Returns the skill of the agents beside the policy, on test functions."""
    agents = summary["agents"]
    return {name: agents[name]["overall"]["skill"]["mean"] for name in agents if not name.startswith("policy:")}
