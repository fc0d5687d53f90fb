"""Scores of numeric descriptions: the truth, trivial ones, tables, failures, exploits."""

import copy
import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided

from find_gym.categories.numeric.inputs import merge_intervals, tolerance_of
from find_gym.categories.numeric.kernels import drawing
from find_gym.categories.numeric.rules import AtomRule
from find_gym.categories.numeric.score import complexity_of
from find_gym.categories.numeric.variants import Region
from find_gym.core.complexity import program_complexity
from find_gym.core.kernels import jobs
from find_gym.functions import CallableFunction, NumericFunction, NumericSpec, sample_numeric
from find_gym.sandbox import SandboxError
from find_gym.scoring import (
    NumericInputs,
    NumericScorer,
    Submission,
    intersection_over_union,
    score_numeric_programs,
    skill,
)

NO_NETWORKS = {"plain": 0.4, "noised": 0.2, "corrupted": 0.4}


def sampled(seed: int, level: str = "find") -> NumericFunction:
    difficulty = {"base": level, "variants": NO_NETWORKS}
    return NumericFunction(sample_numeric(np.random.default_rng(seed), difficulty=difficulty))


def line(slope: float = 2.0, intercept: float = 1.0, **parts: object) -> NumericFunction:
    return NumericFunction(NumericSpec(AtomRule("linear", (slope, intercept)), (-100.0, 100.0), **parts))  # type: ignore


@pytest.mark.parametrize("level", ["find", "hard", "extreme"])
def test_the_truth_is_right(level: str) -> None:
    for seed in range(70):
        function = sampled(seed, level)
        scorer = NumericScorer(function)
        # Code of all variants is run in test_truth_at_scale.py.
        code = [Submission(code=function.source())] if seed < 10 else []
        for submission in (Submission(program=function.spec), *code):
            score = scorer.score(submission, cap=None)
            assert (score.accuracy, score.skill, score.outcome) == (1.0, 1.0, "right"), function.describe()
            assert score.beyond_range == 1.0


@pytest.mark.parametrize("level", ["find", "hard", "extreme"])
def test_complexity_is_that_of_the_json(level: str) -> None:
    for seed in range(300):
        spec = sampled(seed, level).spec
        for program in (spec, dataclasses.replace(spec, noise=None), NumericSpec(spec.rule, spec.domain)):
            assert complexity_of(program) == program_complexity(program.to_json())


def test_a_network_is_right_with_the_cap_lifted_and_malformed_with_it() -> None:
    difficulty = {"variants": {"approximated": 1.0}}
    function = NumericFunction(sample_numeric(np.random.default_rng(2), difficulty=difficulty))
    scorer = NumericScorer(function)
    assert scorer.score(Submission(code=function.source()), cap=None).skill == 1.0
    assert scorer.score(Submission(code=function.source())).outcome == "malformed"


