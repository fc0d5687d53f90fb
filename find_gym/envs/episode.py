"""The rules of an episode, the same in every interface; nothing of Gymnasium in here.

An episode has a budget of inputs and a number of steps. A query costs its number of inputs; a query for more than is
left is refused. An illegal action costs one input (while there are any) and changes nothing else. A submission ends
the episode. When the budget is spent, only a submission is left; when the steps are spent too, the episode ends
without one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from find_gym.functions import QUERY_RANGE, NumericBlackBox
from find_gym.scoring import NumericScore, NumericScorer, Submission

Reward = Literal["skill", "accuracy", "find"]
REWARDS: tuple[Reward, ...] = ("skill", "accuracy", "find")

_REWARD_OF: dict[str, Callable[[NumericScore], float]] = {
    "skill": lambda score: score.skill,
    "accuracy": lambda score: score.accuracy,
    "find": lambda score: float(score.paper_success),
}


@dataclass(frozen=True)
class Query:
    """Asks for the function's outputs.

    Attributes:
        inputs: numbers within [-128, 128].
    """

    inputs: tuple[float, ...]


@dataclass(frozen=True)
class Submit:
    """Hands in the final description.

    Attributes:
        submission: the description.
    """

    submission: Submission


@dataclass(frozen=True)
class Write:
    """Goes on with a description that is not complete yet; costs nothing but the step."""


@dataclass(frozen=True)
class Refuse:
    """An action that can't be taken.

    Attributes:
        reason: what was expected and what came.
        charge: inputs that it costs all the same, as far as there are any left.
    """

    reason: str
    charge: int = 0


Move: TypeAlias = Query | Submit | Write | Refuse


@dataclass(frozen=True)
class Rules:
    """The rules of an episode.

    Attributes:
        max_queries: the budget, a number of inputs.
        max_steps: the number of steps (actions, messages).
        query_cost: subtracted from the reward for each input that is charged.
        reward: what a submission earns: "skill", "accuracy", or "find" (the paper's success, 0 or 1).
    """

    max_queries: int
    max_steps: int
    query_cost: float = 0.0
    reward: Reward = "skill"

    def __post_init__(self) -> None:
        for name, least in (("max_queries", 0), ("max_steps", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
                raise ValueError(f"expected {name} to be an integer >= {least}, actual value: {value!r}")
        if not isinstance(self.query_cost, (int, float)) or not 0 <= self.query_cost < float("inf"):
            raise ValueError(f"expected a query_cost >= 0, actual value: {self.query_cost!r}")
        if self.reward not in REWARDS:
            raise ValueError(f"expected a reward in {REWARDS}, actual value: {self.reward!r}")


@dataclass
class Outcome:
    """What a step led to.

    Attributes:
        reward: what the step earned.
        terminated: whether the episode is over.
        inputs: the inputs that were answered in this step, shape `(n,)`.
        outputs: their outputs, shape `(n,)`, NaN where undefined.
        message: why the action was refused, or how the episode ended; empty otherwise.
        score: the score of a submission.
        submission: the submission itself.
    """

    reward: float = 0.0
    terminated: bool = False
    inputs: np.ndarray = field(default_factory=lambda: np.empty(0))
    outputs: np.ndarray = field(default_factory=lambda: np.empty(0))
    message: str = ""
    score: NumericScore | None = None
    submission: Submission | None = None


class Episode:
    """One function, being interpreted.

    Args:
        function: the black box.
        rules: the rules.
        rng: draws the function's noise.

    Attributes:
        budget: inputs that can still be asked.
        steps_left: steps that can still be taken.
        inputs: all inputs asked so far, in order.
        outputs: their outputs, NaN where undefined.
    """

    def __init__(self, function: NumericBlackBox, rules: Rules, rng: np.random.Generator) -> None:
        self.function = function
        self.rules = rules
        self.budget = rules.max_queries
        self.steps_left = rules.max_steps
        self.inputs: list[float] = []
        self.outputs: list[float] = []
        self.last = Outcome()
        self._rng = rng

    def evidence(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns everything that was asked and answered, float64 arrays of shape `(n,)`."""
        return np.array(self.inputs, dtype=np.float64), np.array(self.outputs, dtype=np.float64)

    def step(self, move: Move) -> Outcome:
        """Takes one step.

        Raises:
            RuntimeError: the episode is over.
            SandboxError: submitted code could not be judged because the sandbox failed; the step has not been taken.
        """
        if self.last.terminated:
            raise RuntimeError("expected an episode that is not over, actual: it has ended; call reset()")
        outcome = self._submit(move) if isinstance(move, Submit) else self._go_on(move)
        self.steps_left -= 1
        if not outcome.terminated and self.steps_left == 0:
            outcome.terminated = True
            outcome.message = f"{outcome.message} The episode ended without a submission.".strip()
        self.last = outcome
        return outcome

    def _go_on(self, move: Move) -> Outcome:
        if isinstance(move, Query):
            reason = self._objection(move.inputs)
            if reason is None:
                return self._answer(move.inputs)
            move = Refuse(reason)
        if isinstance(move, Refuse):
            charged = min(move.charge, self.budget)
            self.budget -= charged
            return Outcome(reward=0.0 - self.rules.query_cost * charged, message=move.reason)
        return Outcome()

    def _objection(self, inputs: tuple[float, ...]) -> str | None:
        """Says why a query can't be answered, or None."""
        low, high = QUERY_RANGE
        outside = [value for value in inputs if not low <= value <= high]
        if outside:
            return f"expected inputs in [{low:g}, {high:g}], actual value: {outside[0]!r}; nothing was charged"
        if not inputs:
            return "expected at least one input, actual: an empty query"
        if len(inputs) > self.budget:
            left = f"{self.budget} inputs (the budget left)"
            return f"expected at most {left}, actual: {len(inputs)}; nothing was charged"
        return None

    def _answer(self, inputs: tuple[float, ...]) -> Outcome:
        x = np.array(inputs, dtype=np.float64)
        y = self.function(x, self._rng)
        self.budget -= len(inputs)
        self.inputs += x.tolist()
        self.outputs += y.tolist()
        return Outcome(reward=0.0 - self.rules.query_cost * len(inputs), inputs=x, outputs=y)

    def _submit(self, move: Submit) -> Outcome:
        score = NumericScorer(self.function).score(move.submission)
        reward = _REWARD_OF[self.rules.reward](score)
        return Outcome(reward, True, message=score.message, score=score, submission=move.submission)
