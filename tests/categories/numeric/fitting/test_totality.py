"""A fit is total: whatever the evidence, there is a function that can be described, or none; nothing raises."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from find_gym.categories.numeric.atoms import ATOMS
from find_gym.categories.numeric.fitting import Problem, fit_skeleton, fit_skeletons
from find_gym.categories.numeric.variants import REGION_KINDS
from find_gym.functions import NumericFunction

SKELETONS = st.recursive(
    st.sampled_from(sorted(ATOMS)),
    lambda parts: st.tuples(st.sampled_from(("sum", "product")), st.lists(parts, min_size=2, max_size=3).map(tuple)),
    max_leaves=5,
)
INPUTS = st.one_of(st.floats(-128, 128), st.integers(-5, 5).map(float))
OUTPUTS = st.one_of(
    st.floats(allow_infinity=False), st.integers(-9, 9).map(float), st.sampled_from([1e154, -1e308, 5e-324])
)
# Answers near the greatest and the least floats, alike or of all sizes.
HUGE_OR_TINY = st.tuples(
    st.sampled_from([-1.0, 1.0]), st.floats(-1, 1), st.sampled_from([1e150, 1e307, 1e-300, 1e-316])
)
EXTREMES = st.one_of(
    HUGE_OR_TINY.map(math.prod), st.sampled_from([1.7976931348623157e308, -1e308, 1e154, 1e-300, 5e-324, 0.0, 1.0])
)
KINDS = st.lists(st.sampled_from(REGION_KINDS), unique=True).map(tuple)


@given(SKELETONS, KINDS, st.lists(st.tuples(INPUTS, OUTPUTS), max_size=24), st.sampled_from(("full", "quick")))
@settings(max_examples=150, deadline=None)
def test_any_evidence_has_a_fit(skeleton, kinds, points, effort) -> None:
    x, y = (np.array(column, dtype=float) for column in (zip(*points, strict=True) if points else ([], [])))
    [spec] = fit_skeletons([Problem(skeleton, kinds, x, y)], effort=effort)
    assert (spec is None) == (not np.isfinite(y).any())
    if spec is not None:
        function = NumericFunction(spec)
        assert function.describe() and function.source()
        assert not np.isinf(function.truth(np.linspace(-128, 128, 33))).any()


@given(SKELETONS, KINDS, st.lists(st.tuples(INPUTS, EXTREMES), min_size=1, max_size=24), st.booleans())
@settings(max_examples=300, deadline=None)
def test_constants_are_finite(skeleton, kinds, points, alike) -> None:
    x, y = (np.array(column) for column in zip(*points, strict=True))
    if alike:
        y[:] = y[0]
    spec = fit_skeleton(skeleton, kinds, x, y)
    assert spec is not None
    json.dumps(spec.to_json(), allow_nan=False)


@pytest.mark.parametrize("name", ["erf", "polynomial"])
def test_the_level_of_the_greatest_floats_is_finite(name: str) -> None:
    spec = fit_skeleton(name, (), [-7.0, 1.0], [-1e308, -1e308])
    assert spec is not None
    assert np.isfinite(spec.rule.constants).all()


def test_an_exception_of_the_greatest_floats_has_a_mean() -> None:
    x, y = [-80.62, -88.47, 26.59, 24.62], [1.7976931348623157e308] * 4
    spec = fit_skeleton("absolute", ("above",), x, y)
    assert spec is not None
    json.dumps(spec.to_json(), allow_nan=False)


@pytest.mark.parametrize("name", sorted(ATOMS))
@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, -0.0, 1e-320, 1e308, math.nan])
def test_atoms_are_defined_for_all_constants_one_by_one_and_in_columns(name: str, value: float) -> None:
    atom = ATOMS[name]
    x = np.array([-2.0, 0.0, 0.5, 3.0])
    # How many numbers each constant holds, 0 for a plain number.
    layout = {"polynomial": (0, 0, 0), "rational": (2, 3)}.get(name, (0,) * len(atom.constants))

    def constants(one: object) -> tuple:
        return tuple((one,) * size if size else one for size in layout)

    with np.errstate(all="ignore"):
        alone, rows = atom.evaluate(x, constants(value)), atom.evaluate(x[None], constants(np.array([[value]])))
        gradient = np.asarray(atom.gradient(x, constants(value)))
    np.testing.assert_array_equal(np.isfinite(alone), np.isfinite(rows[0]))
    np.testing.assert_allclose(alone[np.isfinite(alone)], rows[0][np.isfinite(alone)], rtol=1e-14)
    assert gradient.shape == (sum(max(size, 1) for size in layout), x.size)


def test_a_logarithm_whose_base_tends_to_0_is_none() -> None:
    # At such a base the values of the logarithm tend to 0: in a product with a constant, an offset that fits.
    x = np.array([-10.957, -10.957, -9.862, -0.71, -0.54, 1.026, 5.689, 93.197])
    y = np.array([-12.26466711, -12.39045933, -12.32155751, -12.21492887])
    y = np.concatenate([y, [-12.59014665, -12.14879752, -12.50771046, -11.41128236]])
    spec = fit_skeleton(("product", ("constant", "logarithm")), (), x, y)
    assert spec is not None
    assert spec.rule.parts[1].constants[2] > 0
