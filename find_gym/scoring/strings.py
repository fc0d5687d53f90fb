"""Scores of string descriptions: accuracy and skill, and the caps that keep lookup tables out."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from find_gym.functions.draws import SingleDraws
from find_gym.functions.strings.alphabet import NUMBER_WORDS
from find_gym.functions.strings.function import StringBlackBox, StringFunction, StringSpec
from find_gym.functions.strings.inputs import balanced_inputs
from find_gym.sandbox import Status, run_code
from find_gym.scoring.descriptions import DescriptionScorer
from find_gym.scoring.judges.protocol import Judge
from find_gym.scoring.skills import skill
from find_gym.scoring.submissions import MAX_CODE_BYTES, MalformedError, Submission, prepare_code

HELD_OUT_INPUTS = 64
PAPER_INPUTS = 10
MAX_TEXT_LITERALS = 400

_WORDS = frozenset((*NUMBER_WORDS, "none", "unknown"))
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)?")


@dataclass(frozen=True)
class StringScore:
    """How good a description of a string function is.

    Attributes:
        accuracy: the share of the held-out inputs with exactly the right output, in [0, 1].
        skill: accuracy, rescaled so that the better of the identity and the best constant has 0 and the truth 1.
        trivial_accuracy: the accuracy of the better of these two.
        strata: the share among the inputs that the function changes ("changed"), among those that it does not
            ("unchanged"), and, where some inputs follow another rule, among those that meet its condition
            ("exception"); as far as there are any.
        paper_score: the share among the first ten inputs, as many as the paper scores code on.
        outcome: one of `find_gym.scoring.OUTCOMES`; "right" means an accuracy of 1.
        message: what went wrong, if anything.
        unit_tests: how the description in language does in unit tests, where there is a judge; see `UnitTestScore`.
    """

    accuracy: float
    skill: float
    trivial_accuracy: float
    strata: dict[str, float] = field(default_factory=dict)
    paper_score: float = 0.0
    outcome: str = "wrong"
    message: str = ""
    unit_tests: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the score as JSON-serialisable data."""
        return vars(self) | {"strata": dict(self.strata)}


