"""The interpreter atom-fit: keeps to its budget, and finds what there is to find."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.category import MAX_NUMERIC_COMPLEXITY
from find_gym.categories.numeric.networks import train_network
from find_gym.categories.numeric.rules import AtomRule, CompoundRule, Rule
from find_gym.categories.numeric.sampling import domain_mean
from find_gym.categories.numeric.variants import Noise, Region
from find_gym.functions import FINDDataset, NumericDifficulty, NumericFunction, NumericSpec, sample_numeric
from find_gym.scoring import NumericScore, NumericScorer, Submission, prepare_code, read_domain
from find_gym_agents.interpreters.atom_fit.agent import AtomFit
from find_gym_agents.interpreters.atom_fit.screen import least_penalty, penalty
from tests.reference import REFERENCE, needs_reference

Oracle = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def interpret(oracle: Oracle, budget: int, seed: int = 0) -> Submission:
    """Plays an episode; checks the budget and the range of the inputs."""
    solution = AtomFit().solve(budget, np.random.default_rng(seed))
    used = 0
    try:
        inputs = next(solution)
        while True:
            used += len(inputs)
            assert inputs and used <= budget
            assert all(isinstance(x, float) and -128 <= x <= 128 for x in inputs)
            inputs = solution.send(oracle(np.array(inputs)))
    except StopIteration as stop:
        return stop.value


def served(spec: NumericSpec, budget: int = 100, seed: int = 0) -> tuple[Submission, NumericScore]:
    function, rng = NumericFunction(spec), np.random.default_rng(seed + 1)
    submission = interpret(lambda x: function(x, rng), budget, seed)
    return submission, NumericScorer(function).score(submission)


def spec_of(rule: Rule, **parts: object) -> NumericSpec:
    return NumericSpec(rule, rules.domain(rule), **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize("budget", [0, 1, 2, 3, 7, 20, 100, 200])
@pytest.mark.parametrize("variant", ["plain", "noised", "corrupted"])
def test_any_budget_ends_in_a_readable_submission(budget: int, variant: str) -> None:
    rng = np.random.default_rng(budget)
    level = NumericDifficulty.of({"variants": {variant: 1.0}})
    for _ in range(2):
        submission, score = served(sample_numeric(rng, difficulty=level), budget)
        compile(submission.code, "submission", "exec")
        prepare_code(submission.code, cap=MAX_NUMERIC_COMPLEXITY)
        assert submission.description and submission.domain
        assert score.outcome in ("right", "wrong")


@pytest.mark.parametrize(
    "oracle",
    [
        lambda x: np.full_like(x, np.nan),
        lambda x: np.where(x > 0, np.exp(x / 10), np.nan),
        lambda x: 1e12 * np.sin(x**2),
        lambda x: np.zeros_like(x),
        lambda x: 1.2345 * np.sin(2 * np.pi / 17.77 * x + 0.3) + np.pi,
    ],
)
@pytest.mark.parametrize("budget", [5, 20, 60])
def test_functions_that_are_not_finds_are_survived(oracle: Oracle, budget: int) -> None:
    submission = interpret(oracle, budget)
    prepare_code(submission.code, cap=MAX_NUMERIC_COMPLEXITY)


def test_a_wave_of_any_period_is_found() -> None:
    submission = interpret(lambda x: 1.2345 * np.sin(2 * np.pi / 17.77 * x + 0.3) + np.pi, 60)
    scope: dict[str, Callable[[float], float]] = {}
    exec(submission.code, scope)
    assert scope["f"](40.0) == pytest.approx(1.2345 * np.sin(2 * np.pi / 17.77 * 40 + 0.3) + np.pi, abs=1e-6)


@pytest.mark.parametrize(
    "rule",
    [
        AtomRule("linear", (2.5, -1.0)),
        AtomRule("rational", ((5.4, -2.8), (6.2, 4.4, 0.5))),
        AtomRule("tanh", (5.6, 1.4, 5.9, 6.1)),
        AtomRule("gaussian", (-48.5, 2.4)),
        AtomRule("square_wave", (4.6, -0.2)),
        AtomRule("rectangle", (1.2,)),
        AtomRule("logarithm", (11.5, -3.0, 3.7)),
        CompoundRule("product", (AtomRule("polynomial", (2.0, -1.0, 0.4)), AtomRule("square_wave", (3.3, 1.1)))),
        CompoundRule("sum", (AtomRule("linear", (-1.5, 4.0)), AtomRule("ceil"))),
        CompoundRule("product", (AtomRule("relu", (4.0, 2.0, 0.3)), AtomRule("step", (7.0, -2.0, 0.0)))),
    ],
)
def test_plain_functions_are_found_exactly(rule: Rule) -> None:
    _, score = served(spec_of(rule))
    assert score.skill > 0.97 and score.exception_iou == 1


@pytest.mark.parametrize("region", [(-np.inf, -33.3), (62.1, np.inf), (-88.0, -71.5), (3.0, 14.9)])
@pytest.mark.parametrize("name", ["absolute", "sin", "polynomial"])
def test_exceptions_are_found(name: str, region: tuple[float, float]) -> None:
    constants = {"absolute": (26.8, -8.2), "sin": (7.4, 0.8, 1.2, -1.9), "polynomial": (1.1, -4.0, 2.2, 0.4)}[name]
    rule = AtomRule(name, constants)
    mean = domain_mean(rule, rules.domain(rule))
    assert mean is not None
    submission, score = served(spec_of(rule, regions=(Region(*region, mean),)))
    assert score.exception_iou > 0.95 and score.skill > 0.95
    assert read_domain(submission.domain).shape == (1, 2)


def test_a_constant_corrupted_by_its_own_mean_is_found_out() -> None:
    spec = spec_of(AtomRule("constant", (-7,)), regions=(Region(20.0, 41.0, -7.0),))
    assert served(spec)[1].exception_iou > 0.9


@pytest.mark.parametrize("kind", ["normal", "uniform", "poisson"])
def test_noise_is_no_exception_and_no_part_of_the_function(kind: str) -> None:
    spec = spec_of(AtomRule("cos", (-6.5, 2.9, 1.4, 3.3)), noise=Noise(kind))  # type: ignore[arg-type]
    _, score = served(spec)
    assert score.skill > 0.7 and score.paper_success and score.exception_iou == 1


def test_networks_are_described_in_pieces_or_by_what_they_approximate() -> None:
    for rule in (AtomRule("absolute", (-13.7, 2.0)), AtomRule("cos", (6.0, 6.1, 3.0, 1.0))):
        network = train_network(lambda x, rule=rule: rules.evaluate(rule, x), (-100.0, 100.0), np.random.default_rng(0))
        submission, score = served(spec_of(rule, network=network))
        assert score.skill > 0.7 and score.exception_iou == 1
        prepare_code(submission.code, cap=MAX_NUMERIC_COMPLEXITY)


def test_the_same_seeds_give_the_same_submission() -> None:
    spec = spec_of(AtomRule("relu", (-17.4, 9.0, 0.7)), noise=Noise("normal"))
    assert served(spec, 50) == served(spec, 50)


@needs_reference
def test_released_functions() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        entries = list(FINDDataset(REFERENCE / "find-dataset"))[::20]
    scores = [served(entry.spec)[1] for entry in entries]
    assert np.mean([score.paper_success for score in scores]) > 0.9
    assert np.mean([score.skill for score in scores]) > 0.85


def test_constants_that_are_not_drawn_cost_more_and_no_rule_less_than_the_least() -> None:
    drawn, others = (AtomRule("tanh", (2.0, period, 1.0, 3.0)) for period in (6.0, 9.0))
    rule = CompoundRule("sum", (drawn, AtomRule("step", (1.0, 2.0, 50.0))))
    assert penalty(others, 24) == penalty(drawn, 24) + 4.0
    for one in (drawn, others, rule, AtomRule("polynomial", (1.0, 2.0, 3.0)), AtomRule("square_wave", (4.0, 1.0))):
        assert 0 < least_penalty(rules.skeleton(one), 24) <= penalty(one, 24)
