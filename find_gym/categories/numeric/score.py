"""Scores of numeric descriptions: accuracy, skill, their parts, and the paper's success beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from find_gym.categories.code_scorer import CodeScorer
from find_gym.categories.held_out import decoy_generator, run_held_out
from find_gym.categories.numeric.category import MAX_NUMERIC_COMPLEXITY
from find_gym.categories.numeric.custom import LARGEST_OUTPUT
from find_gym.categories.numeric.decoys import numeric_decoys
from find_gym.categories.numeric.domains import read_domain
from find_gym.categories.numeric.function import NumericBlackBox, NumericFunction, NumericSpec
from find_gym.categories.numeric.inputs import (
    NO_INTERVALS,
    POINTS_PER_STRATUM,
    BegunInputs,
    exception_of,
    intersection_over_union,
)
from find_gym.categories.numeric.loops import NO_LOOPS, NO_NUMBERS, loops_of
from find_gym.categories.numeric.paper import PAPER_INPUTS, PAPER_THRESHOLD, paper_error
from find_gym.categories.numeric.rules import AtomRule
from find_gym.categories.numeric.unit_tests import draw_unit_tests
from find_gym.core.arrays import loop_array
from find_gym.core.complexity import program_complexity
from find_gym.core.late import LateModule
from find_gym.core.skills import skill
from find_gym.core.submissions import MalformedError, PreparedCode, Submission, prepare_code
from find_gym.judges.protocol import Judge
from find_gym.sandbox import Result, Status

_counting = LateModule("find_gym.categories.numeric.kernels.counting")

FloatArray = NDArray[np.float64]

# The bits of what most programs share.
_NAME, _NOTHING, _NO_REGIONS = map(program_complexity, ("", None, []))

OUTCOMES = ("right", "wrong", "malformed", "raised", "timed_out", "out_of_memory", "forbidden")


@dataclass(frozen=True)
class NumericScore:
    """How good a numeric description is.

    Attributes:
        accuracy: mean over the strata of the share of inputs that are predicted within the tolerance, in [0, 1].
        skill: accuracy, rescaled so that the best constant has 0 and the truth 1, clipped to [0, 1].
        trivial_accuracy: the accuracy of the best constant ("always undefined" included).
        strata: the share within each stratum.
        beyond_range: the share of inputs with 128 < |x| < 256; not part of the accuracy.
        exception_iou: intersection over union of the claimed and the true exception; 1 where there is none on either
            side.
        paper_error: the paper's normalised squared error against the noise-free truth; infinite after a failure.
        paper_success: whether that is below 0.1.
        outcome: one of `OUTCOMES`; "right" means an accuracy of 1.
        message: what went wrong, if anything.
        complexity: how long the code or the program is, in bits; 0 where it can't be read.
        unit_tests: how the description in language does in unit tests, where there is a judge; see `UnitTestScore`.
    """

    accuracy: float
    skill: float
    trivial_accuracy: float
    strata: dict[str, float] = field(default_factory=dict)
    beyond_range: float = 0.0
    exception_iou: float = 0.0
    paper_error: float = math.inf
    paper_success: bool = False
    outcome: str = "wrong"
    message: str = ""
    complexity: float = 0.0
    unit_tests: dict[str, Any] | None = None

    @classmethod
    def _of(cls, **fields: Any) -> NumericScore:
        """Makes a score of all of its fields at once; a frozen dataclass calls a function for each."""
        score = object.__new__(cls)
        vars(score).update(fields)
        return score

    @property
    def paper_score(self) -> float:
        """The paper's own score: 1 for success, 0 otherwise."""
        return float(self.paper_success)

    def to_json(self) -> dict[str, Any]:
        """Returns the score as JSON-serialisable data; an error that is not finite becomes null."""
        error = self.paper_error if math.isfinite(self.paper_error) else None
        return vars(self) | {"strata": dict(self.strata), "paper_error": error}