class StringScorer:
    """Judges descriptions of one string function, always on the same held-out inputs.

    The inputs are drawn from a generator seeded by the function's own identity, so the same function is always judged
    on the same inputs, and two functions have nothing but the empty string in common.

    Args:
        function: the truth.
        judge: judges the description in language as well, by unit tests; it changes neither accuracy nor skill.

    Example:
        >>> import numpy as np
        >>> from find_gym.functions.strings.function import StringFunction
        >>> from find_gym.functions.strings.sampling import sample_string
        >>> from find_gym.scoring.strings import StringScorer
        >>> from find_gym.scoring import Submission
        >>> function = StringFunction(sample_string(np.random.default_rng(0)))
        >>> score = StringScorer(function).score(Submission(code=function.source()))
        >>> score.accuracy, score.skill, score.outcome
        (1.0, 1.0, 'right')
    """

    def __init__(self, function: StringBlackBox, judge: Judge | None = None) -> None:
        self._descriptions = None if judge is None else DescriptionScorer(function, judge)
        rng = np.random.default_rng(np.frombuffer(function.identity(), dtype=np.uint32))
        self._inputs = balanced_inputs(SingleDraws(rng), HELD_OUT_INPUTS, function.truth, function.sides)
        self._truth = function.truth(self._inputs)
        changed = np.array([text != output for text, output in zip(self._inputs, self._truth, strict=True)])
        exception = np.array([any(side) for side in function.sides(self._inputs)])
        strata = {"changed": changed, "unchanged": ~changed, "exception": exception}
        self._strata = {name: member for name, member in strata.items() if member.any()}
        constant = Counter(self._truth).most_common(1)[0][1] / len(self._truth)
        self.trivial_accuracy = max(constant, 1 - float(np.mean(changed)))

    def score(self, submission: Submission, *, max_literals: int | None = MAX_TEXT_LITERALS) -> StringScore:
        """Judges a submission: its program, or else its code, which runs in the sandbox.

        Args:
            submission: what was handed in.
            max_literals: the cap on literals in code, see `prepare_string_code`; None lifts it.

        Returns:
            The score. A failure of the submission is a score of 0 with its kind as the outcome.

        Raises:
            SandboxError: the sandbox itself failed, so there is no score.
            TypeError: the submission's program is one of another category.
        """
        score = self._score(submission, max_literals)
        if self._descriptions is None:
            return score
        return replace(score, unit_tests=self._descriptions.score(submission).to_json())

    def _score(self, submission: Submission, max_literals: int | None) -> StringScore:
        if submission.program is not None:
            program: Any = submission.program
            if not isinstance(program, StringSpec):
                raise TypeError(f"expected a StringSpec as the program, actual value: {program!r}")
            return self._judge(StringFunction(program).truth(self._inputs))
        try:
            code = prepare_string_code(submission.code, max_literals=max_literals)
        except MalformedError as error:
            return self._failure("malformed", str(error))
        result = run_code(code, self._inputs)
        if result.status is not Status.OK:
            return self._failure(result.status.value, result.discreet_message)
        return self._judge(result.values)

    def score_predictions(self, predict: Callable[[Sequence[str]], Sequence[Any]]) -> StringScore:
        """Judges a trusted predictor, a callable from inputs to as many outputs."""
        return self._judge(predict(self._inputs))

    def _failure(self, outcome: str, message: str) -> StringScore:
        return StringScore(0.0, 0.0, self.trivial_accuracy, outcome=outcome, message=message)

    def _judge(self, predicted: Sequence[Any]) -> StringScore:
        # A value that only compares equal to the truth is no string.
        right = np.array([type(p) is str and p == t for p, t in zip(predicted, self._truth, strict=True)])
        accuracy = float(np.mean(right))
        return StringScore(
            accuracy=accuracy,
            skill=skill(accuracy, self.trivial_accuracy),
            trivial_accuracy=self.trivial_accuracy,
            strata={name: float(np.mean(right[member])) for name, member in self._strata.items()},
            paper_score=float(np.mean(right[:PAPER_INPUTS])),
            outcome="right" if accuracy == 1 else "wrong",
        )


def prepare_string_code(code: str, *, max_literals: int | None = MAX_TEXT_LITERALS) -> str:
    """Checks the caps on submitted code and returns it without comments and docstrings.

    Each character of a text literal and each digit of a number counts one, an English number word ("zero" to "thirty",
    "none" and "unknown" as well) counts one as a whole, wherever it stands. The alphabet in both cases, two maps of it
    and two tables of number words with their numbers come to about 350; a table of 20 queries with their answers comes
    to more than the cap.

    Args:
        code: Python source.
        max_literals: the greatest count; None lifts all caps.

    Returns:
        The source to run.

    Raises:
        MalformedError: the code is empty, is not Python, or exceeds a cap.
    """
    if max_literals is None:
        return prepare_code(code, max_literals=None)
    size = len(code.encode("utf-8", "surrogatepass"))
    if size > MAX_CODE_BYTES:
        raise MalformedError(f"expected at most {MAX_CODE_BYTES} bytes of code, actual: {size}")
    # The numeric cap of `prepare_code` does not fit texts: a number that no code of this size can reach.
    stripped = prepare_code(code, max_literals=MAX_CODE_BYTES)
    count = count_text_literals(ast.parse(stripped))
    if count > max_literals:
        raise MalformedError(f"expected at most {max_literals} characters in the literals of the code, actual: {count}")
    return stripped


def count_text_literals(tree: ast.AST) -> int:
    """Counts the literals of parsed code, as `prepare_string_code` does."""
    total = 0
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
            continue
        if isinstance(node.value, (int, float, complex)):
            total += sum(character.isdigit() for character in repr(node.value))
        elif isinstance(node.value, (str, bytes)):
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            total += len(_WORD.sub(lambda match: "." if match.group() in _WORDS else match.group(), text))
    return total
