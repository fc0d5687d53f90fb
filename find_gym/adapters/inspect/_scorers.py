"""The scorers: they report what the environment paid and told. What fails there is the sample's error, never a 0."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from anyio import to_thread
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState

from find_gym.adapters.inspect._episode import Interpretation
from find_gym.adapters.inspect._functions import Functions
from find_gym.core.registry import category_named


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
def reward() -> Scorer:
    """What the environment paid in all: for the submission, less the costs of queries."""

    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=state.store_as(Interpretation).reward)

    return score


@scorer(metrics=[mean(), stderr()])
def queries() -> Scorer:
    """The inputs that were asked."""

    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=state.store_as(Interpretation).queries)

    return score


def _scored_by(part: str) -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        kept = state.store_as(Interpretation)
        functions = json.dumps(state.metadata["functions"], sort_keys=True)
        metadata = {"queries": kept.queries, "reward": kept.reward, "score": kept.score or {}}
        # Only here, after the end: nothing that the model sees is made from it.
        metadata |= await to_thread.run_sync(_truth, functions, state.metadata["index"])
        if kept.score is None or kept.answer is None:
            reason = kept.ending or "the sample ended before the model submitted"
            metadata["outcome"] = "no_submission"
            return Score(value=0.0, explanation=f"No submission: {reason}.", metadata=metadata)
        outcome = kept.score["outcome"]
        return Score(
            value=kept.scores[part],
            answer=kept.answer["code"] or kept.answer["description"],
            explanation=f"{outcome}; the truth: {metadata['truth']}",
            metadata=metadata | {"outcome": outcome} | kept.scores,
        )

    return score


@lru_cache(maxsize=1024)
def _truth(functions: str, index: int) -> dict[str, Any]:
    """Returns the family, the variant and the description of a function; several scorers ask for the same."""
    made = Functions(**json.loads(functions))
    spec = made.spec(index)
    truth = category_named(made.category).make(spec).describe()
    return {"family": spec.family, "variant": spec.variant, "truth": truth}