class NumericScorer(CodeScorer[NumericScore]):
    """Judges descriptions of one numeric function, always on the same held-out inputs.

    Args:
        function: the truth.
        judge: judges the description in language as well, by unit tests; it changes neither accuracy nor skill.

    Example:
        >>> import numpy as np
        >>> from find_gym.functions import NumericBlackBox, NumericFunction, sample_numeric
        >>> from find_gym.scoring import NumericScorer, Submission
        >>> function = NumericFunction(sample_numeric(np.random.default_rng(0)))
        >>> score = NumericScorer(function).score(Submission(program=function.spec))
        >>> score.accuracy, score.skill, score.outcome
        (1.0, 1.0, 'right')
    """

    max_complexity = MAX_NUMERIC_COMPLEXITY

    def __init__(self, function: NumericBlackBox, judge: Judge | None = None) -> None:
        super().__init__(function, judge, draw_unit_tests)
        self._exception = exception_of(function)
        self._inputs = BegunInputs(function, self._identity, self._exception, PAPER_INPUTS)
        self._names = self._inputs.names

    @property
    def trivial_accuracy(self) -> float:
        """The accuracy of the best constant ("always undefined" included)."""
        return self._inputs.finish()[2]

    @property
    def _x(self) -> FloatArray:
        """The held-out inputs, and those of the paper."""
        inputs: FloatArray = self._inputs.finish()[0][0]
        return inputs

    @property
    def _truth(self) -> FloatArray:
        """The outputs at all of them."""
        outputs: FloatArray = self._inputs.finish()[0][1]
        return outputs

    def _by_program(self, submission: Submission) -> NumericScore:
        program = numeric_program(submission)
        function = NumericFunction(program)
        loops = loops_of(function)
        predicted = NO_NUMBERS if loops[0].size else function.truth(self._x)
        return self._judge(predicted, exception_of(function), None, complexity_of(program), loops)

    def _by_code(self, code: PreparedCode, domain: str) -> NumericScore:
        rng = decoy_generator(self._identity)
        result = run_held_out(code, self._x.tolist(), numeric_decoys(rng, self._exception).tolist(), rng)
        if result.status is not Status.OK:
            return self._failure(result.status.value, result.message)
        predicted = np.array([to_number(value) for value in result.values])
        return self._judge(predicted, read_domain(domain), result)

    def _by_paper(self, code: PreparedCode) -> dict[str, Any]:
        error, success = paper_error(self._truth[-PAPER_INPUTS.size :], code.run(PAPER_INPUTS.tolist()))
        return {"paper_error": error, "paper_success": success}

    def score_predictions(self, predict: Any) -> NumericScore:
        """Judges a trusted predictor, a callable from inputs `(n,)` to outputs `(n,)`, that claims no exception."""
        return self._judge(loop_array(predict(self._x), self._x.size), NO_INTERVALS)

    def _failure(self, outcome: str, message: str) -> NumericScore:
        return NumericScore(0.0, 0.0, self.trivial_accuracy, outcome=outcome, message=message)

    def _judge(
        self,
        predicted: FloatArray,
        claimed: FloatArray,
        result: Result | None = None,
        complexity: float = 0.0,
        loops: tuple[FloatArray, FloatArray] = NO_LOOPS,
    ) -> NumericScore:
        """Judges outputs, or loops that give them."""
        right = np.empty(len(self._names) + 3)
        points, spread, trivial_accuracy = self._inputs.finish()
        _counting.count_right(*loops, predicted, points, spread, LARGEST_OUTPUT, POINTS_PER_STRATUM, right)
        *strata, beyond, accuracy, error = right.tolist()
        success = error < PAPER_THRESHOLD
        if result is not None:
            error, success = paper_error(self._truth[-PAPER_INPUTS.size :], _last(result, PAPER_INPUTS.size))
        return NumericScore._of(
            accuracy=accuracy,
            skill=skill(accuracy, trivial_accuracy),
            trivial_accuracy=trivial_accuracy,
            strata=dict(zip(self._names, strata, strict=True)),
            beyond_range=beyond,
            exception_iou=intersection_over_union(claimed, self._exception),
            paper_error=error,
            paper_success=success,
            outcome="right" if accuracy == 1 else "wrong",
            message="",
            complexity=complexity,
            unit_tests=None,
        )


def score_numeric_programs(
    functions: Sequence[NumericBlackBox], programs: Sequence[NumericSpec | None]
) -> list[NumericScore]:
    """Judges the programs of many episodes, each on its own function.

    Args:
        functions: the truths.
        programs: what was handed in for each; None stands for a program that could not be made, and is malformed.

    Returns:
        What `NumericScorer` gives each of them.
    """
    return [
        NumericScorer(function).score(Submission(program=program))
        for function, program in zip(functions, programs, strict=True)
    ]


def numeric_program(submission: Submission) -> NumericSpec:
    """Returns the program of a submission; a `TypeError` says what came if it is one of another category."""
    if not isinstance(submission.program, NumericSpec):
        raise TypeError(f"expected a NumericSpec as the program, actual value: {submission.program!r}")
    return submission.program


def complexity_of(program: NumericSpec) -> float:
    """Returns `program_complexity` of the program's JSON, in half of its time where that is an atom, as most are."""
    rule, regions = program.rule, program.regions
    if not isinstance(rule, AtomRule) or program.noise is not None or program.network is not None:
        return program_complexity(program.to_json())
    # Added in the order of the JSON: another one would give another last bit.
    bits = _NAME + (_NAME + program_complexity(rule.constants)) + program_complexity(program.domain) + _NOTHING
    bits += program_complexity([region.to_json() for region in regions]) if regions else _NO_REGIONS
    return bits + _NOTHING + program_complexity(program.seed)


def predict(submission: Submission, x: FloatArray) -> FloatArray:
    """Returns what a submission predicts, for plots: NaN where it is undefined, and everywhere if its code fails.

    Args:
        submission: its program, or else its code, which runs in the sandbox.
        x: inputs, shape `(n,)`.

    Returns:
        Outputs, float64 of shape `(n,)`.

    Raises:
        SandboxError: the sandbox itself failed.
    """
    if submission.program is not None:
        return NumericFunction(numeric_program(submission)).truth(x)
    try:
        result = prepare_code(submission.code, cap=None).run(x.tolist())
    except MalformedError:
        return np.full(x.shape, np.nan)
    if result.status is not Status.OK:
        return np.full(x.shape, np.nan)
    return np.array([to_number(value) for value in result.values])


def to_number(value: Any) -> float:
    """Returns an output of code as a float; whatever is no real number is undefined."""
    if isinstance(value, complex) and value.imag == 0:
        value = value.real
    if not isinstance(value, (int, float)):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _last(result: Result, count: int) -> Result:
    """Returns the outcome of the last inputs."""
    return Result(result.status, result.values[-count:], result.errors[-count:])
