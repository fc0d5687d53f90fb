"""Scores of string descriptions: accuracy and skill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.code_scorer import CodeScorer
from find_gym.categories.held_out import decoy_generator, run_held_out
from find_gym.categories.strings.ascii_strings import most_equal, which_equal
from find_gym.categories.strings.category import MAX_STRING_COMPLEXITY
from find_gym.categories.strings.decoys import string_decoys
from find_gym.categories.strings.function import StringBlackBox, StringSpec
from find_gym.categories.strings.inputs import balanced_inputs
from find_gym.categories.strings.programs import which_right
from find_gym.categories.strings.unit_tests import draw_unit_tests
from find_gym.core.complexity import program_complexity
from find_gym.core.draws import SeededBits
from find_gym.core.skills import skill
from find_gym.core.submissions import PreparedCode, Submission
from find_gym.judges.protocol import Judge
from find_gym.sandbox import Status

HELD_OUT_INPUTS = 64
PAPER_INPUTS = 10


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
        complexity: how long the code or the program is, in bits; 0 where it can't be read.
        unit_tests: how the description in language does in unit tests, where there is a judge; see `UnitTestScore`.
    """

    accuracy: float
    skill: float
    trivial_accuracy: float
    strata: dict[str, float] = field(default_factory=dict)
    paper_score: float = 0.0
    outcome: str = "wrong"
    message: str = ""
    complexity: float = 0.0
    unit_tests: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the score as JSON-serialisable data."""
        return vars(self) | {"strata": dict(self.strata)}


class StringScorer(CodeScorer[StringScore]):
    """Judges descriptions of one string function, always on the same held-out inputs.

    The inputs are drawn from a generator seeded by the function's own identity, so the same function is always judged
    on the same inputs, and two functions have nothing but the empty string in common.

    Args:
        function: the truth.
        judge: judges the description in language as well, by unit tests; it changes neither accuracy nor skill.

    Example:
        >>> import numpy as np
        >>> from find_gym.categories.strings.function import StringFunction
        >>> from find_gym.categories.strings.sampling import sample_string
        >>> from find_gym.categories.strings.score import StringScorer
        >>> from find_gym.scoring import Submission
        >>> function = StringFunction(sample_string(np.random.default_rng(0)))
        >>> score = StringScorer(function).score(Submission(code=function.source()))
        >>> score.accuracy, score.skill, score.outcome
        (1.0, 1.0, 'right')
    """

    max_complexity = MAX_STRING_COMPLEXITY

    def __init__(self, function: StringBlackBox, judge: Judge | None = None) -> None:
        super().__init__(function, judge, draw_unit_tests)
        bits = SeededBits(np.frombuffer(bytearray(self._identity), dtype=np.uint32))
        self._inputs, (self._truth, told) = balanced_inputs(bits, HELD_OUT_INPUTS, function)
        # The inputs of each stratum, as bits.
        everything, unchanged, exception = (1 << len(self._truth)) - 1, _bits(told[0]), _bits(told[1])
        members = {"changed": everything & ~unchanged, "unchanged": unchanged, "exception": exception}
        self._strata = {name: those for name, those in members.items() if those}
        self._everything, self._first = everything, everything & (1 << PAPER_INPUTS) - 1
        constant = most_equal(self._truth) / len(self._truth)
        self.trivial_accuracy = max(constant, 1 - members["changed"].bit_count() / len(self._truth))

    def _by_program(self, submission: Submission) -> StringScore:
        program: Any = submission.program
        if not isinstance(program, StringSpec):
            raise TypeError(f"expected a StringSpec as the program, actual value: {program!r}")
        right = which_right(program.program, self._inputs, self._truth)
        return self._judge(right, program_complexity(program.to_json()))

    def _by_code(self, code: PreparedCode, domain: str) -> StringScore:
        rng = decoy_generator(self._identity)
        result = run_held_out(code, list(self._inputs), string_decoys(rng, HELD_OUT_INPUTS), rng)
        if result.status is not Status.OK:
            return self._failure(result.status.value, result.message)
        return self._judge(which_equal(self._truth, result.values))

    def _by_paper(self, code: PreparedCode) -> dict[str, Any]:
        return {"paper_score": self._by_code(code, "").paper_score}

    def score_predictions(self, predict: Callable[[Sequence[str]], Sequence[Any]]) -> StringScore:
        """Judges a trusted predictor, a callable from inputs to as many outputs."""
        return self._judge(which_equal(self._truth, predict(self._inputs)))

    def _failure(self, outcome: str, message: str) -> StringScore:
        return StringScore(0.0, 0.0, self.trivial_accuracy, outcome=outcome, message=message)

    def _judge(self, which: NDArray[np.bool_], complexity: float = 0.0) -> StringScore:
        right = _bits(which)
        accuracy = _share(right, self._everything)
        return StringScore(
            accuracy=accuracy,
            skill=skill(accuracy, self.trivial_accuracy),
            trivial_accuracy=self.trivial_accuracy,
            strata={name: _share(right, those) for name, those in self._strata.items()},
            paper_score=_share(right, self._first),
            outcome="right" if accuracy == 1 else "wrong",
            complexity=complexity,
        )


def _bits(which: NDArray[Any]) -> int:
    """Returns an integer with a bit for each place that is not 0."""
    return int.from_bytes(np.packbits(which, bitorder="little").tobytes(), "little")


def _share(right: int, those: int) -> float:
    return (right & those).bit_count() / those.bit_count()
