"""The scorers: those of the environments. A sandbox or a judge that fails is the sample's error, never a 0."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from anyio import to_thread
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState

from find_gym.adapters.inspect._episode import Interpretation
from find_gym.adapters.inspect._functions import Functions
from find_gym.scoring import Submission


@scorer(metrics=[mean(), stderr()])
def skill() -> Scorer:
    """The accuracy, rescaled so that the best trivial description has 0 and the truth 1; 0 without a submission."""
    return _scored_by("skill")


@scorer(metrics=[mean(), stderr()])
def accuracy() -> Scorer:
    """The share of held-out inputs that the description predicts; 0 without a submission."""
    return _scored_by("accuracy")


@scorer(metrics=[mean(), stderr()])
def paper_score() -> Scorer:
    """The score of the FIND paper; 0 without a submission."""
    return _scored_by("paper_score")


@scorer(metrics=[mean(), stderr()])
def queries() -> Scorer:
    """The inputs that were asked."""

    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=state.store_as(Interpretation).queries)

    return score


def _scored_by(part: str) -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        kept = state.store_as(Interpretation)
        queries = kept.queries
        if kept.submission is None:
            reason = kept.ending or "the sample ended before the model submitted"
            metadata = {"outcome": "no_submission", "queries": queries}
            return Score(value=0.0, explanation=f"No submission: {reason}.", metadata=metadata)
        functions = json.dumps(state.metadata["functions"], sort_keys=True)
        texts = kept.submission
        submission = Submission(texts["description"], texts["domain"], texts["code"])
        judged = await to_thread.run_sync(_judge, functions, state.metadata["index"], submission, tuple(kept.asked))
        answer = texts["code"] or texts["description"]
        return Score(
            value=judged[part],
            answer=answer,
            explanation=f"{judged['score']['outcome']}; the truth: {judged['truth']}",
            metadata={"outcome": judged["score"]["outcome"], "queries": queries, **judged},
        )

    return score


@lru_cache(maxsize=1024)
def _judge(functions: str, index: int, submission: Submission, asked: tuple[Any, ...]) -> dict[str, Any]:
    """Judges a submission: "skill", "accuracy", "paper_score", all parts as "score", and the "truth" in words.

    Several scorers ask for the same; an exception is not kept.
    """
    env, _, _ = Functions(**json.loads(functions)).open(index)
    episode = env.unwrapped.episode  # type: ignore[attr-defined]
    score = episode.category.score(episode.function, submission, asked)
    return {
        "skill": float(score.skill),
        "accuracy": float(score.accuracy),
        "paper_score": float(score.paper_score),
        "score": score.to_json(),
        "truth": episode.function.describe(),
    }
