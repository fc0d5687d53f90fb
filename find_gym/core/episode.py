"""The rules of an episode, the same in every interface; nothing of Gymnasium in here.

An episode has a budget of inputs and a number of steps. A query costs its number of inputs; a query for more than is
left is refused. An illegal action costs one input (while there are any) and changes nothing else. A submission ends
the episode. When the budget is spent, only a submission is left; when the steps are spent too, the episode ends
without one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from find_gym.core.arguments import read_integer, read_number
from find_gym.core.message_rules import MessageRules
from find_gym.core.moves import ILLEGAL_CHARGE, Move, Query, Refuse, RefusedInputError, Submit, Write
from find_gym.core.submissions import Submission

__all__ = ["Episode", "Examiner", "Move", "Outcome", "Query", "Refuse", "Rules", "Score", "Submit", "Write"]

Reward = Literal["skill", "accuracy", "find"]
REWARDS: tuple[Reward, ...] = ("skill", "accuracy", "find")


class Score(Protocol):
    """What an episode needs of a score."""

    @property
    def accuracy(self) -> float:
        """The share of held-out inputs that are predicted, in [0, 1]."""

    @property
    def skill(self) -> float:
        """The accuracy, rescaled so that the best trivial description has 0 and the truth 1."""

    @property
    def paper_score(self) -> float:
        """The paper's own score, in [0, 1]."""

    @property
    def message(self) -> str:
        """What went wrong, if anything."""

    def to_json(self) -> dict[str, Any]:
        """Returns the score as JSON-serialisable data."""


class Examiner(Protocol):
    """Answers the queries about the functions of one category, and judges what is submitted.

    Attributes:
        messages: what messages about its functions look like.
    """

    messages: MessageRules

    def objection(self, inputs: tuple[Any, ...]) -> str | None:
        """Says why a query with these inputs can't be answered (what was expected and what came), or returns None."""

    def answer(self, function: Any, inputs: tuple[Any, ...], rng: np.random.Generator) -> list[Any]:
        """Returns the function's outputs, one for each input.

        Raises:
            RefusedInputError: this function, unlike others, can't answer an input; the query is refused.
        """

    def to_json(self, outputs: list[Any]) -> list[Any]:
        """Returns outputs as JSON-serialisable data that passes Gymnasium's checks."""

    def objection_to_submission(
        self, function: Any, submission: Submission, asked: Sequence[Any] = (), *, strict: bool = True
    ) -> str | None:
        """Says why a submission can't be judged (what was expected and what came), or returns None.

        Args:
            function: the truth; nothing of it is told.
            submission: the description.
            asked: the inputs that the interpreter was shown the outputs of.
            strict: whether to object as well to what can be judged in part; not where it can't be sent again.
        """

    def score(self, function: Any, submission: Submission, asked: Sequence[Any] = ()) -> Score:
        """Judges a submission.

        Args:
            function: the truth.
            submission: the description.
            asked: the inputs that the interpreter was shown the outputs of, in order.

        Raises:
            SandboxError: the sandbox failed, so there is no score.
        """


REWARD_OF: dict[str, Callable[[Score], float]] = {
    "skill": lambda score: score.skill,
    "accuracy": lambda score: score.accuracy,
    "find": lambda score: score.paper_score,
}


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
            object.__setattr__(self, name, read_integer(name, getattr(self, name), least))
        object.__setattr__(self, "query_cost", read_number("a query_cost >= 0", self.query_cost, 0.0))
        if self.reward not in REWARDS:
            raise ValueError(f"expected a reward in {REWARDS}, actual value: {self.reward!r}")

    @staticmethod
    def can_ask(budget: int, count: int = 1) -> bool:
        """Returns whether so many inputs may be asked with what is left of the budget."""
        return budget >= count

    @staticmethod
    def charge(budget: int, wanted: int = ILLEGAL_CHARGE) -> int:
        """Returns the inputs that an illegal action costs, as far as there are any left."""
        return min(budget, wanted)

    def cost(self, charged: int) -> float:
        """Returns the reward of a step in which so many inputs were charged, and nothing was submitted."""
        return 0.0 - self.query_cost * charged

    def earned(self, score: Score) -> float:
        """Returns the reward of a submission."""
        return REWARD_OF[self.reward](score)

    @staticmethod
    def is_spent(steps_left: int) -> bool:
        """Returns whether the episode ends even without a submission."""
        return steps_left == 0


