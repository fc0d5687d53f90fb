"""Specs and functions: serialisation, sources, noise, exceptions, networks."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.categories.numeric.networks import _significant, train_network
from find_gym.categories.numeric.rules import AtomRule, CompoundRule, canonical, evaluate, from_json
from find_gym.categories.numeric.variants import Noise, Region
from find_gym.functions import CallableFunction, NumericFunction, NumericSpec, sample_numeric

LEVELS = st.sampled_from(["easy", "find", "hard", "extreme"])
NO_NETWORKS = {"plain": 0.4, "noised": 0.3, "corrupted": 0.3}


def sampled(seed: int, level: str) -> NumericFunction:
    difficulty = {"base": level, "variants": NO_NETWORKS}
    return NumericFunction(sample_numeric(np.random.default_rng(seed), difficulty=difficulty))


def run_source(function: NumericFunction, x: np.ndarray) -> np.ndarray:
    names: dict = {}
    exec(function.source(), names)
    return np.array([names["f"](value) for value in x.tolist()], dtype=np.float64)


@given(seed=st.integers(0, 2**32 - 1), level=LEVELS)
def test_source_reproduces_the_truth(seed: int, level: str) -> None:
    function = sampled(seed, level)
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.uniform(-256, 256, 60), rng.integers(-30, 30, 20) / 10, [0.0]])
    assert np.allclose(run_source(function, x), function.truth(x), rtol=1e-9, atol=1e-9, equal_nan=True)


@given(seed=st.integers(0, 2**32 - 1), level=LEVELS)
def test_specs_survive_json(seed: int, level: str) -> None:
    spec = sampled(seed, level).spec
    again = NumericSpec.from_json(json.loads(json.dumps(spec.to_json(), allow_nan=False)))
    assert again == spec
    assert again.digest() == spec.digest()


@given(seed=st.integers(0, 2**32 - 1), level=LEVELS)
def test_the_text_that_is_hashed_is_that_of_the_json(seed: int, level: str) -> None:
    spec = sampled(seed, level).spec
    assert spec.json_text() == super(NumericSpec, spec).json_text()


@pytest.mark.parametrize("constant", [2, -0.0, 1e22, 1e-7, math.inf, -math.inf, math.nan, np.float64(0.1), True])
def test_any_number_has_the_text_that_json_has(constant: Any) -> None:
    rule = AtomRule("rational", ((constant, 1.0), (constant,)))
    region = Region(-math.inf, 2, np.float64(0.5))
    spec = NumericSpec(rule, (0, 100.0), Noise("uniform", np.float64(0.5)), (region, Region(-1.5, math.inf, 3)))
    assert spec.json_text() == super(NumericSpec, spec).json_text()


@pytest.mark.parametrize("one", [1, 1.0, True, np.float64(1)])
def test_any_one_has_the_text_that_json_has_wherever_it_stands(one: Any) -> None:
    region = Region(-one, one, one, one)
    spec = NumericSpec(AtomRule("constant", (one,)), (-one, one), Noise("normal", one), (region,), seed=one)
    assert spec.json_text() == super(NumericSpec, spec).json_text()


@given(seed=st.integers(0, 2**32 - 1), level=LEVELS)
def test_outputs_are_the_truth_plus_what_the_spec_says(seed: int, level: str) -> None:
    function = sampled(seed, level)
    x = np.linspace(-128, 128, 200)
    y, truth = function(x, np.random.default_rng(1)), function.truth(x)
    assert np.array_equal(np.isnan(y), np.isnan(truth))
    inside = function.in_exception(x)
    outside = ~inside & np.isfinite(truth)
    if function.spec.noise is None:
        assert np.array_equal(y[outside], truth[outside])
    else:
        scale = function.spec.noise.scale
        rounding = 1e-9 * np.abs(truth[outside])
        assert np.all(np.abs(y - truth)[outside] <= 12 * scale + 12 + rounding)
    for region in function.regions:
        assert np.all(np.abs(y - truth)[region.contains(x)] < 1.0)


def test_noise_comes_from_the_passed_generator_only() -> None:
    spec = NumericSpec(AtomRule("constant", (3,)), (-100.0, 100.0), noise=Noise("normal"))
    function = NumericFunction(spec)
    x = np.zeros(10)
    assert np.array_equal(function(x, np.random.default_rng(4)), function(x, np.random.default_rng(4)))
    with pytest.raises(TypeError, match="expected a numpy.random.Generator"):
        function(x)


@pytest.mark.parametrize(("kind", "mean", "std"), [("normal", 0, 1), ("uniform", 0, 3**-0.5), ("poisson", 1, 1)])
def test_noise_has_its_moments(kind: str, mean: float, std: float) -> None:
    draws = Noise(kind).draw(np.random.default_rng(0), 40_000)
    assert abs(draws.mean() - mean) < 0.03
    assert abs(draws.std() - std) < 0.03


def test_regions_exclude_their_bounds_and_the_first_one_holds() -> None:
    regions = (Region(1.0, 3.0, 10.0), Region(2.0, math.inf, 20.0))
    function = NumericFunction(NumericSpec(AtomRule("linear", (1.0, 0.0)), (-100.0, 100.0), regions=regions))
    assert function.truth([0.0, 1.0, 2.0, 2.5, 3.0, 4.0]).tolist() == [0.0, 1.0, 10.0, 10.0, 20.0, 20.0]
    x = np.array([0.0, 1.0, 2.0, 2.5, 3.0, 4.0])
    assert run_source(function, x).tolist() == function.truth(x).tolist()


@pytest.mark.parametrize("bounds", [(3.0, 1.0), (-math.inf, math.inf), (2.0, 2.0)])
def test_impossible_regions_are_refused(bounds: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="expected lower < upper"):
        Region(*bounds, 0.0)


def test_bad_rules_are_refused_with_what_was_expected() -> None:
    with pytest.raises(ValueError, match="expected the name of an atom"):
        AtomRule("sinus", (1.0,))
    with pytest.raises(ValueError, match="expected 2 constants for linear"):
        AtomRule("linear", (1.0,))
    with pytest.raises(ValueError, match="expected at least 2 parts"):
        CompoundRule("sum", (AtomRule("ceil"),))
    with pytest.raises(ValueError, match="expected a rule"):
        from_json({"atom_name": "linear"})
    with pytest.raises(ValueError, match="expected a numeric spec"):
        NumericSpec.from_json({"rule": {"atom": "ceil", "constants": []}})


def test_canonical_text_is_the_same_for_the_same_function() -> None:
    step, line = AtomRule("step", (2.0, 1.0, 0.0)), AtomRule("linear", (1.0, 2.0))
    assert canonical(CompoundRule("sum", (step, line))) == canonical(CompoundRule("sum", (line, step)))
    assert canonical(AtomRule("root", (3.0, 1.0, 1))) == canonical(AtomRule("linear", (3.0, 1.0)))
    assert canonical(AtomRule("relu", (3.0, 1.0, 1.0))) == canonical(AtomRule("linear", (3.0, 1.0)))
    assert canonical(AtomRule("root", (3.0, 1.0, 2))) != canonical(AtomRule("linear", (3.0, 1.0)))


def test_the_representation_does_not_tell_the_answer() -> None:
    function = sampled(3, "find")
    assert function.spec.family not in repr(function)
    assert len(repr(function)) < 40


# --- Networks ---------------------------------------------------------------------------------------------------------


def test_network_approximates_and_is_its_own_source() -> None:
    rule = AtomRule("tanh", (3.5, 3.4, 5.4, 6.0))
    network = train_network(lambda x: evaluate(rule, x), (-100.0, 100.0), np.random.default_rng(0))
    x = np.linspace(-100, 100, 1000)
    # The released network of this very function has a mean squared error of 0.039 over its domain.
    assert np.mean((network.evaluate(x) - evaluate(rule, x)) ** 2) < 0.1
    function = NumericFunction(NumericSpec(rule, (-100.0, 100.0), network=network))
    assert function.spec.variant == "approximated"
    assert np.allclose(run_source(function, x[::50]), function.truth(x[::50]), rtol=1e-12, atol=1e-9)
    assert "approximates" in function.describe()
    assert NumericSpec.from_json(json.loads(json.dumps(function.spec.to_json()))) == function.spec


@given(st.lists(st.floats(), min_size=1), st.sampled_from([7, 10]))
def test_numbers_are_rounded_as_they_are_written(values: list[float], digits: int) -> None:
    numbers = np.array([*values, 0.1234567 + 5e-11, 9.9999999999, 1e22, 1e-13])
    written = [float(f"{value:.{digits}g}") for value in numbers]
    np.testing.assert_array_equal(_significant(numbers, digits), written)


# --- Users' functions -------------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(value=st.floats(-128, 128))
def test_own_callable_is_served(value: float) -> None:
    function = CallableFunction(lambda x: math.sqrt(x))
    expected = math.sqrt(value) if value >= 0 else math.nan
    assert np.array_equal(function([value]), [expected], equal_nan=True)
    assert function.identity() == CallableFunction(lambda x: math.sqrt(x)).identity()


def test_own_callable_has_to_be_callable_and_is_undefined_where_it_raises() -> None:
    with pytest.raises(TypeError, match="expected a callable"):
        CallableFunction(3)  # type: ignore[arg-type]
    assert np.isnan(CallableFunction(lambda x: {}[x])([1.0])).all()
