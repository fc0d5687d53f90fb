"""Fitting a rule without constants to the evidence of an episode."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from find_gym.categories.numeric import rules
from find_gym.categories.numeric.atoms import ATOMS, COMPOUND_FAMILIES, flatten
from find_gym.categories.numeric.fitting import Problem, fit_skeleton
from find_gym.categories.numeric.fitting.likelihood import intervals_cost
from find_gym.categories.numeric.fitting.regions import Interval
from find_gym.categories.numeric.fitting.skeletons import BegunProblem
from find_gym.categories.numeric.rules import AtomRule, CompoundRule, Rule, Skeleton
from find_gym.categories.numeric.sampling import domain_mean
from find_gym.categories.numeric.variants import Noise, Region
from find_gym.functions import NumericFunction, NumericSpec

# Pairs of which two factors are only found by luck: their product is flat almost everywhere in both.
UNSOLVED = {("product", ("square_wave", "square_wave"))}


def well_spread(rng: np.random.Generator, count: int = 60) -> NDArray[np.float64]:
    """Half all over the query range, half near 0, none on a grid."""
    return np.concatenate([rng.uniform(-128, 128, count // 2), rng.uniform(-12, 12, count - count // 2)])


def served(rule: Rule, **parts: object) -> NumericFunction:
    return NumericFunction(NumericSpec(rule, rules.domain(rule), **parts))  # type: ignore[arg-type]


def misses(function: NumericFunction, spec: NumericSpec | None, x: NDArray[np.float64]) -> float:
    """The share of inputs that a fit predicts wrongly, to nine digits."""
    assert spec is not None
    truth, predicted = function.truth(x), NumericFunction(spec).truth(x)
    close = np.abs(predicted - truth) <= 1e-9 * np.abs(truth) + 1e-10 * np.nanmax(np.abs(truth), initial=1.0)
    return 1 - float(np.mean(close | (np.isnan(truth) & np.isnan(predicted))))


@pytest.mark.parametrize("name", ATOMS)
def test_clean_evidence_of_an_atom_gives_its_constants(name: str) -> None:
    rng = np.random.default_rng(len(name))
    for _ in range(8):
        function = served(AtomRule(name, ATOMS[name].sample(rng)))
        x = well_spread(rng)
        spec = fit_skeleton(name, (), x, function(x))
        # The bounds of pulses and waves lie somewhere between two inputs, and a steep slope may hold no input at all.
        assert misses(function, spec, x) == 0
        assert misses(function, spec, well_spread(rng, 400)) < 0.1


@pytest.mark.parametrize("operator", ["sum", "product"])
@pytest.mark.parametrize("one", COMPOUND_FAMILIES)
def test_clean_evidence_of_a_compound_is_explained(operator: str, one: str) -> None:
    rng = np.random.default_rng(len(one))
    for other in COMPOUND_FAMILIES:
        if (operator, (one, other)) in UNSOLVED:
            continue
        rule = CompoundRule(operator, tuple(AtomRule(name, ATOMS[name].sample(rng)) for name in (one, other)))  # type: ignore[arg-type]
        function = served(rule)
        x = well_spread(rng)
        spec = fit_skeleton(rules.skeleton(rule), (), x, function(x))
        assert spec is not None and rules.skeleton(spec.rule) == rules.skeleton(rule)
        assert misses(function, spec, x) == 0, (rule, spec.rule)
        # A narrow pulse holds too few inputs to tell all constants of what it multiplies.
        assert misses(function, spec, well_spread(rng, 400)) < 0.2, (rule, spec.rule)


@pytest.mark.parametrize("seed", range(5))
def test_a_part_explains_what_another_one_can_not(seed: int) -> None:
    # Two rectified units have the same basis: one alone may have a slope left of 0 that no leak stands for.
    rng = np.random.default_rng(seed)
    rule = CompoundRule("sum", (AtomRule("relu", (-16.0, 6.5, 0.3)), AtomRule("relu", (27.8, 4.9, 0.0))))
    x = np.round(rng.uniform(-60, 60, 50), 1)
    truth = rules.evaluate(rule, x)
    spec = fit_skeleton(rules.skeleton(rule), (), x, truth + rng.poisson(1.0, x.size))
    assert spec is not None
    assert np.sqrt(np.mean((NumericFunction(spec).truth(x) - truth) ** 2)) < 1.5


def test_constants_are_the_plain_ones() -> None:
    rng = np.random.default_rng(0)
    x = well_spread(rng)
    for rule in (
        AtomRule("linear", (2.5, -1.0)),
        AtomRule("polynomial", (0.1, 0.0, -3.2, 4.4)),
        AtomRule("sin", (-3.7, 1.8, 2.3, 5.3)),
        AtomRule("relu", (-17.4, 9.0, 0.7)),
        AtomRule("gaussian", (12.3, 4.5)),
        AtomRule("rational", ((1.5, -2.0), (0.3, 0.0, 4.1))),
    ):
        spec = fit_skeleton(rule.name, (), x, served(rule)(x))
        assert spec is not None and isinstance(spec.rule, AtomRule)
        assert np.allclose(NumericFunction(spec).truth(x), served(rule).truth(x), rtol=1e-12)
        assert all(abs(10 * c - round(10 * c)) < 1e-12 for c in flatten(spec.rule.constants))


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_noise_leaves_constants_near_the_truth(kind: str) -> None:
    rng = np.random.default_rng(5)
    for rule in (
        AtomRule("linear", (4.3, -2.0)),
        AtomRule("sin", (8.0, 4.4, 1.0, -3.0)),
        AtomRule("tanh", (9.0, 5, 3, 1.0)),
    ):
        function = served(rule, noise=Noise(kind))  # type: ignore[arg-type]
        x = well_spread(rng, 120)
        spec = fit_skeleton(rule.name, (), x, function(x, rng))
        assert spec is not None
        assert np.sqrt(np.mean((NumericFunction(spec).truth(x) - function.truth(x)) ** 2)) < 0.5


def test_repeated_inputs_show_poisson_noise_and_its_mean_is_taken_off() -> None:
    rng = np.random.default_rng(2)
    function = served(AtomRule("step", (20.0, 3.5, 0.0)), noise=Noise("poisson"))
    x = np.repeat(well_spread(rng, 40), 3)
    spec = fit_skeleton("step", (), x, function(x, rng))
    assert spec is not None
    assert np.max(np.abs(NumericFunction(spec).truth(x) - function.truth(x))) < 0.5


@pytest.mark.parametrize(
    ("kind", "lower", "upper"), [("below", -np.inf, -20.3), ("above", 11.7, np.inf), ("inside", 30.0, 52.5)]
)
@pytest.mark.parametrize("name", ["linear", "polynomial", "absolute", "sin", "tanh"])
def test_an_exception_is_found_where_it_is(name: str, kind: str, lower: float, upper: float) -> None:
    rng = np.random.default_rng(7)
    rule = AtomRule(name, ATOMS[name].sample(rng))
    mean = domain_mean(rule, rules.domain(rule))
    assert mean is not None
    function = served(rule, regions=(Region(lower, upper, mean),))
    x = np.concatenate([well_spread(rng), [lower - 0.2, lower + 0.2, upper - 0.2, upper + 0.2]])
    x = x[np.isfinite(x)]
    spec = fit_skeleton(name, (kind,), x, function(x, rng))  # type: ignore[arg-type]
    assert spec is not None and len(spec.regions) == 1
    region = spec.regions[0]
    assert region.kind == kind and region.mean == mean
    assert np.allclose([region.lower, region.upper], [lower, upper], atol=0.2)
    assert misses(function, spec, well_spread(rng, 300)) < 0.02


def test_a_claimed_exception_without_evidence_is_left_out() -> None:
    x = np.linspace(-50, 50, 41)
    spec = fit_skeleton("linear", ("inside",), x, 3 * x + 1)
    assert spec is not None and spec.regions == ()


@pytest.mark.filterwarnings("error")
def test_whatever_lay_in_memory_before_is_no_exception() -> None:
    x = np.linspace(-50.0, 50.0, 30)
    problem = Problem("linear", ("inside",), x.tolist(), (2 * x + 1).tolist())
    for _ in range(20):
        # Memory that is used again.
        left = [np.full(size, np.iinfo(np.int64).max) for size in [*range(129, 1125, 2)] * 3]
        del left
        spec = BegunProblem(problem, quick=False).finish()
        assert spec is not None and not spec.regions


def test_two_exceptions_are_told_apart() -> None:
    rng = np.random.default_rng(3)
    rule = AtomRule("absolute", (3.0, -4.0))
    function = served(rule, regions=(Region(-np.inf, -70.0, 145.5), Region(20.0, 40.0, 145.5)))
    x = rng.uniform(-128, 128, 120)
    spec = fit_skeleton("absolute", ("below", "inside"), x, function(x, rng))
    assert spec is not None and [region.kind for region in spec.regions] == ["below", "inside"]
    assert misses(function, spec, x) <= 0.5  # the means are those of draws, the rule is exact
    assert spec.rule == rule


def test_no_defined_output_gives_none() -> None:
    assert fit_skeleton("linear", (), [], []) is None
    assert fit_skeleton("logarithm", ("above",), [-1.0, -2.0], [np.nan, np.nan]) is None


SKELETONS: list[Skeleton] = [
    *ATOMS,
    ("sum", ("linear", "square_wave")),
    ("product", ("polynomial", "relu")),
    ("sum", ("sin", ("product", ("step", "gaussian")))),
    ("product", ("tanh", "rational", "ceil")),
]
NUMBERS = st.one_of(
    st.floats(-128, 128), st.integers(-3, 3).map(float), st.just(float("nan")), st.sampled_from([1e12, -1e12, 1e-300])
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    skeleton=st.sampled_from(SKELETONS),
    kinds=st.lists(st.sampled_from(["below", "above", "inside"]), max_size=2),
    data=arrays.arrays(np.float64, st.tuples(st.just(2), st.integers(0, 24)), elements=NUMBERS),
)
def test_any_evidence_is_survived_and_gives_the_same_twice(
    skeleton: Skeleton, kinds: list[str], data: NDArray[np.float64]
) -> None:
    x, y = np.clip(data[0], -128, 128), data[1]
    first, second = (fit_skeleton(skeleton, tuple(kinds), x, y) for _ in range(2))  # type: ignore[arg-type]
    if not np.any(np.isfinite(x) & np.isfinite(y)):
        assert first is None
        return
    assert first is not None
    assert first == second
    assert rules.skeleton(first.rule) == skeleton
    function = NumericFunction(first)
    assert function.truth(np.linspace(-128, 128, 5)).shape == (5,)
    assert function.describe() and "def f(x)" in function.source()


def test_an_exception_without_outputs_costs_its_constants_alone() -> None:
    """Where nothing was asked inside of it, an exception makes a program less likely, and that is all."""
    y = np.zeros(8)
    empty = Interval("above", 8, 8)
    assert 0 < intervals_cost([empty], y) < intervals_cost([empty] * 2, y) < np.inf


def test_where_arrays_lie_in_memory_changes_nothing() -> None:
    """The evidence is such that another last digit leads to another optimum."""
    x = [59.36, -53.072, -77.353, 37.949, 124.25, -6.081, -102.814, 4.086, -5.953, -59.329]
    y = [-1, -1, 1, -1, -1, -1, -1, 0, -1, 1]
    rng, found = np.random.default_rng(0), set()
    kept: list[NDArray[np.float64]] = []
    for _ in range(200):
        kept = [*kept[-20:], np.zeros(rng.integers(1, 40))]
        found.add(repr(fit_skeleton("tanh", (), x, y)))
    assert len(found) == 1
