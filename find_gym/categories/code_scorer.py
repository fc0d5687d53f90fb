"""What scorers of functions share whose descriptions are programs or code."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from types import EllipsisType
from typing import Any, ClassVar, Generic, TypeVar

from find_gym.core.submissions import MalformedError, PreparedCode, Submission, TooComplexError, prepare_code
from find_gym.judges.descriptions import DescriptionScorer, DrawUnitTests
from find_gym.judges.protocol import Judge

AnyScore = TypeVar("AnyScore")


class CodeScorer(ABC, Generic[AnyScore]):
    """Judges the programs and the code of one function, and with a judge what is said in language.

    Args:
        function: the truth.
        judge: reads descriptions; it changes neither accuracy nor skill. None for no judge.
        draw: draws unit tests of the function for the judge.

    Attributes:
        max_complexity: the cap on the complexity of code, in bits.
    """

    max_complexity: ClassVar[float]

    def __init__(self, function: Any, judge: Judge | None, draw: DrawUnitTests) -> None:
        self._descriptions = None if judge is None else DescriptionScorer(function, judge, draw)
        self._identity: bytes = function.identity()

    def score(self, submission: Submission, *, cap: float | None | EllipsisType = ...) -> AnyScore:
        """Judges a submission: its program, or else its code, which runs in the sandbox.

        Args:
            submission: what was handed in.
            cap: the greatest complexity of code, in bits, by default `max_complexity`; None lifts it. The paper's score
                has none.

        Returns:
            The score. A failure of the submission is a score of 0 with its kind as the outcome.

        Raises:
            SandboxError: the sandbox itself failed, so there is no score.
            TypeError: the submission's program is one of another category.
        """
        score: Any
        if submission.program is not None:
            score = self._by_program(submission)
        else:
            score = self._by_source(submission, self.max_complexity if isinstance(cap, EllipsisType) else cap)
        if self._descriptions is not None:
            score = replace(score, unit_tests=self._descriptions.score(submission).to_json())
        scored: AnyScore = score
        return scored

    def _by_source(self, submission: Submission, cap: float | None) -> Any:
        try:
            code = prepare_code(submission.code, cap=cap)
        except TooComplexError as error:
            failure: Any = self._failure("malformed", str(error))
            return replace(failure, complexity=error.prepared.complexity, **self._by_paper(error.prepared))
        except MalformedError as error:
            return self._failure("malformed", str(error))
        by_code: Any = self._by_code(code, submission.domain)
        return replace(by_code, complexity=code.complexity)

    @abstractmethod
    def _by_program(self, submission: Submission) -> AnyScore:
        """Judges a submission's program, its complexity included; a TypeError says if it is of another category."""

    @abstractmethod
    def _by_code(self, code: PreparedCode, domain: str) -> AnyScore:
        """Judges code, and the domain on which it was claimed that the function departs from its rule."""

    @abstractmethod
    def _by_paper(self, code: PreparedCode) -> dict[str, Any]:
        """Returns the parts of a score that are the paper's, which has no cap, of code beyond ours."""

    @abstractmethod
    def _failure(self, outcome: str, message: str) -> AnyScore:
        """Returns the score of a submission that can't be judged."""