def test_trivial_descriptions_have_no_skill() -> None:
    skills: dict[str, list[float]] = {}
    for seed in range(120):
        function = sampled(seed)
        if function.spec.family == "constant":
            continue  # There, a constant is the truth.
        scorer = NumericScorer(function)
        y = function(np.linspace(-128, 128, 64), np.random.default_rng(0))
        trivial = {"mean": np.nanmean(y), "median": np.nanmedian(y), "zero": 0.0, "undefined": np.nan}
        for name, value in trivial.items():
            predicted = scorer.score_predictions(lambda x, value=value: np.full(x.shape, value))
            skills.setdefault(name, []).append(predicted.skill)
            if seed < 3:
                code = Submission(code=f"def f(x):\n    return float('{value}')")
                assert scorer.score(code).accuracy == predicted.accuracy
        skills.setdefault("identity", []).append(scorer.score_predictions(lambda x: x).skill)
    for name, values in skills.items():
        assert np.mean(values) <= 0.02, name


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), constant=st.floats(-1e6, 1e6))
def test_no_constant_beats_the_best_constant(seed: int, constant: float) -> None:
    scorer = NumericScorer(sampled(seed))
    for value in (constant, 0.0, np.nan):
        score = scorer.score_predictions(lambda x, value=value: np.full(x.shape, value))
        assert score.accuracy <= scorer.trivial_accuracy + 1e-9


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_scores_lie_in_their_ranges(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scorer = NumericScorer(sampled(seed, "extreme"))
    score = scorer.score(Submission(program=sampled(int(rng.integers(2**32))).spec))
    parts = [score.accuracy, score.skill, score.trivial_accuracy, score.beyond_range, score.exception_iou]
    assert all(0 <= part <= 1 for part in [*parts, *score.strata.values()])
    assert np.isclose(score.accuracy, np.mean(list(score.strata.values())))


def test_inputs_are_the_same_for_the_same_function_and_never_on_a_grid() -> None:
    function, other = sampled(0), sampled(1)
    first, second = NumericInputs.of(function), NumericInputs.of(NumericFunction(function.spec))
    for name, values in first.strata.items():
        assert np.array_equal(values, second.strata[name])
        assert np.abs(values).max() <= 128
        assert not np.any(values * 1000 == np.round(values * 1000))
    assert not np.isin(first.strata["uniform"], NumericInputs.of(other).strata["uniform"]).any()
    assert np.all((np.abs(first.beyond) >= 128) & (np.abs(first.beyond) <= 256))


def test_a_narrow_pulse_counts() -> None:
    pulse = NumericFunction(NumericSpec(AtomRule("rectangle", (1.0,)), (-100.0, 100.0)))
    score = NumericScorer(pulse).score(Submission(code="def f(x): return 0"))
    assert score.strata["balanced"] < 0.6
    assert score.skill == 0.0
    assert score.paper_error == 1.0 and not score.paper_success


def test_an_exception_is_a_stratum_of_its_own() -> None:
    function = line(regions=(Region(20.0, 30.0, -500.0),))
    score = NumericScorer(function).score(Submission(program=line().spec))
    assert score.strata["exception"] == 0.0
    assert 0.6 < score.accuracy < 0.75
    assert score.exception_iou == 0.0
    claimed = Submission(domain="20 < x < 35", code="def f(x):\n    return -500.0 if 20 < x < 30 else 2.0 * x + 1")
    score = NumericScorer(function).score(claimed)
    assert score.skill == 1.0
    assert np.isclose(score.exception_iou, 10 / 15)


def test_undefined_has_to_be_predicted() -> None:
    function = NumericFunction(NumericSpec(AtomRule("logarithm", (3.0, 1.0, 2.0)), (1.0, 100.0)))
    scorer = NumericScorer(function)
    body = "import math\ndef f(x):\n    return 3.0 * math.log(x, 2) + 1"
    assert scorer.score(Submission(code=body)).accuracy == 1.0  # Raises where it is undefined.
    invented = "import math\ndef f(x):\n    return 3.0 * math.log(abs(x), 2) + 1"
    assert scorer.score(Submission(code=invented)).strata["uniform"] < 0.7


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("", "malformed"),
        ("return 3", "malformed"),
        ("def f(x:", "malformed"),
        ("y = 3", "malformed"),
        ("def f(x):\n    return " + " + ".join("12345"), "wrong"),
        ("def f(x):\n    return " + " + ".join(f"{n}.25" for n in range(200)), "malformed"),
        ("# " + "x" * 9000 + "\ndef f(x): return x", "malformed"),
        ("def f(x):\n    raise ValueError(x)", "raised"),
        ("def f(x):\n    while True: pass", "timed_out"),
        ("def f(x):\n    return [0] * 10**12", "out_of_memory"),
        ("def f(x):\n    return open('/etc/passwd').read()", "malformed"),
        ("def f(x):\n    return 'text'", "wrong"),
        ("def f(x):\n    return 10**400", "wrong"),
        ("def f(x, y):\n    return x", "raised"),
    ],
)
def test_failures_are_told_apart(code: str, outcome: str) -> None:
    score = NumericScorer(line()).score(Submission(code=code))
    assert score.outcome == outcome, score.message
    if outcome != "wrong":
        assert score.skill == 0 and score.message