@dataclass
class Outcome:
    """What a step led to.

    Attributes:
        reward: what the step earned.
        terminated: whether the episode is over.
        inputs: the inputs that were answered in this step.
        outputs: their outputs, as many; NaN where a numeric function is undefined.
        message: why the action was refused, or how the episode ended; empty otherwise.
        score: the score of a submission.
        submission: the submission itself.
        move: what the action stood for, taken or refused; None before the first step.
    """

    reward: float = 0.0
    terminated: bool = False
    inputs: tuple[Any, ...] = ()
    outputs: tuple[Any, ...] = ()
    message: str = ""
    score: Score | None = None
    submission: Submission | None = None
    move: Move | None = None


class Episode:
    """One function, being interpreted.

    Args:
        examiner: answers the queries and judges the submission.
        function: the black box.
        rules: the rules.
        rng: draws the function's noise.

    Attributes:
        budget: inputs that can still be asked.
        steps_left: steps that can still be taken.
        inputs: all inputs asked so far, in order.
        outputs: their outputs.
        last: what the last step led to.
    """

    def __init__(self, examiner: Examiner, function: Any, rules: Rules, rng: np.random.Generator) -> None:
        self.examiner = examiner
        self.function = function
        self.rules = rules
        self.budget = rules.max_queries
        self.steps_left = rules.max_steps
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self.last = Outcome()
        self._rng = rng

    def step(self, move: Move) -> Outcome:
        """Takes one step.

        Where a function can't be asked or a submission can't be judged, that raises, and the step has not been taken.

        Raises:
            RuntimeError: the episode is over.
            SandboxError: submitted code could not be judged because the sandbox failed.
        """
        if self.last.terminated:
            raise RuntimeError("expected an episode that is not over, actual: it has ended; call reset()")
        outcome = self._submit(move) if isinstance(move, Submit) else self._go_on(move)
        outcome.move = move
        self.steps_left -= 1
        if not outcome.terminated and self.rules.is_spent(self.steps_left):
            outcome.terminated = True
            outcome.message = f"{outcome.message} The episode ended without a submission.".strip()
        self.last = outcome
        return outcome

    def give(self, inputs: tuple[Any, ...]) -> list[Any]:
        """Answers a query free of charge, before the first step; returns its outputs."""
        outputs = self.examiner.answer(self.function, inputs, self._rng)
        self.inputs += inputs
        self.outputs += outputs
        return outputs

    def _go_on(self, move: Move) -> Outcome:
        if isinstance(move, Query):
            reason = self._objection(move.inputs)
            if reason is None:
                try:
                    return self._answer(move.inputs)
                except RefusedInputError as error:
                    reason = str(error)
            move = Refuse(f"{reason}; nothing was charged")
        if isinstance(move, Refuse):
            charged = self.rules.charge(self.budget, move.charge)
            self.budget -= charged
            return Outcome(self.rules.cost(charged), message=move.reason)
        return Outcome()

    def _objection(self, inputs: tuple[Any, ...]) -> str | None:
        """Says why a query can't be answered, or returns None."""
        if not inputs:
            return "expected at least one input, actual: an empty query"
        if not self.rules.can_ask(self.budget, len(inputs)):
            return f"expected at most {self.budget} inputs (the budget left), actual: {len(inputs)}"
        return self.examiner.objection(inputs)

    def _answer(self, inputs: tuple[Any, ...]) -> Outcome:
        outputs = self.give(inputs)
        self.budget -= len(inputs)
        return Outcome(self.rules.cost(len(inputs)), inputs=inputs, outputs=tuple(outputs))

    def _submit(self, move: Submit) -> Outcome:
        score = self.examiner.score(self.function, move.submission, tuple(self.inputs))
        return Outcome(self.rules.earned(score), True, message=score.message, score=score, submission=move.submission)