def test_a_failing_sandbox_is_never_a_score(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise SandboxError("no processes left")

    monkeypatch.setattr("find_gym.core.submissions.run_code", fail)
    with pytest.raises(SandboxError):
        NumericScorer(line()).score(Submission(code="def f(x): return x"))


SECRETS = [
    "import gc\ndef f(x):\n    return [o for o in gc.get_objects() if 'Numeric' in type(o).__name__][0].truth(x)[0]",
    "import sys\ndef f(x):\n    return sys._getframe(1).f_locals['function'].truth([x])[0]",
    "import os\ndef f(x):\n    return float(os.environ['FIND_TRUTH'])",
    "import find_gym\ndef f(x):\n    return find_gym.truth(x)",
    "def f(x):\n    return ().__class__.__base__.__subclasses__()[-1].truth(x)",
    "def f(x):\n    return float(open('/proc/self/environ').read())",
    "import os\ndef f(x):\n    return float(open(f'/proc/{os.getppid()}/mem', 'rb').read(8))",
]


@pytest.mark.parametrize("code", SECRETS)
def test_the_truth_is_out_of_reach(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIND_TRUTH", "1.0")
    assert NumericScorer(line(slope=3.0)).score(Submission(code=code)).skill == 0.0


def test_skill_rescales() -> None:
    assert skill(0.2, 0.2) == 0.0
    assert skill(0.1, 0.2) == 0.0
    assert skill(1.0, 0.2) == 1.0
    assert np.isclose(skill(0.6, 0.2), 0.5)
    assert skill(0.7, 1.0) == 0.7  # A constant function: skill is accuracy.


def test_a_constant_function_is_described_by_its_constant_only() -> None:
    scorer = NumericScorer(NumericFunction(NumericSpec(AtomRule("constant", (40,)), (-100.0, 100.0))))
    assert scorer.trivial_accuracy == 1.0
    assert scorer.score(Submission(code="def f(x): return 40")).skill == 1.0
    assert scorer.score(Submission(code="def f(x): return 44")).skill == 0.0


def test_ones_own_function_is_judged_like_any_other() -> None:
    scorer = NumericScorer(CallableFunction(lambda x: x * x))
    assert scorer.score(Submission(code="def f(x): return x**2")).skill == 1.0
    assert scorer.score(Submission(code="def f(x): return x")).skill < 0.2


def test_tolerance() -> None:
    truth = np.array([0.0, 10.0, -1000.0])
    assert tolerance_of(truth, 20.0).tolist() == [1.0, 1.0, 50.0]
    assert tolerance_of(np.zeros(1), 0.0)[0] > 0


INTERVALS = st.lists(st.tuples(st.floats(-200, 200), st.floats(-200, 200)).map(sorted), max_size=4)


@given(first=INTERVALS, second=INTERVALS)
def test_intersection_over_union(first: list, second: list) -> None:
    one, two = merge_intervals([tuple(i) for i in first]), merge_intervals([tuple(i) for i in second])
    iou = intersection_over_union(one, two)
    assert 0 <= iou <= 1 + 1e-12
    assert np.isclose(iou, intersection_over_union(two, one))
    assert np.isclose(intersection_over_union(one, one), 1.0)
    grid = np.linspace(-128, 128, 20_001)
    inside = [np.any([(grid > low) & (grid < high) for low, high in part], axis=0) for part in (one, two) if part.size]
    if len(inside) == 2 and (inside[0] | inside[1]).sum() > 200:
        counted = (inside[0] & inside[1]).sum() / (inside[0] | inside[1]).sum()
        assert abs(counted - iou) < 0.05


def test_programs_of_many_episodes_have_the_scores_of_each() -> None:
    rng = np.random.default_rng(8)
    level = {"variants": {"plain": 0.5, "noised": 0.2, "corrupted": 0.3}}
    specs = [sample_numeric(rng, difficulty=level) for _ in range(8)]
    programs = [*specs[:4], *specs[:3], None]
    functions = [NumericFunction(spec) for spec in specs]
    scores = score_numeric_programs(functions, programs)
    expected = [
        NumericScorer(function).score(Submission(program=program))
        for function, program in zip(functions, programs, strict=True)
    ]
    assert [repr(score) for score in scores] == [repr(score) for score in expected]
    assert [score.skill for score in scores[:4]] == [1.0] * 4
    assert scores[-1].skill == 0 and scores[-1].outcome == "malformed"


@pytest.mark.parametrize("count", [0, 1, 5, 100_000])
def test_more_or_fewer_outputs_than_inputs_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=rf"actual: \({count},\)"):
        NumericScorer(line()).score_predictions(lambda x: np.arange(count))
    function = line()
    function.truth = lambda x: np.arange(count)  # type: ignore[method-assign, assignment, misc]
    with pytest.raises(ValueError, match=rf"actual: \({count},\)"):
        NumericScorer(function)


def test_a_scorer_may_be_copied_while_its_inputs_are_drawn() -> None:
    functions = [line(intercept=float(k)) for k in range(4)]
    with jobs.BOARD:
        copies = [copy.deepcopy(NumericScorer(function)) for function in functions]
    for function, one in zip(functions, copies, strict=True):
        submission = Submission(program=function.spec)
        assert one.score(submission) == NumericScorer(function).score(submission)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_without_memory_for_its_inputs_a_callable_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    function = CallableFunction(lambda x: asked.append(x) or x * x)
    expected, begin_draw = NumericScorer(function).trivial_accuracy, drawing.begin_draw
    # More numbers than any machine has addresses for; nobody reads them.
    intervals: Any = as_strided(np.zeros(1), (1 << 57, 2), (16, 8))

    def begin_large_draw(*arguments: Any) -> int:
        *others, _, more, points, summary = arguments
        return begin_draw(*others, intervals, more, points, summary)

    monkeypatch.setattr(drawing, "begin_draw", begin_large_draw)
    asked.clear()
    scorer = NumericScorer(function)
    with pytest.raises(MemoryError, match="expected memory for held-out inputs, actual"):
        _ = scorer.trivial_accuracy
    # What memory happens to hold is no input.
    assert max(map(abs, asked)) <= 128
    monkeypatch.setattr(drawing, "begin_draw", begin_draw)
    assert scorer.trivial_accuracy == expected
